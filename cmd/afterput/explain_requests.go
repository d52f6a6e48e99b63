package main

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/rules"
)

// sentRequest is one request to OSS, or a run of requests that differ in the part of the object only.
type sentRequest struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"` // /bucket/key?query
	Headers map[string]string `json:"headers,omitempty"`
	Times   int               `json:"times"`
}

// assumedRegion is the region of the requests.
const assumedRegion = "cn-hangzhou"

// requestsFor returns the requests that would be sent for an object. They are not calculated but recorded: the engine
// itself copies an object like it inside a local OSS. What the command line does not say of the object is assumed to be
// plain: no tags, no metadata, class Standard, ACL default in a private bucket.
func (cmd *explainCmd) requestsFor(
	ctx context.Context, set *rules.Set, options copier.Options, o events.Object,
) ([]sentRequest, error) {
	clock := &uploadClock{}
	if o.Region == rules.RegionNotKnown {
		o.Region = assumedRegion
	}
	region := cmp.Or(o.Region, assumedRegion)
	server, err := localoss.New(localoss.Config{Now: clock.now, Region: region, RestoreTime: atOnce})
	if err != nil {
		return nil, err
	}
	defer server.Close()
	given := cmp.Or(o.ETag.Value, cmd.ETag)
	if err := cmd.createSources(server, set, o); err != nil {
		return nil, err
	}
	uploaded, err := cmd.upload(ctx, server, clock, &o)
	if err != nil {
		return nil, err
	}
	recorder := &recorder{
		next: server.Transport(), uploaded: uploaded, etag: cmp.Or(given, "${etag}"), pin: cmd.ETag,
		sent: []sentRequest{}, parts: map[string]bool{},
	}
	switch {
	case o.Restored:
		recorder.pin = "(the ETag from HeadObject)"
	case isLink(&o):
		recorder.pin = "(the ETag of the link's target)"
	case cmd.ETag == "":
		recorder.pin = "(the event's ETag)"
	}
	options.Region = region
	options.Remote = func(to rules.Remote) *oss.Client {
		return osscall.NewClient(to.Region, "http://127.0.0.1", recorder)
	}
	engine := copier.New(osscall.NewClient(region, "http://127.0.0.1", recorder), options)
	ctx = osscall.WithCredentials(ctx, localKeys)
	for _, bucket := range stateBucket(options.State) {
		if err := server.CreateBucket(bucket); err != nil {
			return nil, err
		}
	}
	src := engine.Source(ctx, o)
	src.Retried, src.Repeated = o.MayBeCopied, o.MayBeCopied
	src.RequestPayer = set.RequestPayer(o.Bucket)
	if o.Restored {
		if wanted, err := asUploaded(set, src); err != nil || !wanted {
			return recorder.sent, err
		}
	}
	plan, err := set.Plan(src.Object, src)
	if err != nil {
		return nil, err
	}
	allMade, err := (&rehearsal{cmd, server, engine, recorder, clock}).copyAll(ctx, src, plan.Copies, region)
	if err == nil && allMade {
		err = move(ctx, engine, set, src)
	}
	return recorder.sent, err
}

// createSources creates the source buckets.
func (cmd *explainCmd) createSources(server *localoss.Server, set *rules.Set, o events.Object) error {
	for _, bucket := range set.Sources() {
		if err := server.CreateBucket(bucket, cmd.sourceOptions(set, o)...); err != nil {
			return err
		}
	}
	return nil
}

// inOrder lists copies as the function makes them: a change of the object in place after all others, and only if they
// have succeeded.
func inOrder(copies []rules.Copy, o events.Object) (all []*rules.Copy) {
	for _, inPlace := range []bool{false, true} {
		for i := range copies {
			if c := &copies[i]; isInPlace(c, o) == inPlace {
				all = append(all, c)
			}
		}
	}
	return all
}

func isInPlace(c *rules.Copy, o events.Object) bool { return c.Bucket == o.Bucket && c.Key == o.Key }

// assumed is what requestsFor assumes of the object where the command line says nothing and it may matter: because a
// rule depends on it, or a placeholder takes its default.
func (cmd *explainCmd) assumed(o events.Object, e *explanation) []string {
	assumed := cmd.assumedOfEvent(o, e)
	depends := slices.ContainsFunc(e.Rules, func(v rules.Verdict) bool {
		return v.Answer == rules.Depends && !strings.HasPrefix(v.Reason, onTheEvent)
	})
	if depends && !o.ContentType.Known && cmd.ContentType == "" {
		assumed = append(assumed, "of no special type (--content-type)")
	}
	if depends && cmd.StorageClass == "" {
		assumed = append(assumed, "of class "+cmp.Or(cmd.classOf(o), "Standard")+" (--storage-class)")
	}
	if cmd.Principal == "" && e.dependsOn("principal") {
		assumed = append(assumed, "put by a principal that no rule names (--principal)")
	}
	if cmd.SourceIP == "" && e.dependsOn("source-ip") {
		assumed = append(assumed, "put from an address that no rule names (--source-ip)")
	}
	if o.Region == rules.RegionNotKnown && e.uses("${region") {
		assumed = append(assumed, "in "+assumedRegion+" (--region)")
	}
	if cmd.Meta == nil && (depends || e.uses("${meta.")) {
		assumed = append(assumed, "without metadata (--meta)")
	}
	if cmd.Tag == nil && (depends || e.uses("${tag.")) {
		assumed = append(assumed, "without tags (--tag)")
	}
	if e.uses("(known after GetObjectAcl)") {
		assumed = append(assumed, "with ACL default in a private bucket")
	}
	return assumed
}

// assumedOfEvent is the part of assumed that the event of an upload says.
func (cmd *explainCmd) assumedOfEvent(o events.Object, e *explanation) (assumed []string) {
	if !o.Size.Known && cmd.Size == "" {
		assumed = append(assumed, "of 0 bytes (--size)")
	}
	if o.Restored && cmd.Time.IsZero() && e.uses("${time.") {
		assumed = append(assumed, "put at the time of the event (--time)")
	}
	if o.Restored && e.uses("${event}") {
		assumed = append(assumed, "uploaded in parts")
	}
	return assumed
}

// onTheEvent begins the reason of a verdict that depends on what the event would say.
const onTheEvent = "on the event: "

// dependsOn reports whether it is not known whether a rule takes the object, because of a condition on its event.
func (e *explanation) dependsOn(field string) bool {
	return slices.ContainsFunc(e.Rules, func(v rules.Verdict) bool {
		return v.Answer == rules.Depends && strings.HasPrefix(v.Reason, onTheEvent+field+" ")
	})
}

// uses reports whether a value of a copy contains a text, such as the beginning of a placeholder that is not filled in.
func (e *explanation) uses(text string) bool {
	return slices.ContainsFunc(e.Copies, func(c explainedCopy) bool {
		return slices.ContainsFunc(c.Values, func(v rules.Value) bool { return strings.Contains(v.Text, text) })
	})
}

// localKeys are the credentials of the local OSS.
var localKeys = osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}

// uploadClock is the clock of a local OSS: the time of the upload while that is made, then the machine's.
type uploadClock struct{ at time.Time }

func (c *uploadClock) now() time.Time {
	if c.at.IsZero() {
		return time.Now()
	}
	return c.at
}

// recorder records every request that it sends on.
type recorder struct {
	next     http.RoundTripper
	uploaded string // the ETag or version id of the object in the local OSS
	etag     string // what is shown in its place
	pin      string // what is shown for it in a header that names the version to copy
	mu       sync.Mutex
	sent     []sentRequest
	parts    map[string]bool // path and number of the parts seen: one may be sent twice
}

// omitted are headers that are the same on every request or say nothing of what it does.
var omitted = []string{
	"Accept-Encoding", "Authorization", "Date", "User-Agent", "Content-Md5", "X-Oss-Date", "X-Oss-Content-Sha256",
	"X-Oss-Security-Token",
}

// pins are the headers that name the version to copy.
var pins = []string{"X-Oss-Copy-Source-If-Match", "If-Match"}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	query := req.URL.Query()
	part := cmp.Or(query.Get("partNumber"), req.Header.Get("Range"))
	path := strings.ReplaceAll(pathOf(req.URL, query, r.uploaded), r.uploaded, r.etag)
	sent := sentRequest{Method: req.Method, Path: path, Headers: map[string]string{}, Times: 1}
	for name, values := range req.Header {
		if slices.Contains(omitted, name) || part != "" && slices.Contains(partHeaders, name) {
			continue
		}
		value := strings.Join(values, ", ")
		shown := strings.ReplaceAll(value, r.uploaded, r.etag)
		if value == r.uploaded && slices.Contains(pins, name) {
			shown = r.pin
		}
		sent.Headers[strings.ToLower(name)] = shown
	}
	r.record(sent, part)
	return r.next.RoundTrip(req)
}

// partHeaders are the headers in which the requests for the parts of an object differ.
var partHeaders = []string{"X-Oss-Copy-Source-Range", "Range", "Content-Length"}

// record adds a request to the list; the parts of one object, which are under way side by side with other requests, are
// one entry.
func (r *recorder) record(sent sentRequest, part string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if part != "" {
		one := sent.Path + " " + part
		if r.parts[one] {
			return
		}
		r.parts[one] = true
		same := func(s sentRequest) bool { return s.Path == sent.Path && s.Method == sent.Method }
		if i := slices.IndexFunc(r.sent, same); i >= 0 {
			r.sent[i].Times++
			return
		}
	}
	r.sent = append(r.sent, sent)
}

// pathOf is the path and query in their most readable form: unescaped, without the values that only OSS knows
// beforehand. Of the ids of versions only the known one is no such value.
func pathOf(u *url.URL, query url.Values, known string) string {
	var names []string
	for name, values := range query {
		switch {
		case name == "encoding-type":
		case name == "uploadId":
			names = append(names, "uploadId=…")
		case name == "versionId" && values[0] != known:
			names = append(names, "versionId=…")
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
