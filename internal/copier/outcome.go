package copier

import (
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
)

// Result is how a copy ended.
type Result string

const (
	Copied     Result = "copied"
	Unchanged  Result = "unchanged"  // the destination already is as the rule wants it
	Superseded Result = "superseded" // the source is no longer the version the copy was planned for
	Exists     Result = "exists"     // forbid-overwrite: the destination existed before
	Skipped    Result = "skipped"    // a condition of the rule was not met (304), or see Reason
	Restoring  Result = "restoring"  // the source is archived and being restored; it is copied when that has ended
	Failed     Result = "failed"
)

// The values of Outcome.Method.
const (
	MethodCopyObject     = "CopyObject"
	MethodUploadPartCopy = "UploadPartCopy"

	// To another region:
	MethodStream     = "Stream" // GetObject, and PutObject or UploadPart
	MethodPutSymlink = "PutSymlink"

	// In place:
	MethodPutObjectTagging = "PutObjectTagging" // and PutObjectACL where both change
	MethodPutObjectACL     = "PutObjectACL"
)

// Outcome is what became of one copy, in the words of the report.
type Outcome struct {
	Result   Result  `json:"outcome"`
	Method   string  `json:"method,omitempty"`
	Parts    int     `json:"parts,omitempty"`
	Requests int     `json:"requests"` // sent for this copy, without those that the copies of an object share
	Bytes    int64   `json:"bytes"`    // size of the object that was copied
	Seconds  float64 `json:"seconds"`
	// LagSeconds is the time from the event to the copy's landing, by OSS's clock; nil where it is not known.
	LagSeconds *float64 `json:"lag_seconds,omitempty"`

	// What OSS answered.
	ETag            string    `json:"etag,omitempty"`
	CRC64           string    `json:"crc64,omitempty"`
	LastModified    time.Time `json:"last_modified,omitzero"`
	VersionID       string    `json:"version_id,omitempty"`
	SourceVersionID string    `json:"source_version_id,omitempty"`

	// SourceETag is the ETag of the version of the source that was copied, or should have been.
	SourceETag string `json:"source_etag,omitempty"`

	// Reason is why it is skipped, unless a condition of the rule says so; what a copy that is restoring
	// waits for; or that the source is a symbolic link, and what was copied.
	Reason string         `json:"reason,omitempty"`
	Error  *osscall.Error `json:"error,omitempty"` // set if Result is Failed

	// Answer is what else OSS answered to the request that made the copy.
	Answer Answer `json:"-"`

	// NeedsSecondLook says that the source must be looked at again: a newer version
	// may have been copied to the same place before this copy landed there.
	NeedsSecondLook bool `json:"-"`

	landedAt time.Time // by OSS's clock; zero if not known
}

// Answer is what the response to the request that makes an object visible says beside an [Outcome]. It has no
// Status if the response was lost, or if no such request was sent.
type Answer struct {
	Status                                                int
	RequestID                                             string
	ServerSideEncryption, KeyID, ServerSideDataEncryption string
}

// answerOf is the answer in a result.
func answerOf(res oss.ResultCommon) Answer {
	return Answer{
		Status: res.StatusCode, RequestID: osscall.RequestID(res),
		ServerSideEncryption:     res.Headers.Get("x-oss-server-side-encryption"),
		KeyID:                    res.Headers.Get("x-oss-server-side-encryption-key-id"),
		ServerSideDataEncryption: res.Headers.Get("x-oss-server-side-data-encryption"),
	}
}

// outcomeOf gives the outcome of a copy that ended with an error.
func (c *copying) outcomeOf(err error) Outcome {
	e := osscall.Classify("copy", err)
	if e.Kind == osscall.KindExists && !c.plan.ForbidOverwrite {
		e = osscall.NewError(osscall.KindPermanent, e.Op, e.Code, "%s (the bucket forbids overwriting: "+
			"allow it, or give each version a key of its own, with ${etag})", e.Message)
	}
	switch e.Kind {
	case osscall.KindSuperseded:
		return Outcome{Result: Superseded}
	case osscall.KindNotModified:
		if c.plan.CopySourceIfNoneMatch != "" || !c.plan.CopySourceIfModifiedSince.IsZero() {
			return Outcome{Result: Skipped}
		}
		e = osscall.NewError(osscall.KindLost, e.Op, "NoAnswer",
			"OSS answered 304 to a request without a condition for it (request %s)", e.RequestID)
	case osscall.KindExists:
		return Outcome{Result: Exists}
	}
	return Outcome{Result: Failed, Error: e}
}
