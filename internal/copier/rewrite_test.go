package copier_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

// rewrites are plans whose change rewrites the object, and what it becomes. A
// MERGE arrives here as the planner resolves it: a Replace of everything.
var rewrites = map[string]struct {
	plan   func(*rules.Copy)
	change func(*localoss.Object)
}{
	"class": {
		func(c *rules.Copy) { c.StorageClass = "Archive" },
		func(o *localoss.Object) { o.StorageClass = "Archive" },
	},
	"encryption": {
		func(c *rules.Copy) { c.ServerSideEncryption, c.ServerSideEncryptionKeyID = "KMS", keyID },
		func(o *localoss.Object) { o.ServerSideEncryption, o.ServerSideEncryptionKeyID = "KMS", keyID },
	},
	"data encryption": {
		func(c *rules.Copy) {
			c.ServerSideEncryption, c.ServerSideEncryptionKeyID, c.ServerSideDataEncryption = "KMS", keyID, "SM4"
		},
		func(o *localoss.Object) {
			o.ServerSideEncryption, o.ServerSideEncryptionKeyID, o.ServerSideDataEncryption = "KMS", keyID, "SM4"
		},
	},
	"one header and one entry of the metadata": {
		func(c *rules.Copy) {
			c.MetadataDirective = rules.DirectiveReplace
			c.Headers = rules.ContentHeaders{
				ContentType: "text/x-source", CacheControl: "max-age=1", ContentDisposition: "inline",
				ContentEncoding: "identity", ContentLanguage: "zh-CN", Expires: "Fri, 20 Nov 2026 08:00:00 GMT"}
			c.Meta = []rules.Pair{{Key: "author", Value: "Li Wei 李伟"}, {Key: "n", Value: "2"}}
		},
		func(o *localoss.Object) { o.CacheControl, o.Meta["n"] = "max-age=1", "2" },
	},
	"all metadata replaced": {
		func(c *rules.Copy) {
			c.MetadataDirective, c.Meta = rules.DirectiveReplace, []rules.Pair{{Key: "only", Value: "this"}}
		},
		func(o *localoss.Object) {
			o.ContentType, o.CacheControl, o.ContentDisposition = "application/octet-stream", "", ""
			o.ContentEncoding, o.ContentLanguage, o.Expires = "", "", ""
			o.Meta = map[string]string{"only": "this"}
		},
	},
	"class, ACL and tags": {
		func(c *rules.Copy) {
			c.StorageClass, c.ObjectACL, c.TaggingDirective, c.Tags = "Standard", "private", rules.DirectiveReplace,
				[]rules.Pair{{Key: "x", Value: "y"}}
		},
		func(o *localoss.Object) {
			o.StorageClass, o.ACL, o.Tags = "Standard", "private", []localoss.Tag{{Key: "x", Value: "y"}}
		},
	},
}

// allowed says rewrite-in-place.
func allowed(c *rules.Copy) { c.RewriteInPlace = true }

func TestRewritingInPlaceIsRefusedForGoodUnlessTheRuleAllowsIt(t *testing.T) {
	for name, c := range rewrites {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{}, func(t *testing.T, w *world) {
				event := w.putRich("content")
				before := w.source()
				out := w.copy(w.ctx, event, onItself(c.plan))
				w.wantOutcome(out, copier.Failed)
				if !out.Error.Permanent || !strings.Contains(out.Error.Message, "rewrite-in-place: true") {
					t.Errorf("error %+v", out.Error)
				}
				w.wantWrites()
				w.wantKept(before, false, func(*localoss.Object) {})
			})
		})
	}
}

func TestRewritingInPlaceKeepsAllThatTheRuleDoesNotName(t *testing.T) {
	inOne := []string{"CopyObject"}
	for name, c := range rewrites {
		for bucket, versioned := range map[string]bool{"": false, " in a versioned bucket": true} {
			t.Run(name+bucket, func(t *testing.T) {
				inWorld(t, setup{}, func(t *testing.T, w *world) {
					if versioned {
						w.version(from)
					}
					event := w.putRich("content")
					before := w.source()
					w.wantOutcome(w.copy(w.ctx, event, onItself(allowed, c.plan)), copier.Copied)
					w.wantWrites(inOne...)
					w.wantKept(before, true, c.change)
					w.wantSettled(onItself(allowed, c.plan))
				})
			})
		}
	}
}

func TestLargeObjectIsRewrittenInPartsInPlaceAndKeepsAllThatTheRuleDoesNotName(t *testing.T) {
	for name, c := range rewrites {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{options: inParts()}, func(t *testing.T, w *world) {
				event := w.putRich(strings.Repeat("0123456789abcdef", large/16))
				before := w.source()
				out := w.copy(w.ctx, event, onItself(allowed, c.plan))
				w.wantOutcome(out, copier.Copied)
				want := copier.MethodUploadPartCopy
				if strings.Contains(name, "metadata") { // which OSS changes without copying the content
					want = copier.MethodCopyObject
				}
				if out.Method != want {
					t.Errorf("method %s, want %s", out.Method, want)
				}
				synctest.Wait()
				if open, all := w.Uploads(from), w.Objects(from); len(open) != 0 || len(all) != 1 {
					t.Errorf("left behind: uploads %+v, %d objects", open, len(all))
				}
				w.wantKept(before, true, c.change)
				w.wantSettled(onItself(allowed, c.plan))
			})
		})
	}
}

func TestDataEncryptionAloneInPlaceIsChangedAndTheKeyKept(t *testing.T) {
	sm4 := func(c *rules.Copy) { c.ServerSideEncryption, c.ServerSideDataEncryption = "KMS", "SM4" }
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1, localoss.WithHeader("x-oss-server-side-encryption", "KMS"),
			localoss.WithHeader("x-oss-server-side-encryption-key-id", keyID))
		before := w.source()
		time.Sleep(time.Minute)
		w.wantOutcome(w.copy(w.ctx, event, onItself(allowed, sm4)), copier.Copied)
		w.wantKept(before, true, func(o *localoss.Object) { o.ServerSideDataEncryption = "SM4" })
	})
}

func TestUploadThatComesBeforeARewriteIsAcceptedIsNotOverwritten(t *testing.T) {
	var w *world
	// The upload comes between the look at the object and its rewriting.
	overwrite := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		reply := next()
		if call.Name == "GetObjectAcl" {
			w.overwrite(from, key, "new")
		}
		return reply
	}
	byEachMethod(t, setup{intercept: overwrite}, func(t *testing.T, world *world) {
		w = world
		event := w.put(large, 1)
		w.wantOutcome(w.copy(w.ctx, event, onItself(allowed, rewrites["class"].plan)), copier.Superseded)
		if o := w.source(); o.Size != 3 || o.StorageClass != "Standard" {
			t.Errorf("the new object is %+v", o)
		}
		synctest.Wait()
		if open, all := w.Uploads(from), w.Objects(from); len(open) != 0 || len(all) != 1 {
			t.Errorf("left behind: uploads %+v, %d objects", open, len(all))
		}
	})
}
