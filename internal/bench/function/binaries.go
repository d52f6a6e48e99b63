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

	"afterput/internal/localfc"
)

// The functions that are compared, each in a folder of its own as it would be
// deployed.
var functions = []struct{ name, source, tags string }{
	{"afterput", "./function", "nethttpomithttp2"},
	{"handwritten", "./internal/bench/handwritten", ""},
	{"empty", "./internal/bench/empty", ""},
}

func binary(dir, name string) string { return filepath.Join(dir, name, "main") }

// build compiles the functions for this machine, ours as make package does, the
// others as people would, with ten rules each.
func build(ctx context.Context, dir string) error {
	for _, f := range functions {
		cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-tags", f.tags, "-trimpath", "-ldflags", "-s -w -buildid=", "-o", binary(dir, f.name), f.source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", f.name, err, out)
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
	if err := os.WriteFile(filepath.Join(dir, "handwritten", "rules.json"), text, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "afterput", "rules.yaml"), []byte(rulesOf(10)), 0o644)
}

// binaries measures sizes and cold starts: from the start of the process to the
// answer to its first event, which no rule wants. The programs take turns, and
// the least of many is compared: everything else on the machine only adds.
func binaries(ctx context.Context, t *tables, dir string) error {
	if err := build(ctx, dir); err != nil {
		return err
	}
	const tries = 25
	wall := map[string][]time.Duration{}
	cpu := map[string]time.Duration{}
	for range tries {
		for _, f := range functions {
			began := time.Now()
			fc, err := localfc.Start(ctx, localfc.Config{Function: binary(dir, f.name)})
			if err != nil {
				return err
			}
			r, err := fc.InvokeSync(ctx, payload(unwanted))
			if err != nil || r.Error != nil {
				return fmt.Errorf("%s: %v %v", f.name, err, r.Error)
			}
			wall[f.name] = append(wall[f.name], r.Ended.Sub(began))
			if err := fc.Close(); err != nil {
				return err
			}
			cpu[f.name] += fc.Usage().CPU
		}
	}
	t.begin("Cold start and size", "function", "start to first answer", "of the empty one", "CPU of a start", "binary", "zip")
	empty := slices.Min(wall["empty"])
	for _, f := range functions {
		least := slices.Min(wall[f.name])
		share := fmt.Sprintf("%.2f", least.Seconds()/empty.Seconds())
		info, err := os.Stat(binary(dir, f.name))
		if err != nil {
			return err
		}
		zipped, err := zipSize(ctx, filepath.Join(dir, f.name))
		if err != nil {
			return err
		}
		size := fmt.Sprintf("%.2f MiB", zipped)
		if f.name == "afterput" {
			share = t.most(least.Seconds()/empty.Seconds(), 1.25, "%.2f")
			size = t.most(zipped, 3.5, "%.2f MiB")
		}
		t.row(f.name, fmt.Sprintf("%.1f ms", float64(least.Microseconds())/1000), share,
			fmt.Sprintf("%.1f ms", float64(cpu[f.name].Microseconds())/1000/tries), fmt.Sprintf("%.2f MiB", float64(info.Size())/(1<<20)), size)
	}
	return nil
}

// zipSize packs a function's folder and gives the size in MiB.
func zipSize(ctx context.Context, folder string) (float64, error) {
	if out, err := exec.CommandContext(ctx, "go", "run", "-buildvcs=false", "./internal/pack", folder, folder+".zip").CombinedOutput(); err != nil {
		return 0, fmt.Errorf("pack: %w\n%s", err, out)
	}
	info, err := os.Stat(folder + ".zip")
	if err != nil {
		return 0, err
	}
	return float64(info.Size()) / (1 << 20), nil
}
