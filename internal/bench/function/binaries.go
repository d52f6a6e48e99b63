package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"afterput/internal/bench/table"
	"afterput/internal/localfc"
)

// The functions that are compared, each in a folder of its own as it would be
// deployed.
var functions = []string{"afterput", "handwritten", "empty"}

func binary(dir, name string) string { return filepath.Join(dir, name, "main") }

// build compiles the functions, ours by make package, the others as people would, with ten rules each.
func build(ctx context.Context, dir string) error {
	if err := buildOurs(ctx, dir); err != nil {
		return err
	}
	for _, f := range functions[1:] {
		cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w -buildid=",
			"-o", binary(dir, f), "./internal/bench/"+f)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", f, err, out)
		}
	}
	type rule struct {
		Name, Bucket, Prefix, Suffix, ToBucket string
	}
	same := make([]rule, 10) // the ten of rulesOf
	for i := range same {
		same[i] = rule{Name: fmt.Sprint("rule-", i), Bucket: from, Prefix: fmt.Sprintf("tenants/%d/", i), ToBucket: to}
		if i%2 == 1 {
			same[i].Prefix, same[i].Suffix = "tenants/", fmt.Sprint(".type", i)
		}
	}
	text, err := json.Marshal(same)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "handwritten", "rules.json"), text, 0o644)
}

// buildOurs builds what is deployed.
func buildOurs(ctx context.Context, dir string) error {
	rules, dist := filepath.Join(dir, "rules.yaml"), filepath.Join(dir, "dist")
	if err := os.WriteFile(rules, []byte(rulesOf(10)), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "make", "-s", "package", "RULES="+rules, "DIST="+dist)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make package: %w\n%s", err, out)
	}
	return os.Rename(filepath.Join(dist, "function"), filepath.Join(dir, "afterput"))
}

// starts is how often each program is started.
const starts = 100

// coldStart is the time and the CPU of each start of one program.
type coldStart struct{ wall, cpu []time.Duration }

// binaries measures sizes and cold starts: from the start of the process to the answer to its first event, which no
// rule wants. The programs take turns. Of the CPU, the end of the process included, medians are compared; of the time
// the shortest are shown, since other work on the machine only adds.
func binaries(ctx context.Context, t *table.Tables, dir string) error {
	if err := build(ctx, dir); err != nil {
		return err
	}
	cold := map[string]*coldStart{}
	for range starts {
		for _, f := range functions {
			if cold[f] == nil {
				cold[f] = &coldStart{}
			}
			if err := cold[f].start(ctx, dir, f); err != nil {
				return fmt.Errorf("%s: %w", f, err)
			}
		}
	}
	t.Begin("Cold start and size", "function", "start to first answer", "CPU of a start", "of the empty one",
		"binary", "zip")
	empty := median(cold["empty"].cpu)
	for _, f := range functions {
		cpu := median(cold[f].cpu)
		share := fmt.Sprintf("%.2f", cpu.Seconds()/empty.Seconds())
		info, err := os.Stat(binary(dir, f))
		if err != nil {
			return err
		}
		zipped, err := zipSize(ctx, filepath.Join(dir, f))
		if err != nil {
			return err
		}
		size := fmt.Sprintf("%.2f MiB", zipped)
		if f == "afterput" {
			share = t.Most(cpu.Seconds()/empty.Seconds(), 1.2, "%.2f")
			size = t.Most(zipped, 3.6, "%.2f MiB")
		}
		t.Row(f, milliseconds(slices.Min(cold[f].wall)), milliseconds(cpu), share,
			fmt.Sprintf("%.2f MiB", float64(info.Size())/(1<<20)), size)
	}
	return nil
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}

// start starts a function, has it handle an event, and ends it. Each start is of a copy of its own: how a file lies in
// the page cache changes the CPU of its starts by up to a tenth.
func (c *coldStart) start(ctx context.Context, dir, function string) error {
	folder := filepath.Join(dir, "start")
	if err := os.CopyFS(folder, os.DirFS(filepath.Join(dir, function))); err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	began := time.Now()
	fc, err := localfc.Start(ctx, localfc.Config{Function: binary(dir, "start"), MemoryMB: memoryMB})
	if err != nil {
		return err
	}
	r, err := fc.InvokeSync(ctx, payload(unwanted))
	if err != nil || r.Error != nil {
		return fmt.Errorf("%v %v", err, r.Error)
	}
	c.wall = append(c.wall, r.Ended.Sub(began))
	if err := fc.Close(); err != nil {
		return err
	}
	c.cpu = append(c.cpu, fc.Usage().CPU)
	return nil
}

// zipSize packs a function's folder and gives the size in MiB.
func zipSize(ctx context.Context, folder string) (float64, error) {
	pack := exec.CommandContext(ctx, "go", "run", "-buildvcs=false", "./internal/pack", folder, folder+".zip")
	if out, err := pack.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("pack: %w\n%s", err, out)
	}
	info, err := os.Stat(folder + ".zip")
	if err != nil {
		return 0, err
	}
	return float64(info.Size()) / (1 << 20), nil
}
