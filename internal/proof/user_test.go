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

// payload is an event of OSS, and the versions that it is about.
type payload struct {
	body    []byte
	records []record
}

// record is one object of a payload. version is nil if the event is not about a new version of a user's object.
type record struct {
	key      string
	version  *sourceVersion
	removal  bool // the object was removed
	restored bool // its restore has ended
}

// fromUser reports whether a key in the source bucket is one of the user's, not of a copy.
func fromUser(key string) bool { return !strings.HasPrefix(key, "out/") }

// runSteps performs the steps of the program, each at its time.
func (w *world) runSteps(ctx context.Context) {
	if slices.ContainsFunc(w.program.steps, func(s step) bool { return s.kind == stepPutSymlink }) {
		_, err := w.user.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: oss.Ptr(sourceBucket), Key: &linkTargets[0], Body: bytes.NewReader(make([]byte, 200<<10)),
		})
		if err != nil {
			w.addViolation("put the target of links: %v", err)
		}
		w.payloads = nil // its event is not delivered
	}
	for _, s := range w.program.scans {
		w.running.Go(func() { w.runScan(ctx, s) })
	}
	for _, s := range w.program.steps {
		w.running.Go(func() {
			pause(ctx, s.at)
			if s.watchCopy > 0 {
				watch := w.faults.watch(copyWatch{key: s.key, nth: s.watchCopy, any: s.watchAny, hold: s.holdCopy})
				select {
				case <-watch.reached:
				case <-time.After(15 * time.Second): // there was no such copy
				}
			}
			announced := w.perform(ctx, s)
			if s.lost && len(announced) > 0 {
				w.eventLost(announced[len(announced)-1])
			}
			for _, d := range s.deliveries {
				w.running.Go(func() { w.deliver(ctx, d, announced) })
			}
		})
	}
}

// perform performs a step and returns its events, preceded by the last event before them.
func (w *world) perform(ctx context.Context, s step) []payload {
	w.userLock <- struct{}{}
	defer func() { <-w.userLock }()
	if s.kind == stepDeleteAndPut {
		w.change(ctx, step{kind: stepDelete, key: s.key})
		pause(ctx, s.pauseBetween)
	}
	return w.change(ctx, s)
}

// change makes one change to a source object.
func (w *world) change(ctx context.Context, s step) []payload {
	if s.kind == stepPutForeign {
		w.putForeign(ctx, s)
		return nil
	}
	v := w.recordStep(s)
	if v == nil {
		return nil
	}
	before := len(w.payloads)
	w.logf("user: %s %s %v", stepKindNames[s.kind], s.key, v)
	var err error
	switch {
	case v.linkTarget != "" && s.kind != stepChangeClass && s.kind.createsVersion():
		err = w.putLink(ctx, v)
	case s.kind == stepPut, s.kind == stepPutSameContent, s.kind == stepDeleteAndPut:
		_, err = w.user.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: oss.Ptr(sourceBucket), Key: &s.key, Body: bytes.NewReader(v.content),
			ContentType: &v.attributes.contentType, CacheControl: optional(v.attributes.cacheControl),
			Metadata: userMetadata(v.attributes), Acl: oss.ObjectACLType(v.acl), Tagging: optional(s.tags.query()),
			StorageClass: oss.StorageClassType(v.attributes.class),
		})
	case s.kind == stepChangeClass:
		_, err = w.user.CopyObject(ctx, &oss.CopyObjectRequest{
			Bucket: oss.Ptr(sourceBucket), Key: &s.key, SourceBucket: oss.Ptr(sourceBucket), SourceKey: &s.key,
			StorageClass: "IA", MetadataDirective: oss.Ptr("REPLACE"),
			ContentType: &v.attributes.contentType, CacheControl: optional(v.attributes.cacheControl),
			Metadata: userMetadata(v.attributes), Acl: oss.ObjectACLType(v.acl),
			TaggingDirective: oss.Ptr("REPLACE"), Tagging: optional(s.tags.query()),
		})
	case s.kind == stepDeleteVersion:
		id := w.Versions(sourceBucket, s.key)[0].VersionID
		_, err = w.user.DeleteObject(ctx, &oss.DeleteObjectRequest{
			Bucket: oss.Ptr(sourceBucket), Key: &s.key, VersionId: &id,
		})
	case s.kind == stepDelete:
		_, err = w.user.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(sourceBucket), Key: &s.key})
	case s.kind == stepPutTags:
		set := &oss.TagSet{}
		for k, v := range s.tags {
			set.Tags = append(set.Tags, oss.Tag{Key: &k, Value: &v})
		}
		_, err = w.user.PutObjectTagging(ctx, &oss.PutObjectTaggingRequest{
			Bucket: oss.Ptr(sourceBucket), Key: &s.key, Tagging: &oss.Tagging{TagSet: set},
		})
	}
	if err != nil {
		w.addViolation("user step %s failed: %v", stepKindNames[s.kind], err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := before; i < len(w.payloads); i++ {
		if s.kind.createsVersion() {
			w.payloads[i].records[0].version = v
		}
	}
	return w.payloads[max(0, before-1):] // the one before may go into one payload with them
}

func (w *world) putLink(ctx context.Context, v *sourceVersion) error {
	headers := map[string]string{"Content-Type": v.attributes.contentType}
	if v.attributes.cacheControl != "" {
		headers["Cache-Control"] = v.attributes.cacheControl
	}
	if q := v.tagHistory[0].query(); q != "" {
		headers["x-oss-tagging"] = q
	}
	_, err := w.user.PutSymlink(ctx, &oss.PutSymlinkRequest{
		Bucket: oss.Ptr(sourceBucket), Key: &v.key, Target: &v.linkTarget,
		Acl: oss.ObjectACLType(v.acl), Metadata: userMetadata(v.attributes),
		RequestCommon: oss.RequestCommon{Headers: headers},
	})
	return err
}

// recordStep adds what the user is about to do to the history. It returns the version that the step makes or changes,
// nil if the step can do nothing.
func (w *world) recordStep(s step) *sourceVersion {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.history.versions[s.key]
	last := w.history.current(s.key)
	var before *sourceVersion // the newest that is not a deletion
	for _, v := range all {
		if !v.deleted {
			before = v
		}
	}
	w.versionCount++
	v := &sourceVersion{
		number: w.versionCount, key: s.key, putAt: time.Since(w.start), attributes: s.attributes, acl: s.acl,
		tagHistory: []tags{s.tags},
	}
	switch {
	case s.kind == stepDeleteAndPut && before != nil:
		v.content, v.linkTarget = before.content, before.linkTarget
	case s.kind == stepPut, s.kind == stepPutSameContent && last == nil, s.kind == stepDeleteAndPut:
		v.content = contentOf(s)
	case s.kind == stepPutSymlink:
		v.content, v.linkTarget = []byte{}, s.linkTarget
	case s.kind == stepDeleteVersion:
		if v = w.removeNewestVersion(s.key); v == nil {
			return nil
		}
		w.history.withoutEvent[s.key] = true
	case last == nil:
		return nil
	case s.kind == stepPutSameContent, s.kind == stepChangeClass:
		v.content, v.linkTarget = last.content, last.linkTarget
	case s.kind == stepDelete:
		v.deleted = true
	case s.kind == stepPutTags:
		last.tagHistory = append(last.tagHistory, s.tags)
		return last
	}
	if w.program.streamed && v.linkTarget != "" {
		v.attributes.contentType, v.attributes.cacheControl = linkType, ""
	}
	w.history.lost[s.key] = false
	if s.kind != stepDeleteVersion {
		w.history.withoutEvent[s.key] = false
		w.bucketVersions[s.key] = append(w.bucketVersions[s.key], v)
	}
	w.history.versions[s.key] = append(all, v)
	w.history.changed(v)
	return v
}

// removeNewestVersion removes the newest version of a key, and returns the one below it, nil if there is none.
func (w *world) removeNewestVersion(key string) *sourceVersion {
	kept := w.bucketVersions[key]
	if !w.program.versioned || len(kept) < 2 {
		return nil
	}
	w.bucketVersions[key] = kept[:len(kept)-1]
	return kept[len(kept)-2]
}

// contentOf returns the content of a step. Every stretch of it shows which step it belongs to.
func contentOf(s step) []byte {
	label := fmt.Sprintf("%s content %d|", s.key, s.content)
	return []byte(strings.Repeat(label, s.size/len(label)+1)[:s.size])
}

// receiveEvent keeps the events that the user's steps raise in the source bucket. Events that copies raise there are
// delivered immediately.
func (w *world) receiveEvent(body []byte) {
	var p struct {
		Events []struct {
			EventName    string
			UserIdentity struct{ PrincipalID string }
			OSS          struct {
				Bucket struct{ Name string }
				Object struct{ Key string }
			}
		}
	}
	if err := json.Unmarshal(body, &p); err != nil || len(p.Events) != 1 {
		w.addViolation("the payload is not one event: %v %s", err, body)
		return
	}
	if p.Events[0].OSS.Bucket.Name != sourceBucket {
		return
	}
	name := p.Events[0].EventName
	received := payload{body, []record{{key: p.Events[0].OSS.Object.Key,
		removal: strings.HasPrefix(name, "ObjectRemoved:"), restored: name == "ObjectRestore:FinishRestore"}}}
	if !fromUser(received.records[0].key) {
		w.begin(func() { w.invoke(context.Background(), delivery{timeout: time.Minute}, received) })
		return
	}
	if received.records[0].restored || w.ruleset.moves && p.Events[0].UserIdentity.PrincipalID == "role" {
		w.deliverOther(received)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.payloads = append(w.payloads, received)
}

// batchPayloads returns one payload with the records of both.
func batchPayloads(a, b payload) (payload, error) {
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

func userMetadata(a attributes) map[string]string {
	if a.color == "" {
		return nil
	}
	return map[string]string{"color": a.color}
}

// query returns the tags as the value of x-oss-tagging.
func (t tags) query() string {
	v := url.Values{}
	for k, value := range maps.All(t) {
		v.Set(k, value)
	}
	return strings.ReplaceAll(v.Encode(), "+", "%20")
}
