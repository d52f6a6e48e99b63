package copier_test

import (
	"bytes"
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

// onItself is a plan whose destination is the source.
func onItself(change ...func(*rules.Copy)) *rules.Copy {
	return plan(append([]func(*rules.Copy){func(c *rules.Copy) { c.Bucket = from }}, change...)...)
}

// putRich uploads an object with every attribute, and gives its event. Time passes afterwards, so
// that a rewritten object can be recognized by its time.
func (w *world) putRich(content string) events.Object {
	w.t.Helper()
	_, err := w.client.PutObject(w.ctx, &oss.PutObjectRequest{
		Bucket: oss.Ptr(from), Key: oss.Ptr(key), Body: bytes.NewReader([]byte(content)),
		ContentType: oss.Ptr("text/x-source"), CacheControl: oss.Ptr("no-store"), ContentDisposition: oss.Ptr("inline"),
		ContentEncoding: oss.Ptr("identity"), Expires: oss.Ptr("Fri, 20 Nov 2026 08:00:00 GMT"),
		Metadata: map[string]string{"author": "Li Wei 李伟", "n": "1"}, Tagging: oss.Ptr("a%2Bb=c%20d&e=f"),
		Acl: oss.ObjectACLPublicRead, StorageClass: oss.StorageClassIA, ServerSideEncryption: oss.Ptr("AES256"),
		RequestCommon: oss.RequestCommon{Headers: map[string]string{"Content-Language": "zh-CN"}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	event := w.newest()
	time.Sleep(time.Minute)
	return event
}

// source is the source's object as it is now.
func (w *world) source() localoss.Object {
	w.t.Helper()
	o, ok := w.Object(from, key)
	if !ok {
		w.t.Fatal("the object is gone")
	}
	return *o
}

// wantKept checks that the object is as it was before, except for what change does to it.
func (w *world) wantKept(before localoss.Object, rewritten bool, change func(*localoss.Object)) {
	w.t.Helper()
	got, want := w.source(), before
	want.Tags, want.Meta = append([]localoss.Tag(nil), before.Tags...), maps.Clone(before.Meta)
	change(&want)
	if rewritten {
		want.LastModified, want.VersionID, want.ETag, want.Type = got.LastModified, got.VersionID, got.ETag, got.Type
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(localoss.Object{}), cmpopts.EquateEmpty()); diff != "" {
		w.t.Errorf("the object (-want +got):\n%s", diff)
	}
}

// wantWrites checks which requests changed something, and that nothing is left.
func (w *world) wantWrites(want ...string) {
	w.t.Helper()
	for op, n := range w.Counts() {
		switch op {
		case "HeadObject", "GetObjectTagging", "GetObjectAcl", "GetObject", "ListParts":
			continue
		}
		if len(want) == 0 || !strings.Contains(strings.Join(want, " "), op) || n != 1 {
			w.t.Errorf("%d × %s, want each of %v once", n, op, want)
		}
	}
	for _, op := range want {
		if w.Counts()[op] == 0 {
			w.t.Errorf("no %s", op)
		}
	}
	if open, all := w.Uploads(from), w.Objects(from); len(open) != 0 || len(all) != 1 {
		w.t.Errorf("left behind: uploads %+v, %d objects", open, len(all))
	}
}

// wantSettled delivers the event that the change itself raised, and checks that nothing is left to
// do.
func (w *world) wantSettled(p *rules.Copy) {
	w.t.Helper()
	was := w.source()
	w.wantOutcome(w.copy(w.ctx, w.newest(), p), copier.Unchanged)
	w.wantWrites()
	w.wantKept(was, false, func(*localoss.Object) {})
}

// retags are plans that set tags or the ACL, and what they write.
var retags = map[string]struct {
	plan   func(*rules.Copy)
	change func(*localoss.Object)
	writes []string
	method string
}{
	"tags": {
		func(c *rules.Copy) {
			c.TaggingDirective, c.Tags = rules.DirectiveReplace, []rules.Pair{{Key: "x", Value: "y z"}}
		},
		func(o *localoss.Object) { o.Tags = []localoss.Tag{{Key: "x", Value: "y z"}} },
		[]string{"PutObjectTagging"}, copier.MethodPutObjectTagging,
	},
	"no tags": {
		func(c *rules.Copy) { c.TaggingDirective = rules.DirectiveReplace },
		func(o *localoss.Object) { o.Tags = nil },
		[]string{"DeleteObjectTagging"}, copier.MethodPutObjectTagging,
	},
	"ACL": {
		func(c *rules.Copy) { c.ObjectACL = "private" },
		func(o *localoss.Object) { o.ACL = "private" },
		[]string{"PutObjectAcl"}, copier.MethodPutObjectACL,
	},
	"tags and ACL": {
		func(c *rules.Copy) {
			c.ObjectACL, c.TaggingDirective, c.Tags = "private", rules.DirectiveReplace,
				[]rules.Pair{{Key: "x", Value: ""}}
		},
		func(o *localoss.Object) { o.ACL, o.Tags = "private", []localoss.Tag{{Key: "x"}} },
		[]string{"PutObjectTagging", "PutObjectAcl"}, copier.MethodPutObjectTagging,
	},
}

func TestTagsAndACLInPlaceAreSetByTheirOwnOperationsAndTouchNothingElse(t *testing.T) {
	for name, c := range retags {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{}, func(t *testing.T, w *world) {
				event := w.putRich("content")
				before := w.source()
				out := w.copy(w.ctx, event, onItself(c.plan))
				w.wantOutcome(out, copier.Copied)
				if out.Method != c.method {
					t.Errorf("method %s, want %s", out.Method, c.method)
				}
				w.wantWrites(c.writes...)
				w.wantKept(before, false, c.change)
				w.wantSettled(onItself(c.plan))
			})
		})
	}
}

func TestObjectInPlaceThatIsAsTheRuleWantsIsLeftAlone(t *testing.T) {
	asItIs := func(c *rules.Copy) {
		c.TaggingDirective, c.Tags = rules.DirectiveReplace,
			[]rules.Pair{{Key: "a+b", Value: "c d"}, {Key: "e", Value: "f"}}
		c.ObjectACL, c.StorageClass, c.ServerSideEncryption = "public-read", "IA", "AES256"
	}
	for name, change := range map[string]func(*rules.Copy){"nothing named": func(*rules.Copy) {}, "all named": asItIs} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{}, func(t *testing.T, w *world) {
				event := w.putRich("content")
				before := w.source()
				w.wantOutcome(w.copy(w.ctx, event, onItself(change)), copier.Unchanged)
				w.wantWrites()
				w.wantKept(before, false, func(*localoss.Object) {})
			})
		})
	}
}

func TestTagsInPlaceOfAnOverwrittenObjectAreNotSetOnTheNewOne(t *testing.T) {
	tags := retags["tags"]
	inWorld(t, setup{}, func(t *testing.T, w *world) {
		event := w.putRich("old")
		w.putRich("new")
		before := w.source()
		w.wantOutcome(w.copy(w.ctx, event, onItself(tags.plan)), copier.Superseded)
		w.wantWrites()
		w.wantKept(before, false, func(*localoss.Object) {})
	})
}

func TestTagsInPlaceAreSetOnTheVersionTheEventSpokeOf(t *testing.T) {
	var w *world
	// The overwriting upload comes when the tags are on their way already.
	overwrite := func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "PutObjectTagging" {
			w.overwrite(from, key, "new")
		}
		return next()
	}
	inWorld(t, setup{intercept: overwrite}, func(t *testing.T, world *world) {
		w = world
		w.version(from)
		event := w.putRich("old")
		w.wantOutcome(w.copy(w.ctx, event, onItself(retags["tags"].plan)), copier.Copied)
		all := w.Versions(from, key)
		if len(all) != 2 || len(all[0].Tags) != 0 || len(all[1].Tags) != 1 || all[1].Tags[0].Key != "x" {
			t.Errorf("versions %+v; want the tag on the old one alone", all)
		}
	})
}
