package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/bench"
	"afterput/internal/bench/table"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

// A burst: so many small objects are uploaded at once.
const burstEvents = 10_000

const (
	// maxInstances is FC's default limit for an account in a region. As many may be started in a minute, so that in a
	// burst that is shorter the limit of new ones has no effect. Source: Function Compute, limits.
	maxInstances = 300
	// platformStart is how long FC takes to start an instance before the function's own code runs; assumed.
	platformStart = 150 * time.Millisecond
)

// compute is the CPU that a function takes, as [binaries], [perEvent] and [connect] measure it.
type compute struct{ start, event, connection time.Duration }

var (
	oursTakes = compute{start: 3800 * time.Microsecond, event: 332 * time.Microsecond,
		connection: 530 * time.Microsecond}
	handwrittenTakes = compute{start: 3200 * time.Microsecond, event: 462 * time.Microsecond,
		connection: 530 * time.Microsecond}
)

// burst is what a burst took.
type burst struct {
	makespan   time.Duration
	coldStarts int
	requests   int // of OSS
	bill       bill
}

// concurrencies are what is tried as instanceConcurrency of the custom runtime.
var concurrencies = []int{5, 10, 20, 35, 50, 100, 200}

// bursts prints what a burst takes: by function, and for the custom runtime by its settings.
func bursts(_ context.Context, t *table.Tables, _ string) error {
	t.Begin(fmt.Sprintf("A burst of %d small events", burstEvents), "function", "memory", "vCPU",
		"events an instance has at once", "cold starts", "until the last copy", "OSS requests",
		"seconds billed, of all instances", "FC, USD")
	hand, err := builtIn.burst("handwritten")
	if err != nil {
		return err
	}
	show := func(function string, f form, b burst, last string) {
		t.Row(function+", "+f.name, fmt.Sprintf("%d MB", f.memoryMB), fmt.Sprint(f.vCPU),
			fmt.Sprint(max(1, f.concurrency)), fmt.Sprint(b.coldStarts), last, fmt.Sprint(b.requests),
			fmt.Sprintf("%.1f", f.seconds(b.bill)), fmt.Sprintf("%.4f", f.fc(b.bill)))
	}
	show("handwritten", builtIn, hand, fmt.Sprintf("%.2f s", hand.makespan.Seconds()))
	forms := []form{builtIn}
	for _, concurrency := range concurrencies {
		forms = append(forms, form{custom.name, custom.memoryMB, custom.vCPU, concurrency})
	}
	for _, size := range []form{{memoryMB: 256, vCPU: 0.2}, {memoryMB: 512, vCPU: 0.5}, {memoryMB: 1024, vCPU: 1}} {
		forms = append(forms, form{custom.name, size.memoryMB, size.vCPU, custom.concurrency})
	}
	for _, f := range forms {
		b, err := f.burst("afterput")
		if err != nil {
			return fmt.Errorf("%+v: %w", f, err)
		}
		last := fmt.Sprintf("%.2f s", b.makespan.Seconds())
		switch f {
		case builtIn:
			last = t.Most(b.makespan.Seconds(), 0.6*hand.makespan.Seconds(), "%.2f s")
		case custom:
			last = t.Most(b.makespan.Seconds(), 0.2*hand.makespan.Seconds(), "%.2f s")
		}
		show("afterput", f, b, last)
	}
	return nil
}

// handling makes the copies of one event, within an invocation.
type handling func(ctx context.Context, key string) error

// burst has a model of FC handle a burst in virtual time, with the code of the function and the local OSS. The CPU that
// the code takes is added, since virtual time has none.
func (f form) burst(function string) (b burst, err error) {
	err = bench.InBubble(func(ctx context.Context) error {
		service := fault.NewService(fault.Model{Conditions: fault.Conditions{Latency: latency}})
		server, err := localoss.New(localoss.Config{Intercept: service.Intercept})
		if err != nil {
			return err
		}
		defer server.Close()
		for _, bucket := range []string{from, to} {
			if err := server.CreateBucket(bucket); err != nil {
				return err
			}
		}
		for i := range burstEvents {
			if err := server.PutSparse(from, burstKey(i), 4096); err != nil {
				return err
			}
		}
		set, err := loadRules(10)
		if err != nil {
			return err
		}
		zeros, _ := server.Object(from, burstKey(0)) // all have its content
		platform := platform{form: f, events: burstEvents, takes: oursTakes, started: func() handling {
			return ours(set, server.Transport(), zeros.ETag)
		}}
		if function == "handwritten" {
			platform.takes = handwrittenTakes
			platform.started = func() handling { return byCopier(server.Transport()) }
		}
		began := time.Now()
		if err := platform.run(ctx); err != nil {
			return err
		}
		b = burst{makespan: time.Since(began), coldStarts: platform.instances(), bill: platform.bill}
		b.requests = service.Stats().Total()
		return nil
	})
	return b, err
}

func burstKey(i int) string { return fmt.Sprint("tenants/0/", i) }

// ours is the function's handler, of one instance.
func ours(set *rules.Set, transport http.RoundTripper, etag string) handling {
	h := handler(set, nil)
	h.Copier = copier.New(osscall.NewClient("cn-hangzhou", "http://127.0.0.1", transport), copier.Options{})
	inv := relay.Invocation{Credentials: osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}}
	return func(ctx context.Context, key string) error {
		_, err := h.Handle(ctx, inv, []byte(strings.Replace(string(payload(key)), payloadETag, etag, 1)))
		return err
	}
}

// byCopier is what the handwritten function does with an event that a rule wants.
func byCopier(transport http.RoundTripper) handling {
	copies := oss.NewCopier(oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").
		WithEndpoint("http://127.0.0.1").WithHttpClient(&http.Client{Transport: transport}).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local"))))
	return func(ctx context.Context, key string) error {
		_, err := copies.Copy(ctx, &oss.CopyObjectRequest{Bucket: oss.Ptr(to), Key: &key,
			SourceBucket: oss.Ptr(from), SourceKey: &key})
		return err
	}
}

// platform is a model of FC: it starts as many instances as the events that wait need, up to the limit, and gives each
// instance as many events as it may have at once.
type platform struct {
	form
	events  int
	takes   compute
	started func() handling // by a new instance

	mu   sync.Mutex
	next int // the event that is handled next
	bill bill
	errs []error
}

func (p *platform) instances() int { return min(maxInstances, p.form.instances(p.events)) }

// run returns when all events are handled.
func (p *platform) run(ctx context.Context) error {
	var all sync.WaitGroup
	for range p.instances() {
		all.Go(func() {
			i := instance{vCPU: p.vCPU}
			time.Sleep(platformStart)
			i.compute(p.takes.start)
			p.use(ctx, &i, p.started())
		})
	}
	all.Wait()
	return errors.Join(p.errs...)
}

// use has an instance handle events until none waits. Its time is billed while it has any; on the built-in runtime,
// that of each event.
func (p *platform) use(ctx context.Context, i *instance, handle handling) {
	began := time.Now()
	var busy sync.WaitGroup
	for range max(1, p.concurrency) {
		busy.Go(func() {
			work := p.takes.event + p.takes.connection // each needs one, and keeps it
			for key, ok := p.take(); ok; key, ok = p.take() {
				began := time.Now()
				i.compute(work)
				work = p.takes.event
				if err := handle(ctx, key); err != nil {
					p.failed(err)
				}
				if p.concurrency == 0 {
					p.billed(began)
				}
			}
		})
	}
	busy.Wait()
	if p.concurrency > 0 {
		p.billed(began)
	}
}

func (p *platform) take() (key string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.next == p.events {
		return "", false
	}
	p.next++
	p.bill.calls++
	return burstKey(p.next - 1), true
}

func (p *platform) failed(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.errs = append(p.errs, err)
}

// billed adds the time since an instance began, rounded up to FC's granularity.
func (p *platform) billed(began time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	took := (time.Since(began) + time.Millisecond - 1).Truncate(time.Millisecond)
	p.bill.gbSeconds += took.Seconds() * float64(p.memoryMB) / 1024
}

// instance is a machine that has a share of a CPU.
type instance struct {
	vCPU float64

	mu   sync.Mutex
	free time.Time // when the CPU has done what it was given so far
}

// compute returns when the CPU has done some work, after what it was given before.
func (i *instance) compute(work time.Duration) {
	i.mu.Lock()
	if now := time.Now(); i.free.Before(now) {
		i.free = now
	}
	i.free = i.free.Add(time.Duration(float64(work) / i.vCPU))
	until := i.free
	i.mu.Unlock()
	time.Sleep(time.Until(until))
}
