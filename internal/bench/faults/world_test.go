package faults

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

const (
	from = "source-bucket"
	to   = "target-bucket"
	key  = "dir/object"

	small    = int64(1000)
	large    = int64(2 << 30) // in parts for either tool
	partSize = 64 << 20       // the Copier's default
	inFlight = 3              // the Copier's default
)

// local is the access key of both tools.
var local = osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}

// tool is what makes a copy.
type tool int

const (
	sdkCopier tool = iota
	engine
)

// world is a local OSS with one of the tools in front of it.
type world struct {
	*localoss.Server
	setup
	t         *testing.T
	ctx       context.Context
	tool      tool
	client    *oss.Client           // as a hand-written function would make it
	farClient *oss.Client           // of the other region
	engine    func() *copier.Copier // a new one, as every instance has its own
	copier    *copier.Copier

	mu       sync.Mutex
	event    events.Object
	payload  []byte         // as OSS raised it
	copying  int            // CopyObject and UploadPartCopy under way
	sent     map[int]int    // UploadPartCopy by part number
	versions map[uint64]int // of the source, by CRC-64
	history  []*localoss.Object
	bandwidth
}

// setup is what a fault needs.
type setup struct {
	faults    []fault.Fault
	intercept func(w *world) localoss.Intercept
	authorize localoss.Authorize
	// buckets are made with these options, the destination also with those of target.
	buckets, target []localoss.BucketOption
	// keys are the access keys; nil is "local" of the buckets' owner.
	keys map[string]localoss.AccessKey
	// via changes how the requests of either tool reach the server.
	via func(w *world) func(http.RoundTripper) http.RoundTripper
	// size and count are of the parts: how long each is at the least, and how many are
	// copied at once; 0 is what the Copier does by default.
	size  int64
	count int
	// model is how fast OSS is; nil takes a second for a part.
	model *fault.Model
	// far has the destination in another region, and is copied to by the Uploader instead of the Copier.
	far bool
	// patience is how long the Copier's client waits for an answer; 0 is without end.
	patience time.Duration
}

// run lets a tool meet a fault in virtual time.
func run(t *testing.T, with tool, s setup, measure func(w *world) string) (left string) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, tool: with, setup: s, sent: map[int]int{}, versions: map[uint64]int{}}
		hooks := []localoss.Intercept{w.watch}
		if s.intercept != nil {
			hooks = append(hooks, s.intercept(w))
		}
		hooks = append(hooks, fault.New(1, s.faults...).Intercept)
		if s.model != nil {
			hooks = append(hooks, fault.NewService(*s.model).Intercept)
		}
		w.serve(localoss.Config{Intercept: localoss.Chain(hooks...), Authorize: s.authorize, AccessKeys: s.keys,
			OnEvent: w.hear, OnChange: w.see})
		defer w.Close()
		way := w.Transport()
		if s.via != nil {
			way = s.via(w)(way)
		}
		w.connect("http://127.0.0.1", cutting{next: way}, &http.Client{Transport: cutting{way, s.patience}})
		left = measure(w)
		time.Sleep(time.Hour) // what was given up is over by then
	})
	return left
}

// cutting is the way to the server. A connection that is cut before an answer, or that has none for longer than a
// client's patience, fails as it does over a socket, so that the SDK retries it.
type cutting struct {
	next     http.RoundTripper
	patience time.Duration
}

func (c cutting) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if c.patience > 0 {
		short, cancel := context.WithTimeout(ctx, c.patience)
		defer cancel()
		r = r.WithContext(short)
	}
	reply, err := c.next.RoundTrip(r)
	switch {
	case err == nil || ctx.Err() != nil:
	case r.Context().Err() != nil:
		err = &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded}
	default:
		err = io.EOF
	}
	return reply, err
}

func (w *world) serve(c localoss.Config) {
	server, err := localoss.New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Server = server
	for bucket, options := range map[string][]localoss.BucketOption{from: w.buckets,
		to: slices.Concat(w.buckets, w.target, w.region())} {
		if err := server.CreateBucket(bucket, options...); err != nil {
			w.t.Fatal(err)
		}
	}
}

// connect sets both tools up; the parts of both are as large, and as many of them
// on their way.
func (w *world) connect(endpoint string, transport http.RoundTripper, client *http.Client) {
	w.ctx = osscall.WithCredentials(w.t.Context(), local)
	w.engine = func() *copier.Copier {
		size := cmp.Or(w.size, partSize)
		if w.far {
			size = farPartSize
		}
		return copier.New(osscall.NewClient("cn-hangzhou", endpoint, transport), copier.Options{
			PartSize: size, PartsInFlight: cmp.Or(w.count, inFlight), Region: "cn-hangzhou",
			Remote: func(remote rules.Remote) *oss.Client {
				return osscall.NewClient(remote.Region, endpoint, transport)
			}})
	}
	w.copier = w.engine()
	config := oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local"))
	if client != nil {
		config.WithHttpClient(client)
	}
	ownClock := func(o *oss.Options) { o.FeatureFlags &^= oss.FeatureCorrectClockSkew }
	w.client, w.farClient = oss.NewClient(config, ownClock), oss.NewClient(config.WithRegion(away), ownClock)
}

// region are the options of a destination in another region.
func (w *world) region() []localoss.BucketOption {
	if !w.far {
		return nil
	}
	return []localoss.BucketOption{localoss.WithRegion(away)}
}

// watch counts what is under way. Copying a part takes a second, if no model says
// otherwise.
func (w *world) watch(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	if call.Name == "UploadPart" {
		time.Sleep(time.Second)
	}
	if call.Name != "UploadPartCopy" && call.Name != "CopyObject" {
		return next()
	}
	w.mu.Lock()
	w.copying++
	if call.Name == "UploadPartCopy" {
		w.sent[call.PartNumber]++
	}
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.copying--
	}()
	if call.Name == "UploadPartCopy" && w.model == nil {
		time.Sleep(time.Second)
	}
	return next()
}

func (w *world) hear(payload []byte) {
	objects, err := events.Parse(payload)
	if err != nil {
		w.t.Error(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range objects {
		if o.Bucket == from && o.Key == key && o.Ignored == "" {
			w.event, w.payload = o, payload
		}
	}
}

func (w *world) see(bucket, k string, now *localoss.Object) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case now == nil:
	case k != key:
	case bucket == from:
		w.versions[now.CRC64] = len(w.versions) + 1
	case bucket == to:
		w.history = append(w.history, now)
	}
}

// put makes the next version of the source.
func (w *world) put(size int64, options ...localoss.ObjectOption) {
	w.mu.Lock()
	seed := uint64(len(w.versions) + 1)
	w.mu.Unlock()
	if err := w.PutSparse(from, key, size, append(options, localoss.WithSeed(seed))...); err != nil {
		w.t.Fatal(err)
	}
}

// destination says which version of the source the destination holds.
func (w *world) destination() string {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.history) == 0 {
		return nothing
	}
	last := w.history[len(w.history)-1]
	if n := w.versions[last.CRC64]; n > 0 {
		return fmt.Sprintf("version %d in place", n)
	}
	return "**an object in place that matches no version of the source**"
}

// open says how many uploads are left open.
func (w *world) open() string {
	if n := len(w.Uploads(to)); n > 0 {
		return fmt.Sprintf("%d upload open", n)
	}
	return "no upload open"
}

// collected says what is left open, and what `afterput gc` does with it once no request is under way.
func (w *world) collected() string {
	open := w.open()
	if len(w.Uploads(to)) == 0 {
		return open
	}
	time.Sleep(2 * time.Hour)
	collector := state.NewCollector(osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w.Transport()),
		state.Location{}, rules.Remote{}, nil)
	left, err := collector.Find(w.ctx, to, time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := range left {
		if err := collector.Remove(w.ctx, &left[i]); err != nil {
			w.t.Fatal(err)
		}
	}
	if len(w.Uploads(to)) > 0 {
		return "**" + open + "**, which nothing removes"
	}
	return open + ", remembered, and removed by `afterput gc`"
}

// openInTheEnd says how many uploads are left open once nothing is under way.
func (w *world) openInTheEnd() string {
	if open := w.open(); len(w.Uploads(to)) > 0 {
		return "**" + open + "**, which nothing removes"
	}
	return w.open()
}

// left is what a copy reports and leaves behind.
func (w *world) left(said string) string {
	now := w.destination()
	if said == copied && now == nothing {
		now = "**" + nothing + "**"
	}
	return said + "; " + now + ", " + w.open()
}

const (
	copied  = "reports copied"
	nothing = "nothing in place"
)
