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

func everyField(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "rules", "every-field.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestEveryFieldOfTheLanguageOccursInTheRulesFileCopiedBy(t *testing.T) {
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
	note(file.Content[0], "", used)
	fields := 0
	want := func(block string, properties map[string]any) {
		for field := range properties {
			if fields++; !used[strings.TrimSpace(block+" "+field)] {
				t.Errorf("%s %s does not occur", block, field)
			}
		}
	}
	want("", schema.Properties)
	for block, definition := range schema.Definitions {
		want(block, definition.Properties)
	}
	if fields < 50 {
		t.Errorf("the schema has %d fields only", fields)
	}
}

// note gathers which fields a block has, and those of the blocks in it, by the
// names that the schema gives them.
func note(block *yaml.Node, name string, used map[string]bool) {
	inner := map[string]string{"defaults": "defaults", "copy": "copy", "match": "match", "except": "match", "size": "size", "rules": "rule"}
	for i := 0; i+1 < len(block.Content); i += 2 {
		field, value := block.Content[i].Value, block.Content[i+1]
		used[strings.TrimSpace(name+" "+field)] = true
		if inner[field] == "" || name == "copy" {
			continue
		}
		if value.Kind == yaml.MappingNode {
			note(value, inner[field], used)
		}
		if value.Kind == yaml.SequenceNode {
			for _, item := range value.Content {
				note(item, inner[field], used)
			}
		}
	}
}

// everyFieldObject is the one object that rule every-condition takes.
const everyFieldObject = "in/2026/alps.jpg"

func putEveryField(w *world, key string) {
	w.put(key, "every field\n", withEveryField)
}

// withEveryField gives an upload all that the rules look at and carry over.
func withEveryField(r *oss.PutObjectRequest) {
	r.ContentType, r.CacheControl = oss.Ptr("image/jpeg"), oss.Ptr("no-store")
	r.Metadata = map[string]string{"kind": "photo", "Author": "Li Wei 李伟"}
	r.Tagging, r.Acl, r.StorageClass = oss.Ptr("review=approved&project=a%20b%2Bc"), oss.ObjectACLPublicRead, oss.StorageClassIA
}

// seen is what a destination is beside its content and its times.
type seen struct {
	ContentType, CacheControl, ContentDisposition, ContentEncoding, Expires string

	Meta, Tags             map[string]string
	ACL, Class             string
	SSE, SSEKeyID, SSEData string
}

func (w *world) seen(bucket, key string) seen {
	w.t.Helper()
	o, ok := w.OSS.Object(bucket, key)
	if !ok {
		w.t.Fatalf("there is no oss://%s/%s; reported: %+v", bucket, key, w.copies())
	}
	src, _ := w.OSS.Object(from, everyFieldObject)
	if src == nil || o.CRC64 != src.CRC64 {
		w.t.Errorf("oss://%s/%s has another content than its source", bucket, key)
	}
	return seenOf(o)
}

func seenOf(o *localoss.Object) seen {
	s := seen{
		ContentType: o.ContentType, CacheControl: o.CacheControl, ContentDisposition: o.ContentDisposition,
		ContentEncoding: o.ContentEncoding, Expires: o.Expires, Meta: o.Meta, Tags: map[string]string{},
		ACL: o.ACL, Class: o.StorageClass,
		SSE: o.ServerSideEncryption, SSEKeyID: o.ServerSideEncryptionKeyID, SSEData: o.ServerSideDataEncryption,
	}
	for _, tag := range o.Tags {
		s.Tags[tag.Key] = tag.Value
	}
	return s
}

func TestRulesFileWithEveryFieldMakesTheCopiesItSays(t *testing.T) {
	for method, change := range map[string]func(*localcloud.Config){
		copier.MethodCopyObject:     env(),
		copier.MethodUploadPartCopy: env("AFTERPUT_SINGLE_COPY_LIMIT=1"),
	} {
		t.Run(method, func(t *testing.T) {
			buckets := func(c *localcloud.Config) {
				c.Destinations = []string{"every-merged", "every-plain", "every-rest"}
				c.OSS.AccessKeys = map[string]localoss.AccessKey{"local": {Secret: "local", Principal: "200011112222333344"}}
			}
			w := start(t, strings.ReplaceAll(everyField(t), "every-source", from), change, buckets)
			putEveryField(w, everyFieldObject)
			putEveryField(w, "in/2026/alps.tmp.jpg") // excepted: the rule below takes it
			w.settle()
			w.wantOutcomes(copier.Copied, copier.Copied, copier.Copied)
			for _, c := range w.copies() {
				if c.Method != method {
					t.Errorf("%s was copied by %s", c.Destination, c.Method)
				}
			}
			merged := seen{
				ContentType: "image/x-merged", CacheControl: "max-age=60", ContentDisposition: "attachment",
				ContentEncoding: "identity", Expires: "Wed, 02 Jan 2030 03:04:05 GMT",
				Meta: map[string]string{"origin": from, "author": "Li Wei 李伟"},
				Tags: map[string]string{"by": "every-condition", "project": "a b+c"},
				ACL:  "public-read", Class: "IA",
				SSE: "KMS", SSEKeyID: "9468da86-3509-4f8d-a61e-6eab1eac0000", SSEData: "SM4",
			}
			plain := seen{
				ContentType: "image/jpeg", CacheControl: "no-store",
				Meta: map[string]string{"kind": "photo", "author": "Li Wei 李伟"},
				Tags: map[string]string{"review": "approved", "project": "a b+c"},
				ACL:  "private", Class: "Standard", SSE: "AES256",
			}
			for where, want := range map[[2]string]seen{
				{"every-merged", "out/2026/alps.jpg"}:  merged,
				{"every-plain", everyFieldObject}:      plain,
				{"every-rest", "in/2026/alps.tmp.jpg"}: plain,
			} {
				if diff := cmp.Diff(want, w.seen(where[0], where[1])); diff != "" {
					t.Errorf("oss://%s/%s differs (-want +got):\n%s", where[0], where[1], diff)
				}
			}
			for bucket, want := range map[string]int{"every-merged": 1, "every-plain": 1, "every-rest": 1} {
				if got := w.OSS.Objects(bucket); len(got) != want {
					t.Errorf("%s holds %d objects, want %d", bucket, len(got), want)
				}
			}
		})
	}
}
