package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"afterput/internal/bench/process"
	"afterput/internal/bench/table"
	"afterput/internal/copier"
	"afterput/internal/localcloud"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// atOnce is how many invocations one instance of a custom runtime may get.
const atOnce = 100

// memory measures the resident memory of a process that handles a hundred
// invocations at once, and of one that copies 10,000 parts.
func memory(ctx context.Context, t *table.Tables, dir string) error {
	many, err := memoryOfMany(ctx, dir)
	if err != nil {
		return err
	}
	parts, n, err := memoryOfParts(ctx, dir)
	if err != nil {
		return err
	}
	t.Begin("Memory (resident, maximum)", "work", "memory")
	t.Row(fmt.Sprintf("%d invocations at once, a small copy each", atOnce), t.Most(many, 128, "%.1f MiB"))
	t.Row(fmt.Sprintf("one copy of %d parts", n), t.Most(parts, 64, "%.1f MiB"))
	return nil
}

// memoryOfMany runs this program again as the process that is measured.
func memoryOfMany(ctx context.Context, dir string) (float64, error) {
	slow := func(c *localcloud.Config) { // until all are under way
		c.OSS.Intercept = func(ctx context.Context, call *localoss.Call,
			next func() *localoss.Response) *localoss.Response {
			time.Sleep(time.Second)
			return next()
		}
	}
	c, err := cloud(ctx, dir, "empty", slow)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	for i := range atOnce {
		if err := c.OSS.PutSparse(from, fmt.Sprint("tenants/0/", i), 4096); err != nil {
			return 0, err
		}
	}
	zeros, _ := c.OSS.Object(from, "tenants/0/0") // all have its content
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, self, "many", c.Endpoint, zeros.ETag).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%d invocations at once: %w\n%s", atOnce, err, out)
	}
	if n := c.OSS.Counts()["CopyObject"]; n != atOnce {
		return 0, fmt.Errorf("%d copies of %d", n, atOnce)
	}
	return strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
}

// manyAtOnce is that process: it handles all at once and prints its own memory.
func manyAtOnce(ctx context.Context, endpoint, etag string) error {
	set, err := loadRules(10)
	if err != nil {
		return err
	}
	h := handler(set, nil)
	h.Copier = copier.New(osscall.NewClient("cn-hangzhou", endpoint, nil), copier.Options{})
	inv := relay.Invocation{Credentials: osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}}
	var all sync.WaitGroup
	failed := make(chan error, atOnce)
	for i := range atOnce {
		all.Go(func() {
			event := strings.Replace(string(payload(fmt.Sprint("tenants/0/", i))), payloadETag, etag, 1)
			if _, err := h.Handle(ctx, inv, []byte(event)); err != nil {
				failed <- err
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
	}
	mib, err := process.Resident()
	if err != nil {
		return err
	}
	fmt.Println(mib)
	return nil
}

// memoryOfParts copies an object of the largest size through the compiled function.
func memoryOfParts(ctx context.Context, dir string) (mib float64, parts int, err error) {
	heard := &listener{}
	c, err := cloud(ctx, dir, "afterput", func(c *localcloud.Config) { c.OSS.OnEvent = heard.hear })
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	if err := c.OSS.PutSparse(from, wanted, 9994*(5<<30), localoss.WithSeed(1)); err != nil {
		return 0, 0, err
	}
	r, err := c.FC.InvokeSync(ctx, heard.last())
	if err := wrong("afterput", r, err); err != nil {
		return 0, 0, err
	}
	report, err := relay.ReadReport(r.Response)
	if err != nil {
		return 0, 0, err
	}
	return float64(c.FC.Usage().MaxRSS) / (1 << 20), report.Objects[0].Copies[0].Parts, nil
}
