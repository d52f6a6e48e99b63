package page

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localoss"
	"afterput/rules"
)

// postUpload puts the body of the request as an object; the query describes it.
func (p *Page) postUpload(r *http.Request) (any, error) {
	q := r.URL.Query()
	d := described{Bucket: q.Get("bucket"), Key: q.Get("key"), ContentType: q.Get("content_type"),
		Class: q.Get("class"), Tags: q["tag"], Meta: q["meta"]}
	if err := d.check(); err != nil {
		return nil, err
	}
	headers, err := d.headers()
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for name := range headers {
		all[name] = headers.Get(name)
	}
	_, err = p.client.PutObject(r.Context(), &oss.PutObjectRequest{Bucket: &d.Bucket, Key: &d.Key, Body: r.Body,
		ContentLength: &r.ContentLength, RequestCommon: oss.RequestCommon{Headers: all}})
	return p.raised(&d), err
}

// postDescribe makes an object that takes no room and has the size that was asked for.
func (p *Page) postDescribe(r *http.Request) (any, error) {
	d, err := read[described](r)
	if err != nil {
		return nil, err
	}
	err = p.describe(&d)
	return p.raised(&d), err
}

// raised is the answer to an upload: the id of the row of its event, 0 if it has none. OSS has raised it by now.
func (p *Page) raised(d *described) map[string]int {
	p.hub.mu.Lock()
	defer p.hub.mu.Unlock()
	name := objectName{d.Bucket, d.Key}
	if row := p.hub.byName[name]; row != nil && nameOf(&row.object) == name {
		return map[string]int{"id": row.id}
	}
	return map[string]int{"id": 0}
}

func (p *Page) describe(d *described) error {
	size, err := d.size()
	if err != nil {
		return err
	}
	if err := d.check(); err != nil {
		return err
	}
	headers, err := d.headers()
	if err != nil {
		return err
	}
	options := []localoss.ObjectOption{localoss.WithSeed(rand.Uint64N(1 << 20))}
	for name := range headers {
		options = append(options, localoss.WithHeader(name, headers.Get(name)))
	}
	if err := p.cloud.OSS.PutSparse(d.Bucket, d.Key, size, options...); err != nil {
		return bad("%v", err)
	}
	return nil
}

// check says what OSS would refuse.
func (d *described) check() error {
	if d.Bucket == "" || d.Key == "" {
		return bad("the bucket or the key is missing")
	}
	if err := rules.CheckKey(d.Key); err != nil {
		return bad("the key: %v", err)
	}
	return nil
}

// plays are uploads for the rules in examples/rules.yaml; no rule takes the last one.
var plays = []described{
	{Bucket: "erp-inbox", Key: "invoices/2026/A-1001.pdf", Size: "240KiB", ContentType: "application/pdf"},
	{Bucket: "camera-uploads", Key: "in/d750/20261120_0001.jpg", Size: "8MiB", ContentType: "image/jpeg",
		Tags: []string{"project=alps"}, Meta: []string{"photographer=Li Wei"}},
	{Bucket: "staging-site", Key: "public/报告 2026+Q4.html", Size: "12KiB", ContentType: "text/html"},
	{Bucket: "app-logs", Key: "logs/app/2026-11-20.log", Size: "300KiB", ContentType: "text/plain"},
	{Bucket: "app-logs", Key: "logs/huge/trace.bin", Size: "2TiB"},
	{Bucket: "erp-inbox", Key: "notes/to-do.txt", Size: "9B", ContentType: "text/plain"},
}

// CanPlay reports whether the rules have the sources of what [Page.Play] uploads.
func CanPlay(set *rules.Set) bool {
	for _, d := range plays {
		if !slices.Contains(set.Sources(), d.Bucket) {
			return false
		}
	}
	return true
}

// Play uploads six objects for the rules in examples/rules.yaml, one after the other, in the background.
func (p *Page) Play(pause time.Duration) {
	p.players.Go(func() {
		for i := range plays {
			select {
			case <-time.After(pause):
			case <-p.ended.Done():
				return
			}
			_ = p.describe(&plays[i]) // it is there to be seen; the sources exist
		}
	})
}
