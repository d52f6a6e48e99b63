package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"afterput/internal/copier"
	"afterput/internal/localcloud"
	"afterput/internal/localoss"
	"afterput/rules"
)

// everyField returns a rules file that uses every field of the language.
func everyField(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "rules", "every-field.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryFieldRulesFileUsesEveryFieldOfTheSchema(t *testing.T) {
	var schema struct {
		Properties  map[string]any
		Definitions map[string]struct{ Properties map[string]any }
	}
	if err := json.Unmarshal(rules.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	var file yaml.Node
	if err := yaml.Unmarshal([]byte(everyField(t)), &file); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{} // "block field"
	collectFields(file.Content[0], "", used)
	fields := 0
	want := func(block string, properties map[string]any) {
		for field := range properties {
			if fields++; !used[strings.TrimSpace(block+" "+field)] {
				t.Errorf("every-field.yaml does not use %s %s", block, field)
			}
		}
	}
	want("", schema.Properties)
	for block, definition := range schema.Definitions {
		want(block, definition.Properties)
	}
	if fields < 50 {
		t.Errorf("the schema has only %d fields", fields)
	}
}

// collectFields adds the fields of a block and of the blocks inside it to used. Blocks have the names of the schema.
func collectFields(block *yaml.Node, name string, used map[string]bool) {
	inner := map[string]string{
		"defaults": "defaults", "copy": "copy", "match": "match", "except": "match", "size": "size", "rules": "rule",
		"restore": "restore",
	}
	for i := 0; i+1 < len(block.Content); i += 2 {
		field, value := block.Content[i].Value, block.Content[i+1]
		used[strings.TrimSpace(name+" "+field)] = true
		if inner[field] == "" || name == "copy" && field != "restore" {
			continue
		}
		if value.Kind == yaml.MappingNode {
			collectFields(value, inner[field], used)
		}
		if value.Kind == yaml.SequenceNode {
			for _, item := range value.Content {
				collectFields(item, inner[field], used)
			}
		}
	}
}

// everyFieldObject is the only key that rule every-condition matches.
const everyFieldObject = "in/2026/alps.jpg"

func putEveryField(w *world, key string) {
	w.put(key, "every field\n", withEveryField)
}

// withEveryField sets all attributes of an upload that the rules test or copy.
func withEveryField(r *oss.PutObjectRequest) {
	r.ContentType, r.CacheControl = oss.Ptr("image/jpeg"), oss.Ptr("no-store")
	r.Headers = map[string]string{"Content-Language": "en-GB"}
	r.Metadata = map[string]string{"kind": "photo", "Author": "Li Wei 李伟"}
	r.Tagging = oss.Ptr("review=approved&project=a%20b%2Bc")
	r.Acl, r.StorageClass = oss.ObjectACLPublicRead, oss.StorageClassIA
}

// attributes are what OSS stores for an object besides its content and times.
type attributes struct {
	ContentType, CacheControl, ContentDisposition, ContentEncoding, ContentLanguage, Expires string

	Meta, Tags             map[string]string
	ACL, Class             string
	SSE, SSEKeyID, SSEData string
}

// attributes returns those of a destination, and checks that its content is that of everyFieldObject.
func (w *world) attributes(bucket, key string) attributes {
	w.t.Helper()
	o, ok := w.OSS.Object(bucket, key)
	if !ok {
		w.t.Fatalf("oss://%s/%s does not exist; reported copies: %+v", bucket, key, w.copies())
	}
	src, _ := w.OSS.Object(sourceBucket, everyFieldObject)
	if src == nil || o.CRC64 != src.CRC64 {
		w.t.Errorf("oss://%s/%s differs in content from its source", bucket, key)
	}
	return attributesOf(o)
}

func attributesOf(o *localoss.Object) attributes {
	s := attributes{
		ContentType: o.ContentType, CacheControl: o.CacheControl, ContentDisposition: o.ContentDisposition,
		ContentEncoding: o.ContentEncoding, ContentLanguage: o.ContentLanguage, Expires: o.Expires,
		Meta: o.Meta, Tags: map[string]string{},
		ACL: o.ACL, Class: o.StorageClass,
		SSE: o.ServerSideEncryption, SSEKeyID: o.ServerSideEncryptionKeyID, SSEData: o.ServerSideDataEncryption,
	}
	for _, tag := range o.Tags {
		s.Tags[tag.Key] = tag.Value
	}
	return s
}

func TestRulesFileWithEveryFieldMakesItsCopies(t *testing.T) {
	for method, change := range map[string]func(*localcloud.Config){
		copier.MethodCopyObject:     withEnv(),
		copier.MethodUploadPartCopy: withEnv("AFTERPUT_SINGLE_COPY_LIMIT=1"),
	} {
		t.Run(method, func(t *testing.T) {
			buckets := func(c *localcloud.Config) {
				c.Destinations = []string{"every-merged", "every-plain", "every-twin", "every-rest"}
				c.OSS.AccessKeys = map[string]localoss.AccessKey{
					"local": {Secret: "local", Principal: "200011112222333344"},
				}
			}
			w := start(t, strings.ReplaceAll(everyField(t), "every-source", sourceBucket), change, buckets)
			putEveryField(w, everyFieldObject)
			putEveryField(w, "in/2026/alps.tmp.jpg") // excluded by except, and matched by a later rule
			putEveryField(w, "in/2026/alps.Never.JPG")
			putEveryField(w, "ignored/alps.jpg")
			w.waitForEvents()
			w.wantOutcomes(copier.Copied, copier.Copied, copier.Copied, copier.Copied)
			for _, c := range w.copies() {
				if c.Method != method {
					t.Errorf("%s was copied by %s", c.Destination, c.Method)
				}
			}
			merged := attributes{
				ContentType: "image/x-merged", CacheControl: "max-age=60", ContentDisposition: "attachment",
				ContentEncoding: "identity", ContentLanguage: "de-CH", Expires: "Wed, 02 Jan 2030 03:04:05 GMT",
				Meta: map[string]string{"origin": sourceBucket, "author": "Li Wei 李伟"},
				Tags: map[string]string{"by": "every-condition", "project": "a b+c"},
				ACL:  "public-read", Class: "IA",
				SSE: "KMS", SSEKeyID: "9468da86-3509-4f8d-a61e-6eab1eac0000", SSEData: "SM4",
			}
			plain := attributes{
				ContentType: "image/jpeg", CacheControl: "no-store", ContentLanguage: "en-GB",
				Meta: map[string]string{"kind": "photo", "author": "Li Wei 李伟"},
				Tags: map[string]string{"review": "approved", "project": "a b+c"},
				ACL:  "private", Class: "Standard", SSE: "AES256",
			}
			asBucket := plain
			asBucket.SSE = ""
			for place, want := range map[[2]string]attributes{
				{"every-merged", "out/2026/alps.jpg"}:  merged,
				{"every-plain", everyFieldObject}:      plain,
				{"every-twin", everyFieldObject}:       plain,
				{"every-rest", "in/2026/alps.tmp.jpg"}: asBucket,
			} {
				if diff := cmp.Diff(want, w.attributes(place[0], place[1])); diff != "" {
					t.Errorf("oss://%s/%s (-want +got):\n%s", place[0], place[1], diff)
				}
			}
			for _, bucket := range []string{"every-merged", "every-plain", "every-twin", "every-rest"} {
				if got := w.OSS.Objects(bucket); len(got) != 1 {
					t.Errorf("%s holds %d objects, want 1", bucket, len(got))
				}
			}
		})
	}
}
