package page

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/osscall"
	"afterput/rules"
)

// explain says for an object what every rule makes of it and why.
func explain(d *drawing, o events.Object, f rules.Facts) *explanation {
	e := &explanation{Ignored: o.Ignored, Rules: []verdict{}, Copies: []explainedCopy{}}
	if o.IsRemoval() {
		deletions, _ := d.set.Removal(o) // an error is that of a bucket that is not a source
		for _, del := range deletions {
			e.Copies = append(e.Copies, explainedCopy{Arrow: d.arrow(del.Rule, del.Line, o.Bucket, o.Key),
				Rule: del.Rule, Line: del.Line, Destination: osscall.URL(del.Bucket, del.Key), Deletes: true,
				Error: text(del.Err)})
		}
		return e
	}
	plan, err := d.set.Plan(o, f)
	if err != nil {
		e.Ignored = err.Error()
		return e
	}
	e.Rules = append(e.Rules, verdicts(&plan)...)
	for i := range plan.Copies {
		c := &plan.Copies[i]
		one := explainedCopy{Arrow: d.arrow(c.Rule, c.Line, o.Bucket, o.Key), Rule: c.Rule, Line: c.Line,
			Destination: osscall.URL(c.Bucket, c.Key), Values: c.Values(), Chain: c.Chain()}
		if !errors.Is(c.Err, rules.ErrNotKnown) {
			one.Error = text(c.Err)
		}
		e.Copies = append(e.Copies, one)
	}
	return e
}

// described is an object that a form describes.
type described struct {
	Bucket      string   `json:"bucket"`
	Key         string   `json:"key"`
	Size        string   `json:"size"` // as in a rules file
	ContentType string   `json:"content_type"`
	Class       string   `json:"class"`
	Tags        []string `json:"tags"` // KEY=VALUE
	Meta        []string `json:"meta"` // KEY=VALUE
}

// maxSize is the largest object that OSS has: 10,000 parts of 5 GiB.
const maxSize = 10_000 * 5 << 30

// size is the size in bytes; 0 if none is given.
func (d *described) size() (int64, error) {
	if d.Size == "" {
		return 0, nil
	}
	n, err := rules.ParseSize(strings.ReplaceAll(d.Size, " ", ""))
	switch {
	case err != nil:
		return 0, bad("the size: %v", err)
	case n > maxSize:
		return 0, bad("the size is %s; OSS takes at most 48.8TiB", d.Size)
	}
	return n, nil
}

// pairs reads KEY=VALUE.
func pairs(what string, lines []string) ([]rules.Pair, error) {
	var all []rules.Pair
	for _, line := range lines {
		key, value, ok := strings.Cut(line, "=")
		if !ok || key == "" {
			return nil, bad("%s: %q; want KEY=VALUE", what, line)
		}
		all = append(all, rules.Pair{Key: strings.TrimSpace(key), Value: strings.TrimSpace(value)})
	}
	sortPairs(all)
	return all, nil
}

// contentTypeOf is the content type of the object: where none is given, that which the SDKs and ossutil derive from the
// ending of the key.
func (d *described) contentTypeOf() string { return cmp.Or(d.ContentType, oss.TypeByExtension(d.Key)) }

// headers are those of an upload of the object.
func (d *described) headers() (http.Header, error) {
	h := http.Header{}
	tags, err := pairs("tags", d.Tags)
	if err != nil {
		return nil, err
	}
	meta, err := pairs("metadata", d.Meta)
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	for _, t := range tags {
		query.Set(t.Key, t.Value)
	}
	for name, value := range map[string]string{
		"Content-Type": d.contentTypeOf(), "X-Oss-Storage-Class": d.Class, "X-Oss-Tagging": query.Encode(),
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	for _, m := range meta {
		h.Set("X-Oss-Meta-"+m.Key, m.Value)
	}
	return h, nil
}

// facts are those of the object once it is uploaded.
func (d *described) facts(size int64) (*facts, error) {
	tags, err := pairs("tags", d.Tags)
	if err != nil {
		return nil, err
	}
	meta, err := pairs("metadata", d.Meta)
	for i := range meta {
		meta[i].Key = strings.ToLower(meta[i].Key)
	}
	class := d.Class
	if class == "" {
		class = "Standard"
	}
	return &facts{tags: tags, acl: "default", head: rules.Head{Size: size, StorageClass: class, ObjectType: "Normal",
		LastModified: time.Now().UTC(), TaggingCount: len(tags), Meta: meta,
		Headers: rules.ContentHeaders{ContentType: d.contentTypeOf()}}}, err
}

// postTry says what rules would make of an object that is not uploaded: those of the text, or without one those in
// force.
func (p *Page) postTry(r *http.Request) (any, error) {
	asked, err := read[struct {
		described
		Text *string `json:"text"`
	}](r)
	if err != nil {
		return nil, err
	}
	d := p.hub.current()
	if asked.Text != nil {
		set, err := p.rules.Load([]byte(*asked.Text))
		if err != nil {
			return nil, bad("the rules have problems: fix them first")
		}
		d = newDrawing(0, set)
	}
	size, err := asked.size()
	if err != nil {
		return nil, err
	}
	known, err := asked.facts(size)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(d.set.Sources(), asked.Bucket) {
		return nil, bad("%s is not a source of these rules", asked.Bucket)
	}
	if err := rules.CheckKey(asked.Key); err != nil {
		return nil, bad("the key: %v", err)
	}
	e := explain(d, events.Object{Event: "ObjectCreated:PutObject", Region: p.cloud.Region(), Bucket: asked.Bucket,
		Key: asked.Key, Size: events.Some(size), ContentType: events.Some(asked.contentTypeOf()),
		Time: time.Now().UTC(), ETag: events.Some("D41D8CD98F00B204E9800998ECF8427E"),
		Principal: "local", SourceIP: "127.0.0.1"}, known)
	e.translate(r)
	return e, nil
}
