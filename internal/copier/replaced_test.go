package copier_test

import (
	"testing"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

func TestReplacedMetadataIsTheSameWhateverTheSize(t *testing.T) {
	replace := func(c *rules.Copy) {
		c.MetadataDirective, c.Meta = rules.DirectiveReplace, []rules.Pair{{Key: "a", Value: "new"}}
	}
	for name, options := range map[string]copier.Options{"CopyObject": {}, "UploadPartCopy": inParts()} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{options: options}, func(t *testing.T, w *world) {
				event := w.put(large, 1, localoss.WithHeader("Content-Type", "image/png"), localoss.WithHeader("x-oss-meta-b", "old"),
					localoss.WithHeader("x-oss-meta-client-side-encryption-key", "k"), localoss.WithHeader("Cache-Control", "no-cache"))
				w.wantOutcome(w.copy(w.ctx, event, plan(replace)), copier.Copied)
				o, _ := w.Object(to, key)
				if o.ContentType != "application/octet-stream" || o.CacheControl != "" || len(o.Meta) > 2 || o.Meta["a"] != "new" {
					t.Errorf("the copy has %+v", o)
				}
				if name == "UploadPartCopy" && o.Meta["client-side-encryption-key"] != "k" {
					t.Error("what its client decrypts it with is lost")
				}
			})
		})
	}
}
