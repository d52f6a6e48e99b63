package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"time"

	"afterput/events"
	"afterput/internal/bench/process"
	"afterput/internal/bench/table"
	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

const (
	from = "bench-source"
	to   = "bench-target"
)

const payloadETag = "7D73E1052AF595535DE90994F4C3E6D5"

// payload is the event of an upload as OSS sends it.
func payload(key string) []byte {
	return fmt.Appendf(nil, `{"events":[{"eventName":"ObjectCreated:PutObject","eventSource":"acs:oss",`+
		`"eventTime":"2026-06-10T06:21:35.000Z","eventVersion":"1.0",`+
		`"oss":{"bucket":{"arn":"acs:oss:cn-hangzhou:1000000000000000:%s","name":%q,`+
		`"ownerIdentity":"1000000000000000","virtualBucket":""},`+
		`"object":{"deltaSize":4096,"eTag":"`+payloadETag+`","key":%q,`+
		`"objectMeta":{"mimeType":"image/jpeg"},"size":4096},`+
		`"ossSchemaVersion":"1.0","ruleId":"7c5a5ccfb06114a4d1ea8867e3916eb543d84e7c"},"region":"cn-hangzhou",`+
		`"requestParameters":{"sourceIPAddress":"192.0.2.1"},`+
		`"responseElements":{"requestId":"62A2E2EFD0DEFE3930847A6E"},`+
		`"userIdentity":{"principalId":"1000000000000000"}}]}`, from, from, key)
}

const (
	wanted   = "tenants/0/photo.jpg"
	unwanted = "tenants/none/reports/2026/summary.pdf"
)

// rulesOf are n rules by prefix and suffix, of which the first takes wanted and
// none takes unwanted.
func rulesOf(n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nsources: [%s]\nrules:\n", from)
	for i := range n {
		match := fmt.Sprintf("prefix: tenants/%d/", i)
		if i%2 == 1 {
			match = fmt.Sprintf("prefix: tenants/, suffix: .type%d", i)
		}
		fmt.Fprintf(&b, "  - name: rule-%d\n    match: {%s}\n    copy: [{bucket: %s}]\n", i, match, to)
	}
	return b.String()
}

func loadRules(n int) (*rules.Set, error) {
	return rules.Load("bench.yaml", []byte(rulesOf(n)), func(string) (string, bool) { return "", false })
}

// work measures the stages in this process.
func work(ctx context.Context, t *table.Tables, _ string) error {
	t.Begin("Work of the stages (CPU of one call)", "stage", "CPU", "allocations", "bytes")
	event := payload(unwanted)
	objects, err := events.Parse(event)
	if err != nil {
		return err
	}
	if err := stage(t, "parse", 0, func() error { _, err := events.Parse(event); return err }); err != nil {
		return err
	}
	for _, n := range []int{10, 100, 1000, 10_000} {
		if err := workOf(ctx, t, n, objects[0]); err != nil {
			return err
		}
	}
	return nil
}

// workOf measures the stages with n rules, none of which wants the object.
func workOf(ctx context.Context, t *table.Tables, n int, unwantedObject events.Object) error {
	set, err := loadRules(n)
	if err != nil {
		return err
	}
	plan := func(o events.Object) func() error { return func() error { _, err := set.Plan(o, nil); return err } }
	if err := stage(t, fmt.Sprintf("match against %d rules, none wants it", n), 0, plan(unwantedObject)); err != nil {
		return err
	}
	wantedObject := unwantedObject
	wantedObject.Key = wanted
	if err := stage(t, fmt.Sprintf("match and plan one copy, %d rules", n), 0, plan(wantedObject)); err != nil {
		return err
	}
	h := handler(set, instantly{})
	inv := relay.Invocation{
		RequestID:   "1-6a1f0000-0000-000000000000",
		Credentials: osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"},
	}
	handle := func(event []byte) func() error {
		return func() error { _, err := h.Handle(ctx, inv, event); return err }
	}
	goal := 0.0
	if n == 10_000 {
		goal = 10
	}
	err = stage(t, fmt.Sprintf("payload to report, no rule of %d wants it", n), goal, handle(payload(unwanted)))
	if err == nil && n == 10 {
		err = stage(t, "payload to report, one small copy, no network", 0, handle(payload(wanted)))
	}
	return err
}

// stage measures one stage and adds its row; a goal is the most microseconds that it may take.
func stage(t *table.Tables, name string, goal float64, f func() error) error {
	used, err := usedBy(f)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	cell := fmt.Sprintf("%.2f µs", used.micros)
	if goal > 0 {
		cell = t.Most(used.micros, goal, "%.2f µs")
	}
	t.Row(name, cell, fmt.Sprintf("%.1f", used.allocs), fmt.Sprintf("%.0f", used.bytes))
	return nil
}

func handler(set *rules.Set, transport http.RoundTripper) *relay.Handler {
	client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", transport)
	return relay.New(relay.Config{Rules: relay.Fixed(set), Copier: copier.New(client, copier.Options{}),
		Log: slog.New(slog.NewJSONHandler(io.Discard, nil))})
}

// instantly answers every CopyObject at once, and the HeadObject that follows one which this machine has held up.
type instantly struct{}

const copyReply = `<?xml version="1.0" encoding="UTF-8"?><CopyObjectResult>` +
	`<ETag>"7D73E1052AF595535DE90994F4C3E6D5"</ETag>` +
	`<LastModified>2026-06-10T06:21:36.000Z</LastModified></CopyObjectResult>`

func (instantly) RoundTrip(req *http.Request) (*http.Response, error) {
	header := http.Header{"Etag": {`"7D73E1052AF595535DE90994F4C3E6D5"`},
		"X-Oss-Request-Id": {"62A2E2EFD0DEFE3930847A6E"}}
	if req.Method == http.MethodHead {
		header.Set("Last-Modified", "Wed, 10 Jun 2026 06:21:36 GMT")
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: req,
		Header:        header,
		Body:          io.NopCloser(bytes.NewReader([]byte(copyReply))),
		ContentLength: int64(len(copyReply)),
	}, nil
}

type used struct{ micros, allocs, bytes float64 }

// usedBy returns what one call takes, garbage collection included: the least of several measurements, since other work
// on the machine only adds.
func usedBy(f func() error) (least used, err error) {
	for range 100 { // warm
		if err := f(); err != nil {
			return used{}, err
		}
	}
	for i := range 5 {
		one, err := usedOnce(f)
		if err != nil {
			return used{}, err
		}
		if i == 0 || one.micros < least.micros {
			least = one
		}
	}
	return least, nil
}

// usedOnce measures it by the CPU time of this process over a tenth of a second.
func usedOnce(f func() error) (used, error) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began, err := process.CPU()
	if err != nil {
		return used{}, err
	}
	n := 0.0
	for start := time.Now(); time.Since(start) < 100*time.Millisecond; {
		for range 50 {
			if err := f(); err != nil {
				return used{}, err
			}
			n++
		}
	}
	ended, err := process.CPU()
	if err != nil {
		return used{}, err
	}
	took := ended - began
	runtime.ReadMemStats(&after)
	return used{
		micros: float64(took.Nanoseconds()) / n / 1000,
		allocs: float64(after.Mallocs-before.Mallocs) / n,
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / n,
	}, nil
}
