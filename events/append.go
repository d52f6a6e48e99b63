package events

import (
	"encoding/json"
	"time"
)

// Append appends o to b as a record in OSS's own form, as short as one can be that [Parse] reads the same object from,
// but for Ignored and RequestID. A payload is {"events":[ and records, with commas between them, and ]}.
func Append(b []byte, o Object) []byte {
	r := record{Name: o.Event, Region: o.Region}
	if !o.Time.IsZero() {
		r.Time = o.Time.UTC().Format(time.RFC3339Nano)
	}
	r.OSS.Bucket.Name, r.OSS.Object.Key = o.Bucket, o.Key
	if o.Size.Known {
		r.OSS.Object.Size = &o.Size.Value
	}
	if o.ETag.Known {
		r.OSS.Object.ETag = &o.ETag.Value
	}
	if o.ContentType.Known || o.Meta != nil {
		m := &recordMeta{UserMeta: o.Meta}
		if o.ContentType.Known {
			m.MimeType = &o.ContentType.Value
		}
		r.OSS.Object.Meta = m
	}
	if o.Principal != "" {
		r.User = &recordUser{o.Principal}
	}
	if o.SourceIP != "" {
		r.Request = &recordRequest{o.SourceIP}
	}
	if o.Listed || o.Only != nil || o.MayBeCopied {
		r.Ours = &recordOurs{o.Listed, o.MayBeCopied, o.Only}
	}
	text, err := json.Marshal(&r)
	if err != nil {
		panic(err) // texts and numbers alone
	}
	return append(b, text...)
}

// record is a record in OSS's own form.
type record struct {
	Name   string `json:"eventName"`
	Time   string `json:"eventTime,omitempty"`
	Region string `json:"region,omitempty"`
	OSS    struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key  string      `json:"key"`
			Size *int64      `json:"size,omitempty"`
			ETag *string     `json:"eTag,omitempty"`
			Meta *recordMeta `json:"objectMeta,omitempty"`
		} `json:"object"`
	} `json:"oss"`
	User    *recordUser    `json:"userIdentity,omitempty"`
	Request *recordRequest `json:"requestParameters,omitempty"`
	Ours    *recordOurs    `json:"afterput,omitempty"`
}

type recordMeta struct {
	MimeType *string           `json:"mimeType,omitempty"`
	UserMeta map[string]string `json:"userMeta,omitempty"`
}

type recordUser struct {
	PrincipalID string `json:"principalId"`
}

type recordRequest struct {
	SourceIPAddress string `json:"sourceIPAddress"`
}

type recordOurs struct {
	Listed      bool     `json:"listed,omitempty"`
	MayBeCopied bool     `json:"may_be_copied,omitempty"`
	Only        []string `json:"only,omitempty"`
}
