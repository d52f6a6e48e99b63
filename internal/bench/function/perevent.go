package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"afterput/internal/bench/table"
	"afterput/internal/localcloud"
	"afterput/internal/localfc"
	"afterput/internal/localoss"
	"afterput/internal/relay"
)

// cloud starts a local cloud whose function gets only the events that it is invoked with.
func cloud(ctx context.Context, dir, function string, change ...func(*localcloud.Config)) (*localcloud.Cloud, error) {
	c := localcloud.Config{
		Function: binary(dir, function), Rules: filepath.Join(dir, "afterput", "rules.yaml"),
		Destinations: []string{from, to},
		FC:           localfc.Config{Timeout: 10 * time.Minute, MemoryMB: memoryMB},
	}
	for _, f := range change {
		f(&c)
	}
	return localcloud.Start(ctx, c)
}

// small puts an object that the first rule wants, and gives its event.
func small(server *localoss.Server, heard *listener) ([]byte, error) {
	err := server.PutSparse(from, wanted, 4096, localoss.WithSeed(1))
	return heard.last(), err
}

// listener keeps the newest event of the source bucket.
type listener struct {
	mu     sync.Mutex
	newest []byte
}

func (e *listener) hear(payload []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if bytes.Contains(payload, []byte(`"name":"`+from+`"`)) {
		e.newest = payload
	}
}

func (e *listener) last() []byte {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.newest
}

// perEvent measures the CPU of the functions' own processes for one small copy: many events less few, so that the start
// does not count. The programs take turns, and medians are compared. The empty function shows what getting an event and
// answering it takes without a copy.
func perEvent(ctx context.Context, t *table.Tables, dir string) error {
	const few, many, rounds = 200, 1200, 9
	each := map[string][]time.Duration{}
	for range rounds {
		for _, f := range functions {
			short, err := cpuOf(ctx, dir, f, few)
			if err != nil {
				return fmt.Errorf("%s: %w", f, err)
			}
			long, err := cpuOf(ctx, dir, f, many)
			if err != nil {
				return fmt.Errorf("%s: %w", f, err)
			}
			each[f] = append(each[f], (long-short)/(many-few))
		}
	}
	t.Begin("CPU per small copy (user and system time of the compiled function)", "function", "CPU",
		"of the handwritten")
	for _, f := range functions {
		cpu := median(each[f])
		of := cpu.Seconds() / median(each["handwritten"]).Seconds()
		share := fmt.Sprintf("%.2f", of)
		if f == "afterput" {
			share = t.Most(of, 0.78, "%.2f")
		}
		t.Row(f, fmt.Sprintf("%d µs", cpu.Microseconds()), share)
	}
	return nil
}

// cpuOf is the CPU that a process of the function takes for n events.
func cpuOf(ctx context.Context, dir, function string, n int) (time.Duration, error) {
	heard := &listener{}
	c, err := cloud(ctx, dir, function, func(c *localcloud.Config) { c.OSS.OnEvent = heard.hear })
	if err != nil {
		return 0, err
	}
	defer c.Close()
	event, err := small(c.OSS, heard)
	if err != nil {
		return 0, err
	}
	for range n {
		r, err := c.FC.InvokeSync(ctx, event)
		if err := wrong(function, r, err); err != nil {
			return 0, err
		}
	}
	if copies := c.OSS.Counts()["CopyObject"]; copies != n && function != "empty" {
		return 0, fmt.Errorf("%d copies of %d", copies, n)
	}
	if err := c.FC.Close(); err != nil {
		return 0, err
	}
	return c.FC.Usage().CPU, nil
}

// wrong says what is wrong with an answer.
func wrong(function string, r localfc.Result, err error) error {
	switch {
	case err != nil:
		return err
	case r.Error != nil:
		return r.Error
	case function != "afterput":
		return nil
	}
	report, err := relay.ReadReport(r.Response)
	if err != nil {
		return err
	}
	if len(report.Objects) != 1 || len(report.Objects[0].Copies) != 1 ||
		!strings.Contains("copied unchanged", string(report.Objects[0].Copies[0].Outcome.Result)) {
		return fmt.Errorf("no copy: %s", r.Response)
	}
	return nil
}
