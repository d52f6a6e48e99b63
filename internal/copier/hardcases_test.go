package copier_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// deny lets the engine's key do everything but what deny says.
func deny(refused func(action, resource string) bool) localoss.Authorize {
	return localoss.Allowing("local", func(action, resource string) bool { return !refused(action, resource) })
}

// A role without the right to read tags sees no tag count, on neither side.
func TestTagsThatMayNotBeReadAreNotTakenForNone(t *testing.T) {
	hidden := deny(func(action, _ string) bool { return strings.Contains(action, "GetObjectTagging") })
	t.Run("copied over", func(t *testing.T) {
		inWorld(t, setup{authorize: hidden}, func(t *testing.T, w *world) {
			event := w.put(5, 1, localoss.WithHeader("x-oss-tagging", "a=1"))
			if err := w.PutSparse(to, key, 5, localoss.WithSeed(1), localoss.WithHeader("x-oss-tagging", "b=2")); err != nil {
				t.Fatal(err)
			}
			out := w.retryAs(event, plan())
			if out.Result == copier.Unchanged {
				t.Errorf("unchanged, though the tags are others")
			}
		})
	})
	t.Run("dropped", func(t *testing.T) {
		inWorld(t, setup{authorize: hidden}, func(t *testing.T, w *world) {
			event := w.put(5, 1)
			if err := w.PutSparse(to, key, 5, localoss.WithSeed(1), localoss.WithHeader("x-oss-tagging", "b=2")); err != nil {
				t.Fatal(err)
			}
			out := w.retryAs(event, plan(func(c *rules.Copy) { c.TaggingDirective = rules.DirectiveReplace }))
			if out.Result == copier.Unchanged {
				t.Errorf("unchanged, though tags are there that the rule drops")
			}
		})
	})
}

// A second attempt must not fail where a first one would not.
func TestASecondAttemptNeedsNoRightThatTheFirstDidNotNeed(t *testing.T) {
	for name, action := range map[string]string{"ACL": "oss:GetObjectAcl", "tags": "oss:GetObjectTagging"} {
		t.Run(name, func(t *testing.T) {
			hidden := deny(func(a, resource string) bool { return a == action && strings.Contains(resource, to) })
			inWorld(t, setup{authorize: hidden}, func(t *testing.T, w *world) {
				event := w.put(5, 1, localoss.WithHeader("x-oss-tagging", "a=1"))
				p := plan(func(c *rules.Copy) {
					c.ObjectACL = "private"
					c.TaggingDirective = rules.DirectiveReplace
					c.Tags = []rules.Pair{{Key: "a", Value: "1"}}
				})
				w.wantOutcome(w.copy(w.ctx, event, p), copier.Copied)
				if out := w.retryAs(event, p); out.Result == copier.Failed {
					t.Errorf("the second attempt: %v", out.Error)
				}
			})
		})
	}
}

// A role that may not write the state object copies all parts before it says so.
func TestARightThatIsMissingForTheStateIsFoundBeforeAllPartsAreCopied(t *testing.T) {
	hidden := deny(func(a, resource string) bool {
		return a == "oss:PutObject" && strings.Contains(resource, "/.afterput/")
	})
	options := inParts()
	options.PartsInFlight = 4
	inWorld(t, setup{options: options, authorize: hidden}, func(t *testing.T, w *world) {
		event := w.put(400*partSize, 1)
		out := w.copy(w.ctx, event, plan())
		w.wantOutcome(out, copier.Failed)
		if n := len(w.partsCopied()); n > 40 {
			t.Errorf("%d parts were copied and thrown away, at each try", n)
		}
	})
}

// The abort of an upload hangs; its state object could still be written.
func TestAnUploadWhoseAbortHangsIsNamed(t *testing.T) {
	faults := []fault.Fault{
		{Operations: []string{"PutObject"}, Key: ".afterput/**", Calls: fault.Calls{First: 1, Last: 5}, Error: &localoss.Error{Code: "InternalError"}},
		{Operations: []string{"UploadPartCopy"}, Part: 4, Delay: time.Hour},
		{Operations: []string{"AbortMultipartUpload"}, Delay: time.Hour, Drop: true},
	}
	inWorld(t, setup{options: inParts(), faults: faults}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		out := w.copy(w.within(60*time.Second), event, plan())
		w.wantOutcome(out, copier.Failed)
		if len(w.Uploads(to)) == 1 && len(w.Objects(to)) == 0 {
			t.Errorf("an upload is open that nothing names; requests: %v", w.Counts())
		}
	})
}

// A connection that is never answered holds a copy of five bytes.
func TestOneHungRequestDoesNotTakeTheWholeInvocation(t *testing.T) {
	for _, op := range []string{"CopyObject", "CompleteMultipartUpload"} {
		t.Run(op, func(t *testing.T) {
			hang := fault.Fault{Operations: []string{op}, Calls: fault.Nth(1), Delay: 100 * time.Hour, Drop: true}
			o := copier.Options{}
			if op != "CopyObject" {
				o = inParts()
			}
			inWorld(t, setup{options: o, faults: []fault.Fault{hang}}, func(t *testing.T, w *world) {
				began := time.Now()
				out := w.copy(w.within(2*time.Hour), w.put(large, 1), plan())
				if took := time.Since(began); took > 10*time.Minute {
					t.Errorf("%s after %s: %v", out.Result, took, out.Error)
				}
			})
		})
	}
}

// The tidying takes 4 s, not 4 s each.
func TestTidyingTakesFourSecondsInAll(t *testing.T) {
	hang := fault.Fault{Operations: []string{"AbortMultipartUpload", "ListObjectsV2"}, Calls: fault.Calls{First: 2}, Delay: time.Hour}
	abort := fault.Fault{Operations: []string{"AbortMultipartUpload"}, Calls: fault.Nth(1), Delay: time.Hour}
	inWorld(t, setup{options: inParts(), faults: []fault.Fault{abort, hang}}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		src := w.copier.Source(w.ctx, event)
		src.Retried = true
		_, err := src.Head()
		if err != nil {
			t.Fatal(err)
		}
		w.put(large, 2)
		began := time.Now()
		out := w.copier.Copy(w.ctx, src, plan())
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s after %s, %v", out.Result, took, w.Counts())
		}
	})
}

// Parts that OSS still works on keep an upload open, so that it must stay named.
func TestUploadThatOutlivesItsAbortIsNamedThoughAnAnswerToItsStateIsMissing(t *testing.T) {
	faults := []fault.Fault{
		{Operations: []string{"PutObject"}, Key: ".afterput/**", Calls: fault.Calls{First: 1, Last: 2}, Drop: true, Delay: time.Hour},
		{Operations: []string{"UploadPartCopy"}, Part: 1, ReplyDelay: 0, Delay: 20 * time.Second},
		{Operations: []string{"UploadPartCopy"}, Part: 2, Delay: time.Second,
			Error: &localoss.Error{Code: "PreconditionFailed", Status: 412, Message: "another version"}},
	}
	inWorld(t, setup{options: inParts(), faults: faults}, func(t *testing.T, w *world) {
		event := w.put(large, 1)
		time.AfterFunc(500*time.Millisecond, func() { w.put(large, 2) })
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Superseded)
		if open, named := len(w.Uploads(to)), len(w.Objects(to)); open != 1 || named != 1 {
			t.Errorf("%d uploads are open, %d are named", open, named)
		}
	})
}

// A state object in a bucket whose writes cannot be repeated.
func TestAStateObjectWhoseReplyIsLostIsThere(t *testing.T) {
	for name, option := range map[string]localoss.BucketOption{"forbid": localoss.WithForbidOverwrite(), "worm": localoss.WithRetention(time.Hour)} {
		t.Run(name, func(t *testing.T) {
			faults := []fault.Fault{
				{Operations: []string{"PutObject"}, Key: ".afterput/**", Calls: fault.Nth(1), Drop: true, Committed: true},
				{Operations: []string{"UploadPartCopy"}, Part: 4, Delay: time.Hour},
			}
			inWorld(t, setup{options: inParts(), faults: faults}, func(t *testing.T, w *world) {
				const b = "strict-bucket"
				if err := w.CreateBucket(b, option); err != nil {
					t.Fatal(err)
				}
				out := w.copy(w.within(60*time.Second), w.put(large, 1), plan(func(c *rules.Copy) { c.Bucket = b }))
				w.wantOutcome(out, copier.Failed)
				if len(w.Uploads(b)) == 0 {
					t.Errorf("the parts were thrown away though the state object is there: %v", w.Counts())
				}
			})
		})
	}
}

var _ = errors.New
var _ http.RoundTripper
var _ = context.Background

func slowDown() *localoss.Error {
	return &localoss.Error{Code: "SlowDown", Status: 503, Message: "slow down"}
}

// Reading tags holds a place at the gate while it waits for one.
func TestNoRequestWaitsForThePlaceThatItHolds(t *testing.T) {
	options := inParts()
	options.PartsInFlight = 1
	faults := []fault.Fault{
		{Operations: []string{"GetObjectTagging"}, Calls: fault.Nth(1), Error: slowDown()},
		{Operations: []string{"HeadObject"}, Bucket: from, Calls: fault.Nth(2), Error: slowDown()},
	}
	inWorld(t, setup{options: options, faults: faults, via: func(next http.RoundTripper) http.RoundTripper {
		return tripper(func(req *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(req)
			if err == nil && req.URL.Query().Has("tagging") && resp.StatusCode == 200 {
				body := strings.Replace(read(resp), "<Tag>", "<!--", 1)
				body = strings.Replace(body, "</Tag>", "-->", 1)
				resp.Body = io.NopCloser(strings.NewReader(body))
				resp.ContentLength = int64(len(body))
			}
			return resp, err
		})
	}}, func(t *testing.T, w *world) {
		event := w.put(large, 1, localoss.WithHeader("x-oss-tagging", "a=1"))
		began := time.Now()
		w.wantOutcome(w.copy(w.within(10*time.Minute), event, plan()), copier.Failed)
		if time.Since(began) > 9*time.Second {
			t.Errorf("%s", time.Since(began))
		}
	})
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// Hung copies hold the places that throttling has left, and nothing else gets one.
func TestHungCopiesDoNotHoldUpTheOthers(t *testing.T) {
	faults := []fault.Fault{
		{Operations: []string{"CopyObject"}, Key: "hung", Delay: 100 * time.Hour, Drop: true},
		{Operations: []string{"CopyObject"}, Key: "dir/**", Calls: fault.Nth(1), Error: slowDown()},
	}
	inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
		event := w.put(5, 1)
		ctx := w.within(30 * time.Minute)
		done := make(chan struct{})
		go func() {
			w.copier.Copy(ctx, w.copier.Source(ctx, event), plan(func(c *rules.Copy) { c.Key = "hung" }))
			close(done)
		}()
		time.Sleep(time.Second)
		began := time.Now()
		out := w.copier.Copy(ctx, w.copier.Source(ctx, event), plan())
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the other: %s after %s", out.Result, took)
		}
		<-done
	})
}

// Keys that XML cannot hold.
func TestKeysWithControlCharacters(t *testing.T) {
	for _, k := range []string{"a\x01b", "a\x0bb", "<&>\"'", "a\u2028b", "a\uFFFEb", "%41+ \r\n"} {
		for _, options := range []copier.Options{{}, inParts()} {
			inWorld(t, setup{options: options}, func(t *testing.T, w *world) {
				if err := w.PutSparse(from, k, large, localoss.WithSeed(1)); err != nil {
					t.Logf("%q: %v", k, err)
					return
				}
				event := w.newest()
				out := w.copy(w.ctx, event, plan(func(c *rules.Copy) { c.Key = k }))
				if out.Result != copier.Copied || len(w.Uploads(to)) > 0 || len(w.Objects(to)) != 1 {
					t.Errorf("%q: %s %v, %d open", k, out.Result, out.Error, len(w.Uploads(to)))
				}
				out = w.retryAs(event, plan(func(c *rules.Copy) { c.Key = k }))
				if out.Result != copier.Unchanged {
					t.Errorf("%q again: %s %v", k, out.Result, out.Error)
				}
			})
		}
	}
}

// A link that points to the same content is not the copy.
func TestALinkToTheSameContentIsNotTheCopy(t *testing.T) {
	for name, o := range map[string]copier.Options{"large, first try": inParts(), "small, second attempt": {}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{options: o}, func(t *testing.T, w *world) {
				event := w.put(large, 1)
				if err := w.PutSparse(to, "other", large, localoss.WithSeed(1)); err != nil {
					t.Fatal(err)
				}
				if _, err := w.client.PutSymlink(w.ctx, &oss.PutSymlinkRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key), Target: oss.Ptr("other")}); err != nil {
					t.Fatal(err)
				}
				out := w.copy(w.ctx, event, plan())
				if strings.HasPrefix(name, "small") {
					if err := w.relink(); err != nil {
						t.Fatal(err)
					}
					out = w.retryAs(event, plan())
				}
				if _, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(to), Key: oss.Ptr("other")}); err != nil {
					t.Fatal(err)
				}
				_, err := w.client.HeadObject(w.ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key)})
				if err != nil {
					t.Errorf("%s, and the destination is a link to what is gone: %v", out.Result, err)
				}
			})
		})
	}
}

func (w *world) relink() error {
	_, err := w.client.PutSymlink(w.ctx, &oss.PutSymlinkRequest{Bucket: oss.Ptr(to), Key: oss.Ptr(key), Target: oss.Ptr("other")})
	return err
}

// One refusal that asks for an hour ends a copy that has ten minutes.
func TestAnOddDelayDoesNotEndACopy(t *testing.T) {
	odd := slowDown()
	odd.Header = http.Header{"X-Oss-Qos-Delay-Time": {"3600000"}}
	inWorld(t, setup{options: inParts(), faults: []fault.Fault{{Operations: []string{"UploadPartCopy"}, Part: 2, Calls: fault.Nth(1), Error: odd}}}, func(t *testing.T, w *world) {
		out := w.copy(w.within(10*time.Minute), w.put(large, 1), plan())
		w.wantOutcome(out, copier.Copied)
	})
}

// A long copy within a bucket is under way and one request is refused: the other
// copies of the instance wait for the long one to end.
func TestALongCopyAndOneRefusalDoNotStopTheOthers(t *testing.T) {
	faults := []fault.Fault{
		{Operations: []string{"CopyObject"}, Key: "long", Delay: 8 * time.Minute},
		{Operations: []string{"CopyObject"}, Key: "dir/**", Calls: fault.Nth(1), Error: slowDown()},
	}
	inWorld(t, setup{faults: faults}, func(t *testing.T, w *world) {
		event := w.put(5, 1)
		go func() {
			w.copier.Copy(w.ctx, w.copier.Source(w.ctx, event), plan(func(c *rules.Copy) { c.Key = "long" }))
		}()
		time.Sleep(time.Second)
		began := time.Now()
		out := w.copier.Copy(w.ctx, w.copier.Source(w.ctx, event), plan())
		if took := time.Since(began); took > time.Minute {
			t.Errorf("the other: %s after %s", out.Result, took)
		}
	})
}
