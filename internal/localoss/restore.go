package localoss

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// RestoreTime is the longest that OSS takes to restore an object of the storage class. tier is
// Expedited, Standard or Bulk.
func RestoreTime(class, tier string) time.Duration {
	switch class + " " + tier {
	case "ColdArchive Expedited":
		return time.Hour
	case "ColdArchive Standard":
		return 5 * time.Hour
	case "ColdArchive Bulk":
		return 12 * time.Hour
	case "DeepColdArchive Expedited":
		return 12 * time.Hour
	case "DeepColdArchive Standard":
		return 48 * time.Hour
	}
	return time.Minute // Archive
}

// tiers are the restore tiers of each storage class, the fastest first.
var tiers = map[string][]string{
	"Archive":         {"Standard"},
	"ColdArchive":     {"Expedited", "Standard", "Bulk"},
	"DeepColdArchive": {"Expedited", "Standard"},
}

// maxRestoreDays is how long an object of each storage class may stay restored.
var maxRestoreDays = map[string]int{"Archive": 7, "ColdArchive": 365, "DeepColdArchive": 365}

// restoration is a restore of an archived object.
type restoration struct {
	Tier  string
	Ready time.Time // the object can be read from then on
	Until time.Time // the object can no longer be read from then on
}

// restored reports whether an archived object can be read at the time.
func (v *version) restored(now time.Time) bool {
	return v.Restore != nil && !now.Before(v.Restore.Ready) && now.Before(v.Restore.Until)
}

// restoring reports whether a restore is in progress at the time.
func (v *version) restoring(now time.Time) bool {
	return v.Restore != nil && now.Before(v.Restore.Ready)
}

// restoreHeader is x-oss-restore; "" for an object that is not restored.
func (v *version) restoreHeader(now time.Time) string {
	switch {
	case v.restoring(now):
		return `ongoing-request="true"`
	case v.restored(now):
		return fmt.Sprintf(`ongoing-request="false", expiry-date="%s"`, v.Restore.Until.UTC().Format(http.TimeFormat))
	}
	return ""
}

type restoreXML struct {
	XMLName xml.Name `xml:"RestoreRequest"`
	Days    int
	Job     *struct {
		Tier string
	} `xml:"JobParameters"`
}

// tier is the tier that the request names, or "".
func (x restoreXML) tier() string {
	if x.Job == nil {
		return ""
	}
	return x.Job.Tier
}

func (s *Server) restoreObject(r *request) (effect, *Error) {
	body, e := r.readBody(maxXMLBody)
	if e != nil {
		return nil, e
	}
	want := restoreXML{Days: 1}
	if len(strings.TrimSpace(string(body))) > 0 {
		if e := parseXML(body, &want); e != nil {
			return nil, e
		}
	}
	return s.changeVersion(r, func(b *bucket, v *version) (*Response, *Error) {
		status, restore, e := s.planRestore(v, want)
		if e != nil {
			return nil, e
		}
		changed := *v
		changed.Restore = restore
		if e := s.replaceVersion(b, r.call.Key, &changed); e != nil {
			return nil, e
		}
		s.scheduleFinishRestore(b.name, r.call.Key, &changed)
		resp := r.reply(status)
		b.writeVersion(resp.Header, v)
		if v.Attrs.Class != "Archive" {
			resp.Header.Set("x-oss-object-restore-priority", restore.Tier)
		}
		return resp, nil
	}), nil
}

// planRestore decides the reply and the result of RestoreObject: 202 for a new restore, or for
// one in progress that becomes faster; 200 for an object that stays restored for longer.
func (s *Server) planRestore(v *version, want restoreXML) (int, *restoration, *Error) {
	class, now := v.Attrs.Class, s.config.Now().UTC()
	if !slices.Contains(archived, class) {
		return 0, nil, refuse(OperationNotSupported, "")
	}
	if class == "Archive" && want.Job != nil { // as the tests of official SDKs assert
		return 0, nil, refuse(MalformedXML, "")
	}
	tier := defaultTo(want.tier(), "Standard")
	if !slices.Contains(tiers[class], tier) {
		return 0, nil, &Error{
			Code:    InvalidArgument,
			EC:      "0016-00000703",
			Message: "The restore tier is invalid.",
			Detail:  []Detail{{"Tier", want.tier()}},
		}
	}
	if want.Days < 1 || want.Days > maxRestoreDays[class] {
		return 0, nil, refuseWithEC(MalformedXML, "0016-00000704")
	}
	days := time.Duration(want.Days) * 24 * time.Hour
	switch {
	case v.restored(now):
		longer := &restoration{Tier: v.Restore.Tier, Ready: v.Restore.Ready, Until: now.Add(days)}
		return http.StatusOK, longer, nil
	case v.restoring(now):
		current := slices.Index(tiers[class], v.Restore.Tier)
		switch asked := slices.Index(tiers[class], tier); {
		case want.tier() == "" || asked == current:
			return 0, nil, refuse(RestoreAlreadyInProgress, "")
		case asked > current:
			return 0, nil, refuseWithEC(RestoreAlreadyInProgress, "0016-00000715")
		}
	}
	ready := now.Add(s.config.RestoreTime(class, tier))
	return http.StatusAccepted, &restoration{Tier: tier, Ready: ready, Until: ready.Add(days)}, nil
}

// scheduleFinishRestore raises ObjectRestore:FinishRestore when a restore is done, for the
// storage classes for which OSS does. Closing the server cancels it.
func (s *Server) scheduleFinishRestore(bucket, key string, v *version) {
	now := s.config.Now()
	if v.Marker || s.config.OnEvent == nil || v.Attrs.Class == "Archive" || !v.restoring(now) {
		return
	}
	id := s.requestID()
	timer := time.AfterFunc(v.Restore.Ready.Sub(now), func() {
		b, unlock, e := s.rlock(bucket)
		if e != nil {
			return
		}
		entry, _ := b.keys.get(key)
		_, now := entry.find(v.ID)
		unlock()
		same := now != nil && now.Restore != nil && now.Restore.Ready.Equal(v.Restore.Ready)
		if same && s.closing.Err() == nil {
			s.deliver([]event{s.event("ObjectRestore:FinishRestore", bucket, key, now, 0, id, "", b.owner)})
		}
	})
	context.AfterFunc(s.closing, func() { timer.Stop() })
}

func (s *Server) cleanRestoredObject(r *request) (effect, *Error) {
	return s.changeVersion(r, func(b *bucket, v *version) (*Response, *Error) {
		now := s.config.Now()
		switch {
		case !slices.Contains(archived, v.Attrs.Class):
			return nil, refuse(OperationNotSupported, "")
		case v.restoring(now):
			return nil, refuse(ArchiveRestoreNotFinished, "")
		case !v.restored(now):
			return nil, refuse(ArchiveRestoreFileStale, "")
		}
		changed := *v
		changed.Restore = nil
		if e := s.replaceVersion(b, r.call.Key, &changed); e != nil {
			return nil, e
		}
		return r.reply(http.StatusOK), nil
	}), nil
}
