package copier

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/osscall"
	"afterput/rules"
)

// A source of an archive class cannot be read before it is restored. If the rule says restore, OSS is
// asked for that, once for all copies of the object. An Archive object is waited for, since it takes
// about a minute. The colder classes take hours: their copies end as Restoring, and the event that the
// restore has ended, or a sweep, makes them.

// An Archive object is looked at every restoreLook until it can be read, at most for restoreMost. OSS
// restores it in about a minute.
const (
	restoreLook = 10 * time.Second
	restoreMost = 10 * time.Minute
)

// refusedAsArchived is the code with which OSS refuses to read an object that is archived.
const refusedAsArchived = "InvalidObjectState"

// restoration is how far the restore of a source is.
type restoration struct {
	readable bool
	reason   string // why it is not readable yet
}

// afterRestore makes a copy that OSS refused because its source is archived, if the source can be read
// now or within the time of the invocation.
func (c *Copier) afterRestore(ctx context.Context, src *Source, plan *rules.Copy, refused Outcome) Outcome {
	began := time.Now()
	again := c.copying(ctx, src, plan)
	r, err := src.makeReadable(*plan.Restore)
	out := Outcome{Result: Restoring, Reason: r.reason}
	switch {
	case err != nil:
		out = again.outcomeOf(err)
	case r.readable:
		if out = again.outcome(ctx); out.isArchived() {
			out.Error = stillRestoring(osscall.KindLost)
		}
	}
	out.SourceETag = src.ETag()
	out.Requests = refused.Requests + int(again.requests.Load())
	out.Seconds = refused.Seconds + time.Since(began).Seconds()
	return out
}

// isArchived reports whether the copy failed because its source is archived.
func (o *Outcome) isArchived() bool { return o.Error != nil && o.Error.Code == refusedAsArchived }

// stillRestoring is the error of a copy that a retry makes, when its source can be read.
func stillRestoring(kind osscall.Kind) *osscall.Error {
	return osscall.NewError(kind, "RestoreObject", "Restoring",
		"the source is being restored, which takes about a minute; the next attempt copies it")
}

// AsUploaded makes of the source of [events.FinishRestore] the one that the event of its upload was of, as far as
// HeadObject shows it, unless a symbolic link has replaced it.
func (s *Source) AsUploaded() (rules.Head, error) {
	head, err := s.Head()
	if err == nil && !IsLink(head, nil) {
		s.Object = At(s.Object, head)
		s.Object.Event = events.UploadOf(head.ObjectType)
	}
	return head, err
}

// mustBeRestored reports whether HeadObject, if it was sent, has shown that the source cannot be read. Of
// an Archive object it does not: its bucket may have real-time access.
func (s *Source) mustBeRestored() bool {
	head, known := s.head.known()
	class, archived := rules.ArchiveClassOf(head.StorageClass)
	_, restored := s.restoring.known()
	return known && !restored && archived && class.ByEvent && !isRestored(head)
}

// isRestored reports whether an archived object can be read.
func isRestored(h rules.Head) bool { return strings.Contains(h.Restore, `ongoing-request="false"`) }

// makeReadable has the source restored, once for all copies of the object. The first of them decides how.
func (s *Source) makeReadable(how rules.Restore) (restoration, error) {
	return s.restoring.get(func() (restoration, error) { return s.restore(how) })
}

// restore asks OSS to restore the source, and waits for it if that takes no longer than an invocation.
func (s *Source) restore(how rules.Restore) (restoration, error) {
	head, err := s.sameHeadNow()
	if err != nil {
		return restoration{}, err
	}
	class, archived := rules.ArchiveClassOf(head.StorageClass)
	if !archived || isRestored(head) { // it was restored, or replaced, a moment ago
		return restoration{readable: true}, nil
	}
	tier := how.Tier
	if !class.ByEvent {
		tier = "" // Archive has none, and OSS refuses one
	}
	readable, note, err := s.requestRestore(how.Days, tier)
	if err != nil && osscall.Classify("RestoreObject", err).Permanent {
		err = s.refusedRestore(head, err)
	}
	if err != nil || readable {
		return restoration{readable: readable}, err
	}
	if class.ByEvent || s.Aside == nil {
		takes := ""
		if t, has := class.Tier(how.Tier); has && note == "" {
			takes = ", which takes " + t.Time
		}
		return restoration{reason: "the source is " + class.Name + " and is being restored" + takes +
			"; it is copied when that has ended" + note}, nil
	}
	s.Aside(func() { err = s.awaitRestore() })
	return restoration{readable: err == nil}, err
}

// requestRestore sends RestoreObject; a tier of "" is none. readable says that another restore has ended a moment ago,
// and is extended; note that OSS keeps the tier of another one, which is in progress. Unless the source is a named
// version it restores what is current, as the copy reads it.
func (s *Source) requestRestore(days int, tier string) (readable bool, note string, err error) {
	request := oss.RestoreRequest{Days: int32(days)}
	if tier != "" {
		request.JobParameters = &oss.JobParameters{Tier: &tier}
	}
	err = s.reading("RestoreObject").Do(s.ctx, func(ctx context.Context) error {
		res, err := s.copier.home.oss.RestoreObject(ctx, &oss.RestoreObjectRequest{Bucket: &s.Object.Bucket,
			Key: &s.Object.Key, VersionId: s.version(), RestoreRequest: &request,
			RequestPayer: osscall.Optional(s.RequestPayer)})
		readable = err == nil && res.StatusCode == http.StatusOK // a restore that begins is answered 202
		return err
	})
	switch {
	case osscall.HasCode(err, "RestoreAlreadyInProgress"):
		if osscall.Classify("RestoreObject", err).EC == otherTierInProgress {
			note = "; OSS refused to change the tier of the restore that is in progress to " + tier
		}
		return false, note, nil
	}
	return readable, "", s.orGone("RestoreObject", err)
}

// refusedRestore is what it means that OSS refused to restore the source as head has shown it: it may have been
// replaced since, by an object that is not archived, or of a class that does not have the tier.
func (s *Source) refusedRestore(head rules.Head, refused error) error {
	now, err := s.sameHeadNow()
	switch {
	case err != nil:
		return err
	case now.StorageClass != head.StorageClass || now.LastModified != head.LastModified:
		return stillRestoring(osscall.KindLost)
	}
	return refused
}

// otherTierInProgress is OSS's EC where a restore is in progress whose tier it does not change.
// Source: OSS help, EC 0016-00000715.
const otherTierInProgress = "0016-00000715"

// awaitRestore waits until the source can be read, while there is time.
func (s *Source) awaitRestore() error {
	for until := time.Now().Add(restoreMost); time.Now().Before(until); {
		if !osscall.Sleep(s.ctx, restoreLook) {
			return stillRestoring(osscall.KindStopped)
		}
		head, err := s.sameHeadNow()
		if osscall.Is(err, osscall.KindStopped) {
			return stillRestoring(osscall.KindStopped)
		}
		if err != nil {
			return err
		}
		if _, archived := rules.ArchiveClassOf(head.StorageClass); !archived || isRestored(head) {
			return nil
		}
	}
	return stillRestoring(osscall.KindStopped)
}

// sameHeadNow sends HeadObject for the source. It fails with [osscall.KindSuperseded] if that is another
// version now.
func (s *Source) sameHeadNow() (rules.Head, error) {
	h, _, err := s.headNow(s.ctx)
	switch {
	case IsLink(h, err):
		return h, s.becameLink()
	case err == nil && !osscall.SameETag(s.settleETag(h.ETag), h.ETag):
		return h, s.superseded(h)
	}
	return h, err
}
