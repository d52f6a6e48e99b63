package copier_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

// attributes are all that a destination has beside its content.
type attributes struct {
	ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Expires string

	Meta  map[string]string
	Tags  map[string]string
	ACL   string
	Class string

	SSE, SSEKeyID, SSEData string
}

// theSource is what the source of every case has.
func theSource() *oss.PutObjectRequest {
	return &oss.PutObjectRequest{
		Bucket: oss.Ptr(from), Key: oss.Ptr(key), Body: strings.NewReader(kibibyte),
		ContentType: oss.Ptr("text/x-source"), CacheControl: oss.Ptr("no-store"), ContentDisposition: oss.Ptr("inline"),
		ContentEncoding: oss.Ptr("identity"), Expires: oss.Ptr("Fri, 20 Nov 2026 08:00:00 GMT"),
		Metadata:      map[string]string{"Author": "Li Wei 李伟", "UPPER-lower": "Mixed Case", "n": "1"},
		Tagging:       oss.Ptr("every=" + "a%20b%2Bc-d%3De.f_g%3Ah%2Fi" + "&a%20b%2Bc-d%3De.f_g%3Ah%2Fi=key&empty="),
		RequestCommon: oss.RequestCommon{Headers: map[string]string{"Content-Language": "zh-CN"}},
		Acl:           oss.ObjectACLPublicRead, StorageClass: oss.StorageClassIA, ServerSideEncryption: oss.Ptr("SM4"),
	}
}

var kibibyte = strings.Repeat("0123456789abcdef", 64)

// carried is what a copy has that names no field: all that OSS carries over, and
// nothing else.
func carried() attributes {
	return attributes{
		ContentType: "text/x-source", CacheControl: "no-store", ContentDisposition: "inline",
		ContentEncoding: "identity", ContentLanguage: "zh-CN", Expires: "Fri, 20 Nov 2026 08:00:00 GMT",
		Meta:  map[string]string{"author": "Li Wei 李伟", "upper-lower": "Mixed Case", "n": "1"},
		Tags:  map[string]string{"every": "a b+c-d=e.f_g:h/i", "a b+c-d=e.f_g:h/i": "key", "empty": ""},
		ACL:   "default",
		Class: "Standard",
	}
}

// emptied is what becomes of a copy whose metadata is replaced by nothing.
func emptied(a *attributes) {
	a.ContentType, a.CacheControl, a.ContentDisposition, a.ContentEncoding, a.ContentLanguage, a.Expires, a.Meta =
		"application/octet-stream", "", "", "", "", "", nil
}

const keyID = "9468da86-3509-4f8d-a61e-6eab1eac0000"

const kmsWithSM4 = "server-side-encryption: KMS, server-side-encryption-key-id: " + keyID +
	", server-side-data-encryption: SM4"

type sameSizeCase struct {
	fields string
	change func(*attributes)
}

// sameSize has an entry or more for every field of copy: the field as a rules
// file has it, and what it changes in the destination.
var sameSize = []sameSizeCase{
	{"bucket: target-bucket", func(*attributes) {}},
	{"region: cn-hangzhou", func(*attributes) {}},
	{"role: acs:ram::9999888877776666:role/writer, external-id: partner-7", func(*attributes) {}},
	{"key: dir/a b+c%d 中文.bin", func(*attributes) {}},
	{"storage-class: IA", func(a *attributes) { a.Class = "IA" }},
	{"storage-class: Archive", func(a *attributes) { a.Class = "Archive" }},
	{"storage-class: ColdArchive", func(a *attributes) { a.Class = "ColdArchive" }},
	{"storage-class: DeepColdArchive", func(a *attributes) { a.Class = "DeepColdArchive" }},
	{"object-acl: private", func(a *attributes) { a.ACL = "private" }},
	{"object-acl: public-read-write", func(a *attributes) { a.ACL = "public-read-write" }},
	{"object-acl: source", func(a *attributes) { a.ACL = "public-read" }},
	{"tagging: {only: this}", func(a *attributes) { a.Tags = map[string]string{"only": "this"} }},
	{"tagging: {'AZaz09 +-=._:/': 'AZaz09 +-=._:/', empty: ''}", func(a *attributes) {
		a.Tags = map[string]string{"AZaz09 +-=._:/": "AZaz09 +-=._:/", "empty": ""}
	}},
	{"tagging: {}", func(a *attributes) { a.Tags = nil }},
	{"tagging-directive: COPY", func(*attributes) {}},
	{"tagging-directive: MERGE, tagging: {every: changed, new: '${meta.n}', empty: null}", func(a *attributes) {
		a.Tags = map[string]string{"every": "changed", "a b+c-d=e.f_g:h/i": "key", "new": "1"}
	}},
	{"metadata-directive: COPY", func(*attributes) {}},
	{"metadata-directive: REPLACE", emptied},
	{"metadata-directive: MERGE, cache-control: max-age=1", func(a *attributes) { a.CacheControl = "max-age=1" }},
	{"metadata-directive: MERGE, content-type: image/png", func(a *attributes) { a.ContentType = "image/png" }},
	{"metadata-directive: MERGE, content-disposition: attachment", func(a *attributes) {
		a.ContentDisposition = "attachment"
	}},
	{"metadata-directive: MERGE, content-encoding: gzip", func(a *attributes) { a.ContentEncoding = "gzip" }},
	{"metadata-directive: MERGE, content-language: de", func(a *attributes) { a.ContentLanguage = "de" }},
	{"metadata-directive: MERGE, expires: 2030-01-02T03:04:05Z", func(a *attributes) {
		a.Expires = "Wed, 02 Jan 2030 03:04:05 GMT"
	}},
	{"metadata-directive: MERGE, meta: {Author: 张三, Added: 'x y', n: null}", func(a *attributes) {
		a.Meta = map[string]string{"author": "张三", "upper-lower": "Mixed Case", "added": "x y"}
	}},
	{"metadata-directive: REPLACE, meta: {Only: 只有, UPPER: CASE}, content-type: text/plain", func(a *attributes) {
		emptied(a)
		a.ContentType, a.Meta = "text/plain", map[string]string{"only": "只有", "upper": "CASE"}
	}},
	{"server-side-encryption: AES256", func(a *attributes) { a.SSE = "AES256" }},
	{"server-side-encryption: SM4", func(a *attributes) { a.SSE = "SM4" }},
	{"server-side-encryption: KMS, server-side-encryption-key-id: " + keyID, func(a *attributes) {
		a.SSE, a.SSEKeyID = "KMS", keyID
	}},
	{kmsWithSM4, func(a *attributes) { a.SSE, a.SSEKeyID, a.SSEData = "KMS", keyID, "SM4" }},
	{"forbid-overwrite: true", func(*attributes) {}},
	{"traffic-limit: 819200", func(*attributes) {}},
	{"request-payer: requester", func(*attributes) {}},
	{"copy-source-if-match: " + etagOfKibibyte, func(*attributes) {}},
	{"copy-source-if-none-match: 0123", func(*attributes) {}},
	{"copy-source-if-modified-since: 1999-01-01T00:00:00Z", func(*attributes) {}},
	{"copy-source-if-unmodified-since: 2030-01-01T00:00:00Z", func(*attributes) {}},
	{"follow-symlinks: true", func(*attributes) {}},  // says nothing of an object
	{"restore: {days: 2}", func(*attributes) {}},     // says nothing of an object that can be read
	{"rewrite-in-place: true", func(*attributes) {}}, // says nothing of a copy to elsewhere
	{"delete-source: true, without-versioning: true", func(*attributes) {}},
}

// etagOfKibibyte is the MD5 of the source's content.
const etagOfKibibyte = "7DD7E68F1907B4665684355797725B8E"

func TestEveryCopyFieldGivesTheSameDestinationByEachMethod(t *testing.T) {
	for _, c := range sameSize {
		want := carried()
		c.change(&want)
		t.Run(c.fields, func(t *testing.T) {
			byEachMethod(t, setup{}, func(t *testing.T, w *world) {
				if _, err := w.client.PutObject(w.ctx, theSource()); err != nil {
					t.Fatal(err)
				}
				out := w.copyByRule(c.fields)
				w.wantOutcome(out, copier.Copied)
				if out.Method != w.method && !strings.Contains(c.fields, "role:") { // which is streamed
					t.Errorf("copied by %s", out.Method)
				}
				w.wantAttributes(want)
			})
		})
	}
}

// wantAttributes checks the destination's attributes, and that it has the source's content.
func (w *world) wantAttributes(want attributes) {
	w.t.Helper()
	got, content := w.attributes(to)
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("the destination differs (-want +got):\n%s", diff)
	}
	if content != kibibyte {
		w.t.Errorf("the content differs: %q", content)
	}
}

// copyByRule copies the newest object by a rules file of one copy with these
// fields, and the bucket if they do not name it.
func (w *world) copyByRule(fields string) copier.Outcome {
	w.t.Helper()
	if !strings.Contains(fields, "bucket:") {
		fields += ", bucket: " + to
	}
	text := fmt.Sprintf("version: 1\nsources: [%s]\n"+
		"rules:\n  - name: r\n    match: {}\n    copy:\n      - {%s}\n", from, fields)
	set, err := rules.Load("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		w.t.Fatal(err)
	}
	src := w.copier.Source(w.ctx, w.newest())
	p, err := set.Plan(src.Object, src)
	if err != nil || len(p.Copies) != 1 {
		w.t.Fatalf("plan %+v, %v", p.Copies, err)
	}
	return w.copier.Copy(w.ctx, src, w.inRegion(&p.Copies[0]))
}

// attributes is the object of the key as it is, and its content.
func (w *world) attributes(bucket string) (attributes, string) {
	w.t.Helper()
	o, ok := w.Object(bucket, key)
	if !ok {
		w.t.Fatalf("there is no object in %s", bucket)
	}
	a := attributes{
		ContentType: o.ContentType, CacheControl: o.CacheControl, ContentDisposition: o.ContentDisposition,
		ContentEncoding: o.ContentEncoding, ContentLanguage: o.ContentLanguage, Expires: o.Expires,
		Meta: o.Meta, ACL: o.ACL, Class: o.StorageClass,
		SSE: o.ServerSideEncryption, SSEKeyID: o.ServerSideEncryptionKeyID, SSEData: o.ServerSideDataEncryption,
	}
	for _, tag := range o.Tags {
		if a.Tags == nil {
			a.Tags = map[string]string{}
		}
		a.Tags[tag.Key] = tag.Value
	}
	var content bytes.Buffer
	if _, err := content.ReadFrom(o.Reader()); err != nil {
		w.t.Fatal(err)
	}
	return a, content.String()
}

func TestSameSizeTableHasEveryFieldOfCopy(t *testing.T) {
	var schema struct {
		Definitions struct {
			Copy struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(rules.Schema(), &schema); err != nil || len(schema.Definitions.Copy.Properties) < 20 {
		t.Fatalf("the schema has no fields of copy: %v", err)
	}
	for field := range schema.Definitions.Copy.Properties {
		named := func(c sameSizeCase) bool { return strings.Contains(", "+c.fields, ", "+field+":") }
		if !slices.ContainsFunc(sameSize, named) {
			t.Errorf("no case has %s", field)
		}
	}
}

func TestReplacedMetadataIsTheSameWhateverTheSize(t *testing.T) {
	replace := func(c *rules.Copy) {
		c.MetadataDirective, c.Meta = rules.DirectiveReplace, []rules.Pair{{Key: "a", Value: "new"}}
	}
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1, localoss.WithHeader("Content-Type", "image/png"),
			localoss.WithHeader("x-oss-meta-b", "old"),
			localoss.WithHeader("x-oss-meta-client-side-encryption-key", "k"),
			localoss.WithHeader("Cache-Control", "no-cache"))
		w.wantOutcome(w.copy(w.ctx, event, plan(replace)), copier.Copied)
		o, _ := w.Object(to, key)
		if o.ContentType != "application/octet-stream" || o.CacheControl != "" || len(o.Meta) > 2 ||
			o.Meta["a"] != "new" {
			t.Errorf("the copy has %+v", o)
		}
		if w.method == copier.MethodUploadPartCopy && o.Meta["client-side-encryption-key"] != "k" {
			t.Error("what its client decrypts it with is lost")
		}
	})
}
