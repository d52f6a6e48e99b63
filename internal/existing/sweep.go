package existing

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"afterput/internal/copier"
	"afterput/internal/listing"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/state"
	"afterput/rules"
)

// Sweeper looks for lost events: when a timer calls it, it looks through the sources for objects that were put lately,
// and has those copied that are missing at their destinations. A sweep that does not end within its invocation goes on
// in the next one.
type Sweeper struct {
	Rules   relay.RuleSource
	Handler *relay.Handler
	Copier  *copier.Copier
	OSS     SweepOSS
	Region  string
	// State is where the copy engine keeps its state; a sweep keeps its own there too, under sweep/.
	State  state.Location
	Log    *slog.Logger
	Margin time.Duration // as the handler's
}

// SweepOSS is what a [Sweeper] asks of the service. *oss.Client is one.
type SweepOSS interface {
	BucketOSS
	listing.OSS
}

// Window is which objects a sweep is about, by the time at which they were put.
type Window struct {
	// ModifiedWithin is how long ago an object was put at most, such as "26h".
	ModifiedWithin string `json:"modified-within"`
	// OlderThan is how long ago it was put at least: younger ones are left to their events. Default 15m.
	OlderThan string `json:"older-than"`
}

// defaultOlderThan is the default of [Window.OlderThan].
const defaultOlderThan = "15m"

// ReadSweep reads the window of the sweep that a timer's payload asks for; ok is false if it asks for none.
// Source: FC user guide, time trigger: {"triggerTime":…,"triggerName":…,"payload":"…"}.
func ReadSweep(payload []byte) (w Window, ok bool, err error) {
	if !bytes.Contains(payload, []byte("sweep")) {
		return w, false, nil
	}
	var timer struct {
		TriggerName *string `json:"triggerName"`
		Payload     *string `json:"payload"`
	}
	text := payload
	if json.Unmarshal(payload, &timer) == nil && timer.TriggerName != nil && timer.Payload != nil {
		text = []byte(*timer.Payload)
	}
	var asked struct {
		Afterput *struct {
			Sweep json.RawMessage `json:"sweep"`
		} `json:"afterput"`
	}
	if json.Unmarshal(text, &asked) != nil || asked.Afterput == nil || asked.Afterput.Sweep == nil {
		return w, false, nil
	}
	strict := json.NewDecoder(bytes.NewReader(asked.Afterput.Sweep))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&w); err != nil {
		return w, true, fmt.Errorf("sweep: %w; want "+sweepForm, err)
	}
	_, _, err = w.Durations()
	return w, true, err
}

const sweepForm = `{"modified-within": "26h", "older-than": "15m"}`

// Durations reads the times of a window.
func (w Window) Durations() (within, older time.Duration, err error) {
	within, err = time.ParseDuration(w.ModifiedWithin)
	if err != nil {
		return 0, 0, fmt.Errorf("sweep: modified-within is %q; want a time such as 26h", w.ModifiedWithin)
	}
	text := cmp.Or(w.OlderThan, defaultOlderThan)
	if older, err = time.ParseDuration(text); err != nil || older < 0 {
		return 0, 0, fmt.Errorf("sweep: older-than is %q; want a time such as 15m", text)
	}
	if within <= older {
		return 0, 0, fmt.Errorf("sweep: modified-within (%s) is not longer than older-than (%s), so that no object is "+
			"looked at", within, older)
	}
	return within, older, nil
}

// SweepReport is the result of an invocation that sweeps.
type SweepReport struct {
	RequestID string         `json:"request_id"`
	Sweep     *SweepProgress `json:"sweep,omitempty"`
	Error     *osscall.Error `json:"error,omitempty"`
}

// SweepProgress is how far a sweep has come.
type SweepProgress struct {
	Since    time.Time `json:"since"`  // objects that were put from here
	Before   time.Time `json:"before"` // to here
	Complete bool      `json:"complete"`
	Phase    Phase     `json:"phase"`

	Objects   int64 `json:"objects"` // put in that time
	Missing   int64 `json:"found_missing"`
	Older     int64 `json:"found_older"`
	Unmoved   int64 `json:"found_unmoved"` // sources that a move has left
	Undecided int64 `json:"undecided"`
	Copied    int64 `json:"copied"`
	Unchanged int64 `json:"unchanged"`
	Moved     int64 `json:"moved"`
	Restoring int64 `json:"restoring"` // of archived sources; a later sweep copies them
	Failed    int64 `json:"failed"`
	Requests  int64 `json:"requests"`
}

// Sweep handles an invocation whose payload [ReadSweep] has read; asked is its error. The result is a SweepReport as
// JSON. The error is a *SweepFailure: nothing could be looked at. A copy that failed is logged, and the next sweep
// tries it again.
func (s *Sweeper) Sweep(ctx context.Context, inv relay.Invocation, w Window, asked error) ([]byte, error) {
	began := time.Now()
	ctx = osscall.WithCredentials(ctx, inv.Credentials)
	ctx, cancel := osscall.WithMargin(ctx, cmp.Or(s.Margin, relay.DefaultMargin))
	defer cancel()
	report := SweepReport{RequestID: inv.RequestID}
	err := asked
	if err == nil {
		err = osscall.Safely("sweep", func() (err error) {
			report.Sweep, err = s.sweep(ctx, inv, w)
			return err
		})
	}
	if err != nil {
		report.Error = errorOf(err, asked != nil)
	}
	s.log(&report, time.Since(began))
	answer, encoded := json.Marshal(&report)
	if encoded != nil {
		return nil, encoded
	}
	if report.Error != nil {
		return nil, &SweepFailure{answer}
	}
	return answer, nil
}

// SweepFailure is the error of an invocation that swept nothing. Its text is the report, which was logged.
type SweepFailure struct{ report []byte }

func (f *SweepFailure) Error() string { return string(f.report) }

func errorOf(err error, permanent bool) *osscall.Error {
	e := osscall.Classify("sweep", err)
	if permanent {
		e = osscall.NewError(osscall.KindPermanent, "sweep", "BadPayload", "%s", err)
	}
	named := *e
	// The policy without --sweep may be the one that the role has.
	named.Message = strings.ReplaceAll(err.Error(), "afterput policy RULES", "afterput policy --sweep RULES")
	return &named
}

// sweep goes on with the sweep that was stopped, or begins one.
func (s *Sweeper) sweep(ctx context.Context, inv relay.Invocation, w Window) (*SweepProgress, error) {
	set, version, looked := s.Rules.Current(ctx)
	defer looked()
	store := s.store(set)
	unlock, err := store.Lock(ctx)
	if errors.Is(err, ErrLocked) { // it does this one's work
		return &SweepProgress{Phase: Enumerating}, nil
	}
	if err != nil {
		return nil, err
	}
	defer unlock()
	inv.RequestID += "-sweep"
	inv.Repeated = true // an event may have come late, or an earlier invocation of the sweep have made the copy
	if err := s.tryAgain(ctx, inv, store); err != nil {
		return nil, err
	}
	job, err := s.open(ctx, store, set, version, w)
	if err != nil {
		return nil, err
	}
	err = job.Compare(ctx)
	if err == nil {
		err = job.ByEngine(ctx, s.Handler, inv, sweepInFlight, nil)
	}
	if err != nil && ctx.Err() == nil {
		return nil, err
	}
	p := progressOf(job)
	if !p.Complete {
		return p, nil
	}
	ctx, closed := osscall.Closing(ctx)
	defer closed()
	return p, endSweep(ctx, store, &job.state)
}

// What a sweep takes of the instance: it shares it with events.
const (
	sweepWorkers  = 8
	sweepInFlight = 32
	sweepMemory   = 4 << 20
)

// store is where the sweep is remembered: beside the state of copies, or nowhere if those have none.
func (s *Sweeper) store(set *rules.Set) Store {
	bucket, prefix, ok := SweepPlace(s.State, set)
	if !ok {
		return NewMemory()
	}
	to := set.RemoteOf(bucket)
	if other, region := s.Copier.Remote(to); other != nil {
		return &Bucket{OSS: other, Bucket: bucket, Prefix: prefix, As: to.Role, Region: region}
	}
	return &Bucket{OSS: s.OSS, Bucket: bucket, Prefix: prefix}
}

// SweepPlace is where a sweep keeps how far it has come, by where copies keep their state; ok is false for nowhere. Of
// the destinations it is one that is the function's own, if there is one.
func SweepPlace(l state.Location, set *rules.Set) (bucket, prefix string, ok bool) {
	buckets := set.Destinations()
	if l.Off || l.Bucket == "" && len(buckets) == 0 {
		return "", "", false
	}
	bucket = l.Bucket
	if bucket == "" {
		own := slices.IndexFunc(buckets, func(b string) bool { return set.RemoteOf(b) == rules.Remote{} })
		bucket = buckets[max(own, 0)]
	}
	return bucket, cmp.Or(l.Prefix, state.DefaultPrefix) + "sweep/", true
}

// open opens the sweep that was stopped, if it is about the same rules, or a new one.
func (s *Sweeper) open(
	ctx context.Context, store Store, set *rules.Set, version string, w Window,
) (*Job, error) {
	within, older, err := w.Durations()
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC()
	c := Config{Rules: set, RulesDigest: version, Region: s.Region, Copier: s.Copier, Store: store,
		Lister: Lister(s.OSS, s.Copier, set),
		Select: Select{ModifiedSince: now.Add(-within), ModifiedBefore: now.Add(-older)},
		Keep:   ByDefault, Workers: sweepWorkers, Memory: sweepMemory}
	old, err := readProgress(ctx, store)
	if err != nil {
		var unanswered *osscall.Error
		if errors.As(err, &unanswered) {
			return nil, err
		}
		if err := store.Delete(ctx, progressFile); err != nil { // it cannot be read
			return nil, err
		}
	}
	if old != nil && old.Phase != Complete && now.Sub(old.Began) < within {
		whole, err := old.whole(ctx, store)
		if err != nil {
			return nil, err
		}
		stopped := c
		stopped.Select = old.Select
		if j, err := Open(ctx, stopped); err == nil && whole {
			return j, nil
		}
	}
	if old != nil {
		if err := endSweep(ctx, store, old); err != nil {
			return nil, err
		}
	}
	j, err := Open(ctx, c)
	if err != nil {
		return nil, err
	}
	return j, j.write(ctx, func() []file { return nil }) // so that no file is ever left whose job is not known
}

func progressOf(j *Job) *SweepProgress {
	c := j.Counts()
	return &SweepProgress{Since: j.Select.ModifiedSince, Before: j.Select.ModifiedBefore,
		Complete: j.Phase() == Complete, Phase: j.Phase(), Objects: c.Objects,
		Missing: c.Of(Missing).Copies, Older: c.Of(Older).Copies, Unmoved: c.Of(Unmoved).Copies,
		Undecided: c.Of(Undecided).Copies,
		Copied:    c.Done.Copied.Copies, Unchanged: c.Done.Unchanged.Copies,
		Moved: c.Done.Moved.Copies, Restoring: c.Done.Restoring.Copies,
		Failed: c.Done.Failed.Copies + c.Of(Failed).Copies, Requests: c.Requests}
}

// log writes the line of a sweep.
func (s *Sweeper) log(r *SweepReport, took time.Duration) {
	level := slog.LevelInfo
	attrs := []slog.Attr{slog.String("request_id", r.RequestID), slog.Float64("seconds", took.Seconds())}
	if p := r.Sweep; p != nil {
		attrs = append(attrs, slog.Time("since", p.Since), slog.Time("before", p.Before),
			slog.Bool("complete", p.Complete), slog.String("phase", string(p.Phase)), slog.Int64("objects", p.Objects),
			slog.Int64("found_missing", p.Missing), slog.Int64("found_older", p.Older),
			slog.Int64("found_unmoved", p.Unmoved), slog.Int64("undecided", p.Undecided),
			slog.Int64("copied", p.Copied), slog.Int64("unchanged", p.Unchanged), slog.Int64("moved", p.Moved),
			slog.Int64("restoring", p.Restoring), slog.Int64("failed", p.Failed), slog.Int64("requests", p.Requests))
	}
	if e := r.Error; e != nil {
		level = slog.LevelError
		attrs = append(attrs, slog.String("code", e.Code), slog.String("error", e.Message),
			slog.Bool("permanent", e.Permanent))
	}
	s.Log.LogAttrs(context.Background(), level, "sweep", attrs...)
}
