package copier_test

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

func TestZeroBytesAndDirectoryMarkersAreCopiedWithOneRequest(t *testing.T) {
	for name, k := range map[string]string{"zero-byte object": "empty", "directory marker": "dir/sub/"} {
		for method, options := range map[string]copier.Options{"by default": {}, "in parts": inParts()} {
			t.Run(name+" "+method, func(t *testing.T) {
				inWorld(t, setup{options: options}, func(t *testing.T, w *world) {
					w.overwrite(from, k, "")
					out := w.copy(w.ctx, w.newest(), plan(func(c *rules.Copy) { c.Key = k }))
					w.wantOutcome(out, copier.Copied)
					w.wantCounts(map[string]int{"CopyObject": 1})
					if o, ok := w.Object(to, k); !ok || o.Size != 0 {
						t.Errorf("the destination is %+v", o)
					}
				})
			})
		}
	}
}

func TestAppendableObjectIsCopiedAsItIsAtItsEvent(t *testing.T) {
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		size := int64(0)
		add := func(text string) {
			t.Helper()
			_, err := w.client.AppendObject(w.ctx, &oss.AppendObjectRequest{
				Bucket: oss.Ptr(from), Key: oss.Ptr(key), Position: &size, Body: strings.NewReader(text)})
			if err != nil {
				t.Fatal(err)
			}
			size += int64(len(text))
		}
		add("one")
		first := w.newest()
		w.wantOutcome(w.copy(w.ctx, first, plan()), copier.Copied)
		w.wantCopy()
		add("two")
		w.wantOutcome(w.copy(w.ctx, first, plan()), copier.Superseded)
		w.wantOutcome(w.copy(w.ctx, w.newest(), plan()), copier.Copied)
		w.wantCopy()
	})
}

func TestSourceUnderADeleteMarkerIsSupersededAndItsOldVersionIsNotCopied(t *testing.T) {
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		w.version(from)
		event := w.put(large, 1)
		w.delete(from, key)
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Superseded)
		w.wantAbsent()
		w.wantTidy()
	})
}

func TestVersionedBucketsGetAVersionMoreAndBothVersionsAreReported(t *testing.T) {
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		w.version(from)
		w.version(to)
		for seed := range uint64(2) {
			out := w.copy(w.ctx, w.put(large, seed+1), plan())
			w.wantOutcome(out, copier.Copied)
			w.wantCopy()
			made, _ := w.Object(to, key)
			if out.VersionID == "" || out.VersionID != made.VersionID {
				t.Errorf("reported version %q, made %q", out.VersionID, made.VersionID)
			}
			source, _ := w.Object(from, key)
			if out.SourceVersionID != source.VersionID {
				t.Errorf("reported source version %q, copied %q", out.SourceVersionID, source.VersionID)
			}
		}
		if all := w.Versions(to, key); len(all) != 2 {
			t.Errorf("%d versions, want 2", len(all))
		}
	})
}

// version switches a bucket's versioning on.
func (w *world) version(bucket string) {
	w.t.Helper()
	_, err := w.client.PutBucketVersioning(w.ctx, &oss.PutBucketVersioningRequest{
		Bucket: &bucket, VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}})
	if err != nil {
		w.t.Fatal(err)
	}
}

// Some of these keys cannot be written in XML.
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
				out = w.retry(event, plan(func(c *rules.Copy) { c.Key = k }))
				if out.Result != copier.Unchanged {
					t.Errorf("%q again: %s %v", k, out.Result, out.Error)
				}
			})
		}
	}
}
