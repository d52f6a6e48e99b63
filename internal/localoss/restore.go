package localoss

import (
	"context"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"
)

// RestoreTime is how long OSS takes at most to restore an object of the class.
// tier is Expedited, Standard or Bulk.
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

// tiers are the priorities of a restore, the fastest first.
var tiers = map[string][]string{
	"Archive":         {"Standard"},
	"ColdArchive":     {"Expedited", "Standard", "Bulk"},
	"DeepColdArchive": {"Expedited", "Standard"},
}

// mostDays is for how long an object may be restored, by class.
var mostDays = map[string]int{"Archive": 7, "ColdArchive": 365, "DeepColdArchive": 365}

type restoreXML struct {
	XMLName xml.Name `xml:"RestoreRequest"`
	Days    int
	Tier    string `xml:"JobParameters>Tier"`
}

func (s *Server) restoreObject(r *request) (commit, *Error) {
	body, e := r.readSmall(mostXML)
	if e != nil {
		return nil, e
	}
	want := restoreXML{Days: 1}
	if len(strings.TrimSpace(string(body))) > 0 {
		if e := parseXML(body, &want); e != nil {
			return nil, e
		}
	}
	return func() (*Response, *Error) {
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		v, e := r.find(b)
		if e != nil {
			return nil, e
		}
		status, to, e := s.restoration(v, want)
		if e != nil {
			return nil, e
		}
		changed := *v
		changed.Restore = to
		if e := s.commit(b, change{Bucket: b.name, Key: r.call.Key, Swap: &changed}); e != nil {
			return nil, e
		}
		s.announceRestore(b.name, r.call.Key, &changed)
		resp := r.reply(status)
		b.writeVersion(resp.Header, v)
		if v.Attrs.Class != "Archive" {
			resp.Header.Set("x-oss-object-restore-priority", to.Tier)
		}
		return resp, nil
	}, nil
}

// restoration decides what a request to restore comes to: 202 for a new one or
// a faster one, 200 for more days.
func (s *Server) restoration(v *version, want restoreXML) (int, *restoration, *Error) {
	class, now := v.Attrs.Class, s.config.Now().UTC()
	if !slices.Contains(archived, class) {
		return 0, nil, &Error{Code: OperationNotSupported, Message: "The operation is not supported for this resource"}
	}
	tier := defaultTo(want.Tier, "Standard")
	if !slices.Contains(tiers[class], tier) {
		return 0, nil, &Error{Code: InvalidArgument, EC: "0016-00000703", Message: "The restore tier is invalid.", Detail: []Detail{{"Tier", want.Tier}}}
	}
	if want.Days < 1 || want.Days > mostDays[class] {
		return 0, nil, refuseEC(MalformedXML, "0016-00000704")
	}
	days := time.Duration(want.Days) * 24 * time.Hour
	switch {
	case v.restored(now):
		return http.StatusOK, &restoration{Tier: v.Restore.Tier, Ready: v.Restore.Ready, Until: now.Add(days)}, nil
	case v.restoring(now):
		had := slices.Index(tiers[class], v.Restore.Tier)
		switch asked := slices.Index(tiers[class], tier); {
		case want.Tier == "" || asked == had:
			return 0, nil, refuse(RestoreAlreadyInProgress, "")
		case asked > had:
			return 0, nil, refuseEC(RestoreAlreadyInProgress, "0016-00000715")
		}
	}
	ready := now.Add(s.config.RestoreTime(class, tier))
	return http.StatusAccepted, &restoration{Tier: tier, Ready: ready, Until: ready.Add(days)}, nil
}

// announceRestore raises FinishRestore when a restore is done, for the classes
// of which OSS tells it. It does not outlive the server.
func (s *Server) announceRestore(bucket, key string, v *version) {
	if v.Marker || s.config.OnEvent == nil || v.Attrs.Class == "Archive" || !v.restoring(s.config.Now()) {
		return
	}
	id := s.requestID()
	timer := time.AfterFunc(v.Restore.Ready.Sub(s.config.Now()), func() {
		b, unlock, e := s.rlock(bucket)
		if e != nil {
			return
		}
		en, _ := b.keys.get(key)
		_, now := en.find(v.ID)
		unlock()
		if now != nil && now.Restore != nil && now.Restore.Ready.Equal(v.Restore.Ready) && s.closing.Err() == nil {
			s.deliver([]event{s.event("ObjectRestore:FinishRestore", bucket, key, now, 0, id, "", accountID)})
		}
	})
	context.AfterFunc(s.closing, func() { timer.Stop() })
}

func (s *Server) cleanRestoredObject(r *request) (commit, *Error) {
	return func() (*Response, *Error) {
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		v, e := r.find(b)
		if e != nil {
			return nil, e
		}
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
		if e := s.commit(b, change{Bucket: b.name, Key: r.call.Key, Swap: &changed}); e != nil {
			return nil, e
		}
		return r.reply(http.StatusOK), nil
	}, nil
}
