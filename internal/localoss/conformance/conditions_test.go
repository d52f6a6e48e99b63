package conformance

import (
	"net/http"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// conditions are the values of the four conditional headers; "" omits one.
type conditions struct{ match, noneMatch, modified, unmodified string }

var (
	past   = time.Now().Add(-24 * time.Hour).UTC().Format(http.TimeFormat)
	future = time.Now().Add(24 * time.Hour).UTC().Format(http.TimeFormat)
)

// conditionCases apply to reads and copies. ETAG is replaced by the object's ETag.
var conditionCases = []struct {
	name   string
	when   conditions
	status int
}{
	{"if-match of its ETag", conditions{match: "ETAG"}, 200},
	{"if-match of another ETag", conditions{match: `"0123"`}, 412},
	{"if-none-match of its ETag", conditions{noneMatch: "ETAG"}, 304},
	{"if-none-match of another ETag", conditions{noneMatch: `"0123"`}, 200},
	{"modified since yesterday", conditions{modified: past}, 200},
	{"unmodified since yesterday", conditions{unmodified: past}, 412},
	{"unmodified since tomorrow", conditions{unmodified: future}, 200},
	{"both kinds, one failing", conditions{match: "ETAG", unmodified: past}, 412},
}

func (c conditions) of(etag string) conditions {
	for _, field := range []*string{&c.match, &c.noneMatch} {
		if *field == "ETAG" {
			*field = etag
		}
	}
	return c
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// answered checks the status of a conditional request.
func (w *world) answered(err error, status int) {
	w.Helper()
	switch status {
	case 200:
		w.ok(err)
	case 304:
		w.refused(err, 304, "") // it has no body with a code
	case 412:
		w.refused(err, 412, "PreconditionFailed")
	}
}

func TestConditionalReads(t *testing.T) {
	conform(t, func(w *world) {
		etag := text(w.put("k", "body").ETag)
		w.pass(2 * time.Second)
		for _, test := range conditionCases {
			w.try(test.name, func(w *world) {
				c := test.when.of(etag)
				result, err := w.client.GetObject(w.ctx, &oss.GetObjectRequest{
					Bucket:            &w.bucket,
					Key:               oss.Ptr("k"),
					IfMatch:           optional(c.match),
					IfNoneMatch:       optional(c.noneMatch),
					IfModifiedSince:   optional(c.modified),
					IfUnmodifiedSince: optional(c.unmodified),
				})
				if err == nil {
					result.Body.Close()
				}
				w.answered(err, test.status)
				_, err = w.client.HeadObject(w.ctx, &oss.HeadObjectRequest{
					Bucket:            &w.bucket,
					Key:               oss.Ptr("k"),
					IfMatch:           optional(c.match),
					IfNoneMatch:       optional(c.noneMatch),
					IfModifiedSince:   optional(c.modified),
					IfUnmodifiedSince: optional(c.unmodified),
				})
				w.answered(err, test.status)
			})
		}
	})
}

func TestConditionalCopies(t *testing.T) {
	conform(t, func(w *world) {
		etag := text(w.put("k", "body").ETag)
		w.pass(2 * time.Second)
		for _, test := range conditionCases {
			w.try(test.name, func(w *world) {
				c := test.when.of(etag)
				_, err := w.tryCopy("k", "copy", func(r *oss.CopyObjectRequest) {
					r.IfMatch, r.IfNoneMatch = optional(c.match), optional(c.noneMatch)
					r.IfModifiedSince, r.IfUnmodifiedSince = optional(c.modified), optional(c.unmodified)
				})
				w.answered(err, test.status)
				same(w, "copy made", w.exists(w.bucket, "copy"), test.status == 200)
				w.remove("copy")
			})
		}
	})
}

func TestETagsCompareWithAndWithoutQuotes(t *testing.T) {
	conform(t, func(w *world) {
		etag := text(w.put("k", "body").ETag)
		_, err := w.tryCopy("k", "copy", func(r *oss.CopyObjectRequest) { r.IfMatch = oss.Ptr(etag[1 : len(etag)-1]) })
		w.unconfirmed("copy-source-if-match takes an ETag without its quotes", err == nil)
	})
}
