package rules

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"afterput/events"

	"github.com/rogpeppe/go-internal/txtar"
)

// Every file of testdata/plans has rules.yaml, objects one "object" file
// each, and the plan expected for it. An object is a list of "field: value";
// tags, meta, class, acl, bucket-acl and head-error or tags-error are its facts.
func TestPlansOfGoldenFiles(t *testing.T) {
	golden(t, "../testdata/plans/*.txtar", func(t *testing.T, ar *txtar.Archive) *txtar.Archive {
		var set *Set
		got := &txtar.Archive{Comment: ar.Comment}
		for _, f := range ar.Files {
			switch kind, name, _ := strings.Cut(f.Name, " "); kind {
			case "rules.yaml":
				var err error
				if set, err = Load("rules.yaml", f.Data, testEnv); err != nil {
					t.Fatal(err)
				}
				got.Files = append(got.Files, f)
			case "object":
				o, facts := parseObject(t, f.Data)
				plan, err := set.Plan(o, facts)
				text := "error: " + fmt.Sprint(err) + "\n"
				if err == nil {
					text = planText(&plan) + "asked: " + strings.Join(facts.asked, " ") + "\n"
				}
				got.Files = append(got.Files, f,
					txtar.File{Name: strings.TrimSpace("plan " + name), Data: []byte(text)})
			}
		}
		return got
	})
}

// testFacts are the facts of a golden object; asked is every request made.
type testFacts struct {
	head                     Head
	tags                     []Pair
	acl, bucketACL           string
	headErr, tagsErr, aclErr error
	bucketACLErr             error
	asked                    []string
}

func (f *testFacts) Head() (Head, error) {
	f.asked = append(f.asked, headObject)
	return f.head, f.headErr
}

func (f *testFacts) Tags() ([]Pair, error) {
	f.asked = append(f.asked, getObjectTagging)
	return f.tags, f.tagsErr
}

func (f *testFacts) ACL() (string, error) {
	f.asked = append(f.asked, getObjectACL)
	return f.acl, f.aclErr
}

func (f *testFacts) BucketACL() (string, error) {
	f.asked = append(f.asked, getBucketACL)
	return f.bucketACL, f.bucketACLErr
}

func parseObject(t *testing.T, data []byte) (events.Object, *testFacts) {
	t.Helper()
	o := events.Object{Event: "ObjectCreated:PutObject", Region: "cn-hangzhou", Principal: "1234567890",
		SourceIP: "203.0.113.7",
		Time:     time.Date(2026, 11, 20, 8, 30, 0, 0, time.UTC), ETag: events.Some("5EB63BBBE01EEED093CB22BB8F5ACDC3")}
	f := &testFacts{acl: "default", bucketACL: "private", head: Head{StorageClass: "Standard", ETag: o.ETag.Value}}
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !ok {
			t.Fatalf("not a field: %q", line)
		}
		pairs := func() (all []Pair) {
			for _, p := range strings.Fields(value) {
				k, v, _ := strings.Cut(p, "=")
				all = append(all, Pair{k, v})
			}
			return all
		}
		failure := func() error {
			if value == "not known" {
				return ErrNotKnown
			}
			return fmt.Errorf("%s", value)
		}
		switch name {
		case "event":
			o.Event, o.Restored = value, value == events.FinishRestore
		case "bucket":
			o.Bucket = value
		case "key":
			o.Key = value
		case "size":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			o.Size, f.head.Size = events.Some(n), n
		case "content-type":
			o.ContentType, f.head.Headers.ContentType = events.Some(value), value
		case "head-content-type":
			f.head.Headers.ContentType = value
		case "cache-control":
			f.head.Headers.CacheControl = value
		case "etag":
			o.ETag = events.Opt[string]{Value: value, Known: value != "unknown"}
		case "time":
			o.Time, _ = time.Parse(time.RFC3339, value) // "none" is no time
		case "principal":
			o.Principal = value
		case "source-ip":
			o.SourceIP = value
		case "ignored":
			o.Ignored = value
		case "class":
			f.head.StorageClass = value
		case "meta":
			f.head.Meta = pairs()
		case "tags":
			f.tags = pairs()
		case "acl":
			f.acl = value
		case "bucket-acl":
			f.bucketACL = value
		case "head-error":
			f.headErr = failure()
		case "tags-error":
			f.tagsErr = failure()
		case "acl-error":
			f.aclErr = failure()
		case "bucket-acl-error":
			f.bucketACLErr = failure()
		default:
			t.Fatalf("unknown field %q", name)
		}
	}
	return o, f
}

// planText writes everything that a plan says.
func planText(p *Plan) string {
	var b strings.Builder
	for i, v := range p.Verdicts() {
		if i == 0 {
			b.WriteString("verdicts:\n")
		}
		fmt.Fprintf(&b, "  %d %s %s", v.Line, v.Rule, v.Answer)
		if v.Reason != "" {
			b.WriteString(": " + v.Reason)
		}
		for _, g := range v.Groups {
			fmt.Fprintf(&b, " re.%s=%s", g.Key, g.Value)
		}
		for _, s := range v.Shadowed {
			fmt.Fprintf(&b, "\n    shadowed: line %d to %s by %s (line %d)", s.Line, s.Destination, s.By, s.ByLine)
		}
		for _, line := range v.Needless {
			fmt.Fprintf(&b, "\n    needless: line %d", line)
		}
		b.WriteString("\n")
	}
	for i := range p.Copies {
		c := &p.Copies[i]
		fmt.Fprintf(&b, "copy %d: rule %s, line %d, to oss://%s/%s\n", i, c.Rule, c.Line, c.Bucket, c.Key)
		b.WriteString(plannedText(c))
	}
	return b.String()
}

// plannedText writes the values, the request and the chain of a copy.
func plannedText(c *Copy) string {
	if c.Err != nil {
		return fmt.Sprintf("  error: %v\n", c.Err)
	}
	var b strings.Builder
	if c.ETagInKey {
		b.WriteString("  etag in key\n")
	}
	for _, v := range c.Values() {
		value := fmt.Sprintf("%s (%s, line %d) %s", v.Text, v.From, v.Line, v.Note)
		fmt.Fprintf(&b, "  %-30s %s\n", v.Field, strings.Join(strings.Fields(value), " "))
	}
	request := *c
	request.Rule, request.Line, request.Err, request.Bucket, request.Key = "", 0, nil, "", ""
	fmt.Fprintf(&b, "  request %s\n", compact(request))
	for _, h := range c.Chain() {
		fmt.Fprintf(&b, "  %sthen %s, line %d, to oss://%s/%s sure=%t",
			strings.Repeat("  ", h.Depth-1), h.Rule, h.Line, h.Bucket, h.Key, h.Sure)
		if h.Unchanged {
			b.WriteString(" unchanged")
		}
		b.WriteString("\n")
	}
	return b.String()
}

// compact is a copy's request as JSON without what is not sent.
func compact(c Copy) string {
	data, _ := json.Marshal(c)
	var fields map[string]any
	_ = json.Unmarshal(data, &fields)
	var drop func(map[string]any)
	drop = func(m map[string]any) {
		for k, v := range m {
			if sub, ok := v.(map[string]any); ok {
				if drop(sub); len(sub) == 0 {
					delete(m, k)
				}
			} else if v == nil || v == "" || v == false || v == 0.0 || v == "0001-01-01T00:00:00Z" {
				delete(m, k)
			}
		}
	}
	drop(fields)
	data, _ = json.Marshal(fields)
	return string(data)
}
