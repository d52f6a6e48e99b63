package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/rules"
)

// sentRequest is one request to OSS, or a run of UploadPartCopy requests that
// differ in their part only.
type sentRequest struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"` // /bucket/key?query
	Headers map[string]string `json:"headers,omitempty"`
	Times   int               `json:"times"`
}

// requestsFor gives the requests that would be sent for an object. They are not
// worked out but recorded: the engine itself copies an object like it inside a
// local OSS. What the command line does not tell of the object is as of a plain
// one: no tags, no metadata, class Standard.
func (cmd *explainCmd) requestsFor(
	ctx context.Context, set *rules.Set, options copier.Options, o events.Object,
) ([]sentRequest, error) {
	server, err := localoss.New(localoss.Config{})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	if err := cmd.stage(server, set, &o); err != nil {
		return nil, err
	}
	recorder := &recorder{next: server.Transport(), etag: o.ETag.Value, parts: map[string]bool{}}
	engine := copier.New(copier.NewClient("cn-hangzhou", "http://127.0.0.1", recorder), options)
	ctx = copier.WithCredentials(ctx, copier.Credentials{AccessKeyID: "local", AccessKeySecret: "local"})
	for _, bucket := range stateBucket(options.State) {
		if err := server.CreateBucket(bucket); err != nil {
			return nil, err
		}
	}
	src := engine.Source(ctx, o)
	plan, err := set.Plan(o, src)
	if err != nil {
		return nil, err
	}
	for i := range plan.Copies {
		c := &plan.Copies[i]
		if c.Err == nil {
			if err := server.CreateBucket(c.Bucket); err != nil {
				return nil, err
			}
			engine.Copy(ctx, src, c)
		}
	}
	return recorder.sent, nil
}

// assumed is what requestsFor takes the object to be where nothing was said and
// it may matter.
func (cmd *explainCmd) assumed(o events.Object, verdicts []rules.Verdict) []string {
	var assumed []string
	if !o.Size.Known {
		assumed = append(assumed, "of 0 bytes (--size)")
	}
	depends := slices.ContainsFunc(verdicts, func(v rules.Verdict) bool { return v.Answer == rules.Depends })
	if depends && !o.ContentType.Known {
		assumed = append(assumed, "of no special type (--content-type)")
	}
	if depends && cmd.StorageClass == "" {
		assumed = append(assumed, "of class Standard (--storage-class)")
	}
	if depends && cmd.Meta == nil {
		assumed = append(assumed, "without metadata (--meta)")
	}
	if depends && cmd.Tag == nil {
		assumed = append(assumed, "without tags (--tag)")
	}
	return assumed
}

// stage puts an object like o into the server, and gives o what the event of
// that upload would say.
func (cmd *explainCmd) stage(server *localoss.Server, set *rules.Set, o *events.Object) error {
	for _, bucket := range set.Sources() {
		if err := server.CreateBucket(bucket); err != nil {
			return err
		}
	}
	var options []localoss.ObjectOption
	header := func(name, value string) {
		if value != "" {
			options = append(options, localoss.WithHeader(name, value))
		}
	}
	header("Content-Type", o.ContentType.Value)
	header("x-oss-storage-class", cmd.StorageClass)
	for k, v := range cmd.Meta {
		header("x-oss-meta-"+k, v)
	}
	tags := url.Values{}
	for k, v := range cmd.Tag {
		tags.Set(k, v)
	}
	header("x-oss-tagging", tags.Encode())
	if err := server.PutSparse(o.Bucket, o.Key, o.Size.Value, options...); err != nil {
		return err
	}
	put, ok := server.Object(o.Bucket, o.Key)
	if !ok {
		return fmt.Errorf("stage oss://%s/%s: it is not there", o.Bucket, o.Key)
	}
	o.ETag = events.Some(put.ETag)
	if o.Time.IsZero() {
		o.Time = put.LastModified
	}
	if cmd.Event == "" { // events tell of both, but for some
		o.Size, o.ContentType = events.Some(put.Size), events.Some(put.ContentType)
	}
	return nil
}

// recorder notes every request on its way.
type recorder struct {
	next  http.RoundTripper
	etag  string // of the staged object, which stands for the event's
	mu    sync.Mutex
	sent  []sentRequest
	parts map[string]bool // path and number of the parts seen: one may be sent twice
}

// unspoken are headers that are the same on every request or say nothing of
// what it does.
var unspoken = []string{"Authorization", "Date", "User-Agent", "Content-Md5", "X-Oss-Date", "X-Oss-Content-Sha256", "X-Oss-Security-Token"}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	query := req.URL.Query()
	part := query.Has("partNumber")
	sent := sentRequest{Method: req.Method, Path: pathOf(req.URL, query), Headers: map[string]string{}, Times: 1}
	for name, values := range req.Header {
		if slices.Contains(unspoken, name) || part && name == "X-Oss-Copy-Source-Range" {
			continue
		}
		value := strings.Join(values, ", ")
		if value == r.etag {
			value = "(the event's ETag)"
		}
		sent.Headers[strings.ToLower(name)] = value
	}
	r.note(sent, query.Get("partNumber"))
	return r.next.RoundTrip(req)
}

// note adds a request to the list; the parts of one upload, which are under way
// side by side with other requests, are one entry.
func (r *recorder) note(sent sentRequest, number string) {
	part := number != ""
	r.mu.Lock()
	defer r.mu.Unlock()
	if part {
		one := sent.Path + " " + number
		if r.parts[one] {
			return
		}
		r.parts[one] = true
		if i := slices.IndexFunc(r.sent, func(s sentRequest) bool { return s.Path == sent.Path && s.Method == sent.Method }); i >= 0 {
			r.sent[i].Times++
			return
		}
	}
	r.sent = append(r.sent, sent)
}

// pathOf is the path and query as they are read best: unescaped, with the values
// that only OSS knows beforehand left out.
func pathOf(u *url.URL, query url.Values) string {
	var names []string
	for name, values := range query {
		switch {
		case name == "encoding-type":
		case name == "uploadId":
			names = append(names, "uploadId=…")
		case name == "partNumber":
			names = append(names, "partNumber=N")
		case values[0] == "":
			names = append(names, name)
		default:
			names = append(names, name+"="+values[0])
		}
	}
	slices.Sort(names)
	if names == nil {
		return u.Path
	}
	return u.Path + "?" + strings.Join(names, "&")
}
