package proof

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// payload is what OSS announced, and what the oracle knows it speaks of.
type payload struct {
	body    []byte
	records []record
}

// record is one object of a payload; upload is nil where the event leaves no new
// object of the user's behind.
type record struct {
	key    string
	upload *upload
}

// fromUser tells the user's objects of the source bucket from copies.
func fromUser(key string) bool { return !strings.HasPrefix(key, "out/") }

// play does the program's steps, each in its own time.
func (w *world) play(ctx context.Context) {
	if slices.ContainsFunc(w.program.steps, func(s step) bool { return s.kind == link }) {
		_, err := w.user.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: oss.Ptr(source), Key: &targets[0], Body: bytes.NewReader(make([]byte, 200<<10)),
		})
		if err != nil {
			w.wrong("the links' target: %v", err)
		}
		w.payloads = nil // nobody is told of it
	}
	for _, s := range w.program.steps {
		w.running.Go(func() {
			pause(ctx, s.at)
			if s.ambush > 0 {
				a := w.weather.lieInWait(s.key, s.ambush, s.hold)
				select {
				case <-a.now:
				case <-time.After(15 * time.Second): // nobody came
				}
			}
			p := w.do(ctx, s)
			for _, d := range s.deliveries {
				w.running.Go(func() { w.deliver(ctx, d, p) })
			}
		})
	}
}

// do is what the user does, and gives what was announced of it.
func (w *world) do(ctx context.Context, s step) []payload {
	w.hand <- struct{}{}
	defer func() { <-w.hand }()
	if s.kind == back {
		w.change(ctx, step{kind: remove, key: s.key})
		pause(ctx, s.gap)
	}
	return w.change(ctx, s)
}

// change is one thing that the user does.
func (w *world) change(ctx context.Context, s step) []payload {
	u := w.enter(s)
	if u == nil {
		return nil
	}
	before := len(w.payloads)
	w.logf("user: %s %s %v", kinds[s.kind], s.key, u)
	var err error
	switch {
	case u.target != "" && s.kind != reclass && s.kind.creates():
		err = w.putLink(ctx, u)
	case s.kind == put, s.kind == again, s.kind == back:
		_, err = w.user.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: oss.Ptr(source), Key: &s.key, Body: bytes.NewReader(u.content), ContentType: &u.look.contentType,
			CacheControl: optional(u.look.cacheControl), Metadata: meta(u.look), Acl: oss.ObjectACLType(u.acl), Tagging: optional(s.tags.query()),
		})
	case s.kind == reclass:
		_, err = w.user.CopyObject(ctx, &oss.CopyObjectRequest{
			Bucket: oss.Ptr(source), Key: &s.key, SourceBucket: oss.Ptr(source), SourceKey: &s.key, StorageClass: "IA",
			MetadataDirective: oss.Ptr("REPLACE"), ContentType: &u.look.contentType, CacheControl: optional(u.look.cacheControl),
			Metadata: meta(u.look), Acl: oss.ObjectACLType(u.acl),
			TaggingDirective: oss.Ptr("REPLACE"), Tagging: optional(s.tags.query()),
		})
	case s.kind == drop:
		id := w.Versions(source, s.key)[0].VersionID
		_, err = w.user.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(source), Key: &s.key, VersionId: &id})
	case s.kind == remove:
		_, err = w.user.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(source), Key: &s.key})
	case s.kind == retag:
		set := &oss.TagSet{}
		for k, v := range s.tags {
			set.Tags = append(set.Tags, oss.Tag{Key: &k, Value: &v})
		}
		_, err = w.user.PutObjectTagging(ctx, &oss.PutObjectTaggingRequest{Bucket: oss.Ptr(source), Key: &s.key, Tagging: &oss.Tagging{TagSet: set}})
	}
	if err != nil {
		w.wrong("the user's %s failed: %v", kinds[s.kind], err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := before; i < len(w.payloads); i++ {
		if s.kind.creates() {
			w.payloads[i].records[0].upload = u
		}
	}
	return w.payloads[max(0, before-1):] // the one before, to be batched with
}

func (w *world) putLink(ctx context.Context, u *upload) error {
	headers := map[string]string{"Content-Type": u.look.contentType}
	if u.look.cacheControl != "" {
		headers["Cache-Control"] = u.look.cacheControl
	}
	if q := u.tags[0].query(); q != "" {
		headers["x-oss-tagging"] = q
	}
	_, err := w.user.PutSymlink(ctx, &oss.PutSymlinkRequest{Bucket: oss.Ptr(source), Key: &u.key, Target: &u.target,
		Acl: oss.ObjectACLType(u.acl), Metadata: meta(u.look), RequestCommon: oss.RequestCommon{Headers: headers}})
	return err
}

// enter writes into the history what the user is about to do; nil if there is
// nothing it could be done to.
func (w *world) enter(s step) *upload {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.history.uploads[s.key]
	last := w.history.now(s.key)
	var before *upload // the newest that was no removal
	for _, u := range all {
		if !u.deleted {
			before = u
		}
	}
	w.versions++
	u := &upload{n: w.versions, key: s.key, at: time.Since(w.born), look: s.look, acl: s.acl, tags: []tags{s.tags}}
	switch {
	case s.kind == back && before != nil:
		u.content, u.target = before.content, before.target
	case s.kind == put, s.kind == again && last == nil, s.kind == back:
		u.content = content(s)
	case s.kind == link:
		u.content, u.target = []byte{}, s.target
	case s.kind == drop:
		if u = w.below(s.key); u == nil {
			return nil
		}
		w.history.silent[s.key] = true
	case last == nil:
		return nil
	case s.kind == again, s.kind == reclass:
		u.content, u.target = last.content, last.target
	case s.kind == remove:
		u.deleted = true
	case s.kind == retag:
		last.tags = append(last.tags, s.tags)
		return last
	}
	if s.kind != drop {
		w.history.silent[s.key] = false
		w.kept[s.key] = append(w.kept[s.key], u)
	}
	w.history.uploads[s.key] = append(all, u)
	return u
}

// below takes the newest of a key's versions away, and gives the one that it
// hid; nil where there is no such version.
func (w *world) below(key string) *upload {
	kept := w.kept[key]
	if !w.program.versioned || len(kept) < 2 {
		return nil
	}
	w.kept[key] = kept[:len(kept)-1]
	return kept[len(kept)-2]
}

// content shows of every stretch whose it is.
func content(s step) []byte {
	label := fmt.Sprintf("%s content %d|", s.key, s.content)
	return []byte(strings.Repeat(label, s.size/len(label)+1)[:s.size])
}

// hear keeps the payloads of the source bucket that the user's doing raised;
// those that copies into it raise are delivered at once.
func (w *world) hear(body []byte) {
	var p struct {
		Events []struct {
			OSS struct {
				Bucket struct{ Name string }
				Object struct{ Key string }
			}
		}
	}
	if err := json.Unmarshal(body, &p); err != nil || len(p.Events) != 1 {
		w.wrong("the payload is not one event: %v %s", err, body)
		return
	}
	if p.Events[0].OSS.Bucket.Name != source {
		return
	}
	heard := payload{body, []record{{key: p.Events[0].OSS.Object.Key}}}
	if !fromUser(heard.records[0].key) {
		w.running.Go(func() { w.invoke(context.Background(), delivery{timeout: time.Minute}, heard) })
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.payloads = append(w.payloads, heard)
}

// together is one payload of the records of two.
func together(a, b payload) (payload, error) {
	var all, one struct {
		Events []json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(a.body, &all); err != nil {
		return a, err
	}
	if err := json.Unmarshal(b.body, &one); err != nil {
		return a, err
	}
	all.Events = append(all.Events, one.Events...)
	body, err := json.Marshal(all)
	return payload{body, append(append([]record(nil), a.records...), b.records...)}, err
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func meta(l look) map[string]string {
	if l.color == "" {
		return nil
	}
	return map[string]string{"color": l.color}
}

// query is the tags as x-oss-tagging carries them.
func (t tags) query() string {
	v := url.Values{}
	for k, value := range maps.All(t) {
		v.Set(k, value)
	}
	return strings.ReplaceAll(v.Encode(), "+", "%20")
}
