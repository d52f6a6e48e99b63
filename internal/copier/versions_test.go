package copier_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
)

// GetObjectTagging takes no condition: it was answered while a newer version was current,
// which was deleted by its id before the older one was copied.
func TestTagsReadOfAVersionThatWasDeletedSinceDoNotStay(t *testing.T) {
	inWorld(t, setup{options: inParts()}, func(t *testing.T, w *world) {
		w.version(from)
		event := w.put(large, 1)
		time.Sleep(3 * time.Second)
		w.put(large, 2, localoss.WithHeader("x-oss-tagging", "stage=new"))
		newer, _ := w.Object(from, key)
		src := w.copier.Source(w.ctx, event)
		if tags, err := src.Tags(); len(tags) != 1 || err != nil {
			t.Fatalf("tags %v, %v", tags, err)
		}
		w.deleteVersion(newer.VersionID)
		out := w.copier.Copy(w.ctx, src, plan())
		w.wantOutcome(out, copier.Copied)
		fresh, _, err := src.Recheck(w.ctx)
		if !out.NeedsSecondLook || fresh != copier.MayBeSame || err != nil {
			t.Fatalf("second look due: %t, and finds %v, %v", out.NeedsSecondLook, fresh, err)
		}
		if matches, _, err := w.copier.Source(w.ctx, event).Matches(w.ctx, plan()); matches || err != nil {
			t.Errorf("a copy with the tags of another version matches: %t, %v", matches, err)
		}
	})
}

// deleteVersion deletes a version of the source by its id.
func (w *world) deleteVersion(id string) {
	w.t.Helper()
	_, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{
		Bucket: oss.Ptr(from), Key: oss.Ptr(key), VersionId: &id})
	if err != nil {
		w.t.Fatal(err)
	}
}

// newerVersion puts a newer version of the source, with a tag, before the first request for the source's tags is
// answered, and deletes it afterwards by its id unless it stays.
type newerVersion struct {
	*world
	next  http.RoundTripper
	stays bool
	asked int // how often the tags were read
}

func (v *newerVersion) RoundTrip(r *http.Request) (*http.Response, error) {
	if !getting("tagging")(r) {
		return v.next.RoundTrip(r)
	}
	if v.asked++; v.asked > 1 {
		return v.next.RoundTrip(r)
	}
	time.Sleep(time.Millisecond) // until HeadObject, which is sent at the same time, is answered
	v.put(large, 2, localoss.WithHeader("x-oss-tagging", "stage=new"))
	resp, err := v.next.RoundTrip(r)
	if newer, _ := v.Object(from, key); !v.stays {
		v.deleteVersion(newer.VersionID)
	}
	return resp, err
}

func TestTagsOfAVersionThatCameAndWentAreNotCopied(t *testing.T) {
	for _, stays := range []bool{false, true} {
		v := &newerVersion{stays: stays}
		via := func(next http.RoundTripper) http.RoundTripper { v.next = next; return v }
		inWorld(t, setup{options: inParts(), via: via}, func(t *testing.T, w *world) {
			v.world = w
			w.version(from)
			event := w.put(large, 1, localoss.WithHeader("x-oss-tagging", "stage=old"))
			time.Sleep(3 * time.Second)
			out := w.copy(w.ctx, event, plan())
			if stays {
				w.wantOutcome(out, copier.Superseded)
				w.wantAbsent()
				return
			}
			w.wantOutcome(out, copier.Copied)
			if o, _ := w.Object(to, key); len(o.Tags) != 1 || o.Tags[0].Value != "old" || v.asked != 2 {
				t.Errorf("the copy has tags %v, which were read %d times", o.Tags, v.asked)
			}
		})
	}
}
