package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// A copy of a small object is one request that copies content, of which the engine has 128 in flight by default.
func TestInFlightAboveTheDefaultOfPartsInFlightIsNotLimitedByIt(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	path := filepath.Join(t.TempDir(), "rules.yaml")
	const text = "version: 1\nsources: [a-bucket]\nrules: [{name: r, match: {}, copy: [{bucket: b-bucket}]}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		inFlight int
		parts    string
		want     int
	}{{64, "", 128}, {300, "", 300}, {300, "20", 20}} {
		f := selectFlags{InFlight: c.inFlight}
		f.PartsInFlight, f.Region, f.AccessKeyID = c.parts, "cn-hangzhou", "id"
		r, err := f.open(t.Context(), console{out: io.Discard, err: io.Discard}, path)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.config.Copier.Service().Places(); got != c.want {
			t.Errorf("--in-flight %d --parts-in-flight %q: %d at once, want %d", c.inFlight, c.parts, got, c.want)
		}
	}
}
