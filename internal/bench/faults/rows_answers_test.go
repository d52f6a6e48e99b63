package faults

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"afterput/events"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// answerRows are about answers of status 200 that are not valid, and about sources that are not what their event said.
func answerRows() []row {
	return []row{
		{"GetObjectTagging is answered 200 with a web page", meets(setup{faults: []fault.Fault{
			{Operations: []string{"GetObjectTagging"}, Body: fault.HTML}}}, copyWithTags)},
		{"ListParts is answered 200 without any part, once", meets(
			on("ListParts", fault.Fault{Body: fault.Hollow}), func(w *world) string {
				if w.tool == sdkCopier {
					return "does not apply: it lists no parts"
				}
				return copyLarge(w) + "; " + w.partsSent()
			})},
		{"the source becomes a symbolic link while its parts are copied", meets(setup{}, func(w *world) string {
			w.put(large)
			ctx, cancel := context.WithTimeout(w.ctx, 10*time.Minute)
			defer cancel()
			go w.becomeALink()
			said := w.left(w.copy(ctx))
			requests := 0
			for _, op := range []string{"UploadPartCopy", "HeadObject"} {
				requests += w.Counts()[op]
			}
			return fmt.Sprintf("%s; %d × UploadPartCopy and HeadObject in all", said, requests)
		})},
		{"the event has the ETag in lower case, and OSS compares it letter by letter", meets(
			setup{via: letterByLetter}, func(w *world) string {
				if w.tool == sdkCopier {
					return "does not apply: no request of it names the version of the event"
				}
				w.put(small)
				w.event.ETag = events.Some(strings.ToLower(w.event.ETag.Value))
				return w.left(w.copy(w.ctx))
			})},
		{"`metadata-directive: REPLACE` without `content-type`, of a `text/csv`", meets(setup{}, func(w *world) string {
			replace := func(c *rules.Copy) { c.MetadataDirective = rules.DirectiveReplace }
			var types []string
			for _, size := range []int64{small, large} {
				w.put(size, localoss.WithHeader("Content-Type", "text/csv"))
				if said := w.copy(w.ctx, replace); said != copied {
					return w.left(said)
				}
				o, _ := w.Object(to, key)
				types = append(types, o.ContentType)
			}
			if types[0] == types[1] {
				return fmt.Sprintf("small and large: `%s`", types[0])
			}
			return fmt.Sprintf("**small: `%s`, large: `%s`**", types[0], types[1])
		})},
		{"buckets of another account whose requesters pay, copied in parts with its tags", meets(setup{
			buckets: []localoss.BucketOption{localoss.WithRequesterPays(), localoss.WithPolicy(
				`{"Version": "1", "Statement": {"Effect": "Allow", "Action": "*", "Principal": "1", "Resource": "*"}}`,
			)},
			keys: map[string]localoss.AccessKey{"local": {Secret: "local", Account: "1"}},
		}, func(w *world) string {
			w.put(large, localoss.WithHeader("x-oss-tagging", "a=b"))
			return w.withTags(w.copy(w.ctx, func(c *rules.Copy) { c.RequestPayer = "requester" }))
		})},
	}
}

// copyWithTags copies a large object that has tags.
func copyWithTags(w *world) string {
	w.put(large, localoss.WithHeader("x-oss-tagging", "a=b"))
	return w.withTags(w.copy(w.ctx))
}

// withTags is what a copy of an object with tags reports and leaves behind.
func (w *world) withTags(said string) string {
	if o, ok := w.Object(to, key); ok && len(o.Tags) == 0 {
		return said + "; version 1 in place **without its tags**"
	}
	return w.left(said)
}

// partsSent says how many parts were sent, of how many.
func (w *world) partsSent() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := 0
	for _, n := range w.sent {
		all += n
	}
	return fmt.Sprintf("%d parts sent, of %d", all, len(w.sent))
}

// becomeALink puts a link to another object of the same size in place of the source
// while parts of it are copied.
func (w *world) becomeALink() {
	time.Sleep(2500 * time.Millisecond)
	if err := w.PutSparse(from, "another", large, localoss.WithSeed(100)); err != nil {
		w.t.Error(err)
	}
	w.linkTo("another")
}

// letterByLetter is the way to an OSS for which an ETag in lower case is another.
func letterByLetter(*world) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTrip(func(r *http.Request) (*http.Response, error) {
			const pin = "x-oss-copy-source-if-match"
			if etag := r.Header.Get(pin); etag != strings.ToUpper(etag) {
				r = r.Clone(r.Context())
				r.Header.Set(pin, "another")
			}
			return next.RoundTrip(r)
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
