package main

import (
	"runtime/pprof"

	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"afterput/internal/bench/process"
	"afterput/internal/bench/table"
	"afterput/internal/copier"
	"afterput/internal/existing"
	"afterput/internal/listing"
	"afterput/internal/osscall"
	"afterput/rules"
)

// What comparing a million objects may take, and how much memory any number of them.
const (
	million         = 1_000_000
	requestsMillion = 2100
	cpuMillion      = 10
	memoryMillion   = 64
	memoryAny       = 256
)

// compared is what a comparison took.
type compared struct {
	process.Usage
	Requests int64
	Seconds  float64
}

// compare measures comparisons of objects that are all in place.
func compare(ctx context.Context, t *table.Tables, counts ...int) error {
	t.Begin("Comparing objects that are all in place", "objects", "requests", "CPU", "of it for an object", "memory",
		"time")
	for _, n := range counts {
		out, err := process.Again(ctx, []string{"GOMAXPROCS=1"}, nil, "compare", strconv.Itoa(n))
		if err != nil {
			return err
		}
		var u compared
		if err := json.Unmarshal(out, &u); err != nil {
			return err
		}
		requests, cpu := fmt.Sprint(u.Requests), fmt.Sprintf("%.2f s", u.CPU)
		memory := t.Most(u.Resident, memoryAny, "%.0f MiB")
		if n == million {
			requests = t.Most(float64(u.Requests), requestsMillion, "%.0f")
			cpu = t.Most(u.CPU, cpuMillion, "%.2f s")
			memory = t.Most(u.Resident, memoryMillion, "%.0f MiB")
		}
		t.Row(fmt.Sprint(n), requests, cpu, fmt.Sprintf("%.2f µs", u.CPU/float64(n)*1e6), memory,
			(time.Duration(u.Seconds * float64(time.Second))).Round(100*time.Millisecond).String())
	}
	return nil
}

// compareHere is the process of its own that compares.
func compareHere(ctx context.Context, objects int) error {
	began := time.Now()
	folder, err := os.MkdirTemp("", "afterput-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	store, err := existing.NewFolder(folder)
	if err != nil {
		return err
	}
	s := newService(objects, none, latency)
	job, ctx, err := open(ctx, s, store, config{inFlight: 64})
	if err != nil {
		return err
	}
	if os.Getenv("DBG") != "" {
		f, _ := os.Create("/tmp/w/h/b14.prof")
		pprof.StartCPUProfile(f)
		defer pprof.StopCPUProfile(); defer func() { f, _ := os.Create("/tmp/w/h/b14.mem"); pprof.Lookup("allocs").WriteTo(f, 0); f.Close() }()
		go func() {
			for {
				time.Sleep(500 * time.Millisecond)
				c := job.Counts()
				fmt.Fprintln(os.Stderr, time.Since(began), job.Phase(), c.Objects, c.Of(existing.Same).Copies, s.requests.Load())
			}
		}()
	}
	if err := job.Compare(ctx); err != nil {
		return err
	}
	if same := job.Counts().Of(existing.Same).Copies; same != int64(objects) {
		return fmt.Errorf("%d objects were found in place of %d", same, objects)
	}
	used, err := process.Used()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(compared{used, s.requests.Load(), time.Since(began).Seconds()})
}

const latency = 20 * time.Millisecond

// replica copies everything.
const replica = `
version: 1
sources: [uploads]
rules:
  - name: replica
    match: {}
    copy: [{bucket: replica}]
`

var keys = osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}

type config struct {
	inFlight int
	pace     func(context.Context) error
}

// open opens a job as afterput backfill does.
func open(
	ctx context.Context, s *service, store existing.Store, c config,
) (*existing.Job, context.Context, error) {
	set, err := rules.Load("rules.yaml", []byte(replica), nil)
	if err != nil {
		return nil, nil, err
	}
	client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", s)
	engine := copier.New(client, copier.Options{PartsInFlight: max(128, c.inFlight)})
	engine.Service().Pace = c.pace
	ctx = osscall.WithCredentials(ctx, keys)
	job, err := existing.Open(ctx, existing.Config{
		Rules: set, RulesDigest: "bench", Region: "cn-hangzhou", Copier: engine,
		Lister: &listing.Lister{OSS: client, Service: engine.Service(), Payer: set.RequestPayer},
		Store:  store, Keep: []existing.Verdict{existing.Missing, existing.Older}, Workers: min(c.inFlight, 64),
	})
	return job, ctx, err
}
