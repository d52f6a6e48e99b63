package existing

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"afterput/internal/copier"
	"afterput/internal/listing"
	"afterput/internal/osscall"
	"afterput/internal/sorted"
	"afterput/rules"
)

// Config says what a job does.
type Config struct {
	Rules *rules.Set
	// RulesDigest tells one content of the rules file from another.
	RulesDigest string
	Region      string // of the buckets
	Copier      *copier.Copier
	Lister      *listing.Lister
	Store       Store
	// Select is which objects the job is about.
	Select Select
	// Keep is which verdicts the hand over is about.
	Keep []Verdict
	// Deep compares what only HeadObject, GetObjectTagging and GetObjectAcl show.
	Deep bool
	// Inventories are read instead of listing their buckets, sources and destinations alike. Objects that were put
	// after the inventory of a destination was made are left to their events.
	Inventories []Inventory
	// Keys are the keys of the objects that the job is about, by bucket; nil for all.
	Keys map[string][]string
	// Sample is how many objects of each source the job looks at, in the order of their keys and in whole pages; 0 for
	// all.
	Sample int
	// Workers is how many requests are in flight at most while it lists and compares. Default 16.
	Workers int
	// Memory is about how many bytes of records are held in memory. Default 8 MiB.
	Memory int
	// Found is called with each comparison but those that found nothing to do; nil for none. It is called by one
	// goroutine at a time, in the order of destinations within a part.
	Found func(Finding) error
	// Progress is called now and then; nil for none.
	Progress func(Counts)
}

// Inventory is a list of a bucket's objects in files, in no particular order.
type Inventory interface {
	URL() string
	Bucket() string
	Created() time.Time // objects that were put later may be missing
	Files() int
	// Read calls page with some objects of a file at a time, always the same.
	Read(ctx context.Context, file int, page func([]listing.Entry) error) error
}

// Select is which objects of the sources a job is about. The zero value is all.
type Select struct {
	Rule           string    `json:"rule,omitempty"` // only copies of this rule
	Prefix         string    `json:"prefix,omitempty"`
	ModifiedSince  time.Time `json:"modified_since,omitzero"`
	ModifiedBefore time.Time `json:"modified_before,omitzero"`
}

func (s *Select) has(e *listing.Entry) bool {
	return (s.ModifiedSince.IsZero() || !e.LastModified.Before(s.ModifiedSince)) &&
		(s.ModifiedBefore.IsZero() || e.LastModified.Before(s.ModifiedBefore))
}

// Finding is one comparison.
type Finding struct {
	Verdict     Verdict
	Rule        string
	Source      string // oss://BUCKET/KEY
	Destination string // oss://BUCKET/KEY; "" if the copy could not be planned
	Size        int64
	Reason      string
}

// progress is what a job remembers in its store.
type progress struct {
	Format  int       `json:"format"`
	ID      string    `json:"id"`
	Began   time.Time `json:"began"`
	Rules   string    `json:"rules"`
	Select  Select    `json:"select"`
	Keep    []Verdict `json:"keep"`
	Deep    bool      `json:"deep,omitempty"`
	Inputs  []string  `json:"inputs,omitempty"`
	Keys    string    `json:"keys,omitempty"` // digest of the list of keys
	Phase   Phase     `json:"phase"`
	Saved   time.Time `json:"saved"`
	Files   int       `json:"files"` // written so far, for their names
	Counts  Counts    `json:"counts"`
	Sources []source  `json:"sources,omitempty"`

	Wants []sorted.Run `json:"wants,omitempty"`
	Parts []part       `json:"parts,omitempty"`
	// Held are the destinations' objects by their inventories, by bucket.
	Held     map[string][]sorted.Run `json:"held,omitempty"`
	Findings []sorted.Run            `json:"findings,omitempty"`
	HandOver handOver                `json:"hand_over,omitzero"`
	// Obsolete are files that are not needed any more.
	Obsolete []string `json:"obsolete,omitempty"`
}

// Phase is what a job is doing.
type Phase string

const (
	Enumerating Phase = "enumerate"
	Comparing   Phase = "compare"
	HandingOver Phase = "hand over"
	Complete    Phase = "complete"
)

// format is the format of a job's files.
const format = 3

// source is where the enumeration of a bucket stands.
type source struct {
	Bucket string          `json:"bucket"`
	Done   bool            `json:"done,omitempty"`
	Left   []listing.Range `json:"left,omitempty"` // nil before it has begun
	File   int             `json:"file,omitempty"` // of the inventory: how many are read
	Page   int             `json:"page,omitempty"` // how many pages of the next file, or of the list of keys
}

// part is where the comparison of a range of destinations stands.
type part struct {
	After []byte `json:"after,omitempty"`
	UpTo  []byte `json:"up_to,omitempty"`
	Done  bool   `json:"done,omitempty"`
}

// Job is one enumeration, comparison and hand over. It remembers in its store where it stands: opened again with the
// same configuration it goes on there.
type Job struct {
	Config
	codec    *codec
	planner  planner
	requests atomic.Int64 // sent since the job was opened

	keysDigest string // of Keys
	mu         sync.Mutex
	state      progress
	before     int64 // requests before the job was opened
	buffer     sorted.Buffer
	savedAt    time.Time
	compared   int   // since then
	lookedAt   int64 // objects of a sample
	cut        bool  // some source has more
	open       []*chunk
	waiting    string // why Function Compute does not take a batch

	writing   chan struct{} // held while files are written
	unwritten []file        // which could not be written, such as to a full disk, though the state has them
}

// Open opens a job, which goes on where it was stopped if its store has one.
func Open(ctx context.Context, c Config) (*Job, error) {
	if c.Workers == 0 {
		c.Workers = 16
	}
	if c.Memory == 0 {
		c.Memory = 8 << 20
	}
	j := &Job{Config: c, writing: make(chan struct{}, 1), savedAt: time.Now(),
		planner: planner{rules: c.Rules, copier: c.Copier, region: c.Region, inFlight: c.Workers}}
	var names []string
	for _, r := range c.Rules.Rules() {
		names = append(names, r.Name)
	}
	j.codec = newCodec(slices.Concat(names, c.Rules.Sources(), c.Rules.Destinations())...)
	j.RulesDigest += j.codec.digest()
	j.keysDigest = digestOf(j.Keys)
	j.Lister.Sent = &j.requests
	old, err := readProgress(ctx, c.Store)
	if err != nil {
		return nil, err
	}
	if old == nil {
		j.state = j.newProgress(rand.Text()[:12])
		return j, nil
	}
	j.state, j.before = *old, old.Counts.Requests
	if err := j.fits(); err != nil {
		return nil, err
	}
	if err := j.state.deleteLeftovers(ctx, c.Store); err != nil {
		return nil, err
	}
	if j.OtherKeys() && j.state.Phase == Enumerating {
		j.state = j.newProgress(j.state.ID)
	}
	return j, nil
}

// OtherKeys reports whether the job was begun with another list of keys, such as the output of a comparison that has
// fewer lines since the job has copied some. A job that has read its list goes on with that one.
func (j *Job) OtherKeys() bool { return j.state.Keys != j.keysDigest }

// newProgress is that of a job that has not begun.
func (j *Job) newProgress(id string) progress {
	p := progress{Format: format, ID: id, Began: time.Now().UTC(), Rules: j.RulesDigest,
		Select: j.Select, Keep: j.Keep, Deep: j.Deep, Inputs: j.inputs(), Keys: j.keysDigest, Phase: Enumerating}
	for _, b := range j.Rules.Sources() {
		p.Sources = append(p.Sources, source{Bucket: b})
	}
	return p
}

// inputs names what is read instead of listings.
func (j *Job) inputs() (names []string) {
	for _, inv := range j.Inventories {
		names = append(names, inv.URL())
	}
	if j.Keys != nil {
		names = append(names, "keys")
	}
	return names
}

// inventoryOf is the inventory of a bucket; nil for none.
func (j *Job) inventoryOf(bucket string) Inventory {
	for _, inv := range j.Inventories {
		if inv.Bucket() == bucket {
			return inv
		}
	}
	return nil
}

// readProgress reads what a job remembers; nil if the store has none.
func readProgress(ctx context.Context, s Store) (*progress, error) {
	content, ok, err := s.Get(ctx, progressFile)
	if err != nil || !ok {
		return nil, err
	}
	var p progress
	if err := json.Unmarshal(content, &p); err != nil {
		return nil, fmt.Errorf("the job's %s is damaged: %w", progressFile, err)
	}
	if p.Format != format {
		return nil, fmt.Errorf("the job was begun by another version of afterput (format %d, this one reads %d): "+
			"go on with that version, or begin a job of its own in another place", p.Format, format)
	}
	return &p, nil
}

const progressFile = "job.json"

// fits refuses a job that was begun for something else.
func (j *Job) fits() error {
	const begin = "go on with what it was begun with, or begin a job in another place"
	s := &j.state
	switch {
	case s.Rules != j.RulesDigest:
		return fmt.Errorf("the job was begun with another rules file, or this one was changed since: %s", begin)
	case !s.Select.equal(j.Select):
		return fmt.Errorf("the job was begun for other objects (--rule, --prefix, --modified-since or "+
			"--modified-before): %s", begin)
	case !slices.Equal(s.Keep, j.Keep):
		return fmt.Errorf("the job was begun with --only %s: %s", join(s.Keep), begin)
	case !slices.Equal(s.Inputs, j.inputs()):
		return fmt.Errorf("the job was begun with other values of --inventory or --keys: %s", begin)
	case s.Phase == Complete && j.OtherKeys():
		return fmt.Errorf("the job is complete, and was begun with another list of keys: begin one in another place")
	case s.Deep != j.Deep:
		return fmt.Errorf("the job was begun with another value of --deep: %s", begin)
	}
	return nil
}

func (s Select) equal(o Select) bool {
	return s.Rule == o.Rule && s.Prefix == o.Prefix &&
		s.ModifiedSince.Equal(o.ModifiedSince) && s.ModifiedBefore.Equal(o.ModifiedBefore)
}

// Compare enumerates the sources and compares them with the destinations, and goes on with either where it was stopped.
func (j *Job) Compare(ctx context.Context) error {
	if j.state.Saved.IsZero() { // from now on there is a job
		if err := j.write(ctx, func() []file { return nil }); err != nil {
			return err
		}
	}
	if j.state.Phase == Enumerating {
		if err := j.enumerate(ctx); err != nil {
			return err
		}
	}
	if j.state.Phase == Comparing {
		return j.compare(ctx)
	}
	return nil
}

// Counts are the counts so far.
func (j *Job) Counts() Counts {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.counts()
}

func (j *Job) counts() Counts {
	c := j.state.Counts.clone()
	c.Requests = j.before + j.requests.Load()
	for _, o := range j.open {
		c.Done.sum(o.counts)
	}
	return c
}

// Wanted is how many copies the enumeration has found so far.
func (j *Job) Wanted() (n int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, r := range j.state.Wants {
		n += r.Records
	}
	return n
}

// Phase is what the job is doing.
func (j *Job) Phase() Phase {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state.Phase
}

// ID names the job. It consists of capital letters and digits.
func (j *Job) ID() string { return j.state.ID }

// file is a file of a job that is to be written.
type file struct {
	name    string
	content []byte
}

// write changes where the job stands and writes that, after the files that change returns. One change is written after
// the other; change is called with mu held, the files are written without it.
func (j *Job) write(ctx context.Context, change func() []file) error {
	select {
	case j.writing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-j.writing }()
	j.mu.Lock()
	j.unwritten = append(j.unwritten, change()...)
	j.savedAt, j.compared = time.Now(), 0
	j.state.Counts.Requests, j.state.Saved = j.before+j.requests.Load(), j.savedAt.UTC()
	content, err := json.Marshal(&j.state)
	j.mu.Unlock()
	if err != nil {
		return err
	}
	for len(j.unwritten) > 0 {
		if err := j.Store.Put(ctx, j.unwritten[0].name, j.unwritten[0].content); err != nil {
			return err
		}
		j.unwritten = j.unwritten[1:]
	}
	return j.Store.Put(ctx, progressFile, content)
}

// run makes a run of the records in memory. The caller holds mu.
func (j *Job) run(runs *[]sorted.Run) []file {
	if j.buffer.Len() == 0 {
		return nil
	}
	run, content := j.buffer.Run(j.nextFile())
	*runs = append(*runs, run)
	j.buffer.Reset()
	return []file{{run.Name, content}}
}

// runFile is the name of a job's nth run. It names the job too: a write that takes effect late is never found in the
// place of another job's.
func runFile(job string, n int) string { return fmt.Sprintf("%s-%06d.run", job, n) }

// flush remembers where the job stands, and writes the records in memory as a run, if they take too much of it, or if
// much would be done again by a process that goes on from the last time.
func (j *Job) flush(ctx context.Context, runs *[]sorted.Run) error {
	j.mu.Lock()
	due := j.due()
	j.mu.Unlock()
	if !due {
		return nil
	}
	return j.write(ctx, func() []file {
		if !j.due() { // another goroutine has done it
			return nil
		}
		return j.run(runs)
	})
}

// due reports whether it is time for flush. The caller holds mu.
func (j *Job) due() bool {
	return j.buffer.Size() >= j.Memory || j.compared >= saveEvery || time.Since(j.savedAt) >= saveAfter
}

// end ends a phase, or remembers how far it has come if it was stopped by err.
func (j *Job) end(ctx context.Context, err error, runs *[]sorted.Run, next Phase) error {
	ctx, closed := osscall.Closing(ctx)
	defer closed()
	written := j.write(ctx, func() []file {
		if err == nil {
			j.state.Phase = next
		}
		files := j.run(runs)
		j.buffer = sorted.Buffer{} // the next phase may not need its memory
		return files
	})
	if err == nil {
		err = written
	}
	return err
}

// report calls Progress. The caller holds mu.
func (j *Job) report() {
	if j.Progress != nil {
		j.Progress(j.counts())
	}
}
