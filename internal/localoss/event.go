package localoss

import (
	"encoding/json"
)

// event is an event as OSS sends it.
type event struct {
	EventName    string       `json:"eventName"`
	EventSource  string       `json:"eventSource"`
	EventTime    string       `json:"eventTime"`
	EventVersion string       `json:"eventVersion"`
	OSS          eventOSS     `json:"oss"`
	Region       string       `json:"region"`
	Request      eventRequest `json:"requestParameters"`
	Response     eventReply   `json:"responseElements"`
	User         eventUser    `json:"userIdentity"`
}

type eventOSS struct {
	Bucket  eventBucket `json:"bucket"`
	Object  eventObject `json:"object"`
	Version string      `json:"ossSchemaVersion"`
	RuleID  string      `json:"ruleId"`
}

type eventBucket struct {
	ARN     string `json:"arn"`
	Name    string `json:"name"`
	Owner   string `json:"ownerIdentity"`
	Virtual string `json:"virtualBucket"`
}

type eventObject struct {
	DeltaSize int64     `json:"deltaSize"`
	ETag      string    `json:"eTag"`
	Key       string    `json:"key"`
	Meta      eventMeta `json:"objectMeta"`
	Position  *int64    `json:"position,omitempty"` // of AppendObject
	ReadFrom  *int64    `json:"readFrom,omitempty"` // of GetObject
	ReadTo    *int64    `json:"readTo,omitempty"`
	Size      int64     `json:"size"`
}

type eventMeta struct {
	MIMEType string `json:"mimeType"`
}

type eventRequest struct {
	SourceIP string `json:"sourceIPAddress"`
}

type eventReply struct {
	RequestID string `json:"requestId"`
}

type eventUser struct {
	PrincipalID string `json:"principalId"`
}

// recordEvent records an event of the request. It is delivered after the request has taken effect.
func (r *request) recordEvent(name, key string, v *version, delta int64) *eventObject {
	by := r.srv.keyOf(r.call.AccessKeyID)
	principal := defaultTo(by.Principal, by.AccountID())
	e := r.srv.event(name, r.call.Bucket, key, v, delta, r.call.RequestID, r.call.SourceIP, principal)
	r.events = append(r.events, e)
	return &r.events[len(r.events)-1].OSS.Object
}

func (s *Server) event(name, bucket, key string, v *version, delta int64, requestID, ip, principal string) event {
	return event{
		EventName:    name,
		EventSource:  "acs:oss",
		EventVersion: "1.0",
		EventTime:    s.now().Format("2006-01-02T15:04:05.000Z"),
		OSS: eventOSS{
			Bucket: eventBucket{
				Name:  bucket,
				Owner: s.ownerOf(bucket),
			},
			Object: eventObject{
				DeltaSize: delta,
				ETag:      v.ETag,
				Key:       key,
				Meta:      eventMeta{v.Attrs.ContentType},
				Size:      v.Content.size,
			},
			Version: "1.0",
			RuleID:  "local",
		},
		Request:  eventRequest{ip},
		Response: eventReply{requestID},
		User:     eventUser{principal},
	}
}

// deliver passes events to OnEvent, one at a time, with the regions of their buckets.
func (s *Server) deliver(events []event) {
	if s.config.OnEvent == nil {
		return
	}
	for _, e := range events {
		e.Region = s.regionOf(e.OSS.Bucket.Name)
		e.OSS.Bucket.ARN = "acs:oss:" + e.Region + ":" + e.OSS.Bucket.Owner + ":" + e.OSS.Bucket.Name
		payload, err := json.Marshal(map[string][]event{"events": {e}})
		if err != nil {
			panic("localoss: " + err.Error())
		}
		s.config.OnEvent(payload)
	}
}
