package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"afterput/internal/localoss"
)

func TestBackfillDemoKillsTheToolAndVerifiesEveryDestination(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "afterput")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", tool, "../../cmd/afterput")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the tool: %v\n%s", err, out)
	}
	var out bytes.Buffer
	if err := (&backfillDemo{tool: tool, objects: 3000, out: &out}).run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{
		"$ afterput backfill rules.yaml --job job --yes\nkilled (SIGKILL) after 750 of 1500 copies",
		"$ afterput backfill rules.yaml --job job --status\n",
		" of 1500 copies, 0 failed; saved ",
		"All verified: 3300 destinations",
		"1800 were there before and were not written.",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not shown:\n%s", want, out.String())
		}
	}
}

func TestBackfillDemoNamesWhatDiffers(t *testing.T) {
	server, err := localoss.New(localoss.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	d := &backfillDemo{objects: 10, oss: server}
	expected, _, err := d.upload()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.compare(expected); err == nil || !strings.Contains(err.Error(), "5 destinations, want 11") {
		t.Errorf("nothing was copied: %v", err)
	}
	for name, want := range expected {
		bucket, key, _ := strings.Cut(name, "/")
		class := localoss.WithHeader("x-oss-storage-class", want.class)
		if err := server.PutSparse(bucket, key, want.size, localoss.WithSeed(1), class); err != nil {
			t.Fatal(err)
		}
	}
	if n, _, err := d.compare(expected); n != 11 || err != nil {
		t.Errorf("all are right: %d destinations, %v", n, err)
	}
	for what, change := range map[string]localoss.ObjectOption{
		"content": localoss.WithSeed(2), "class": localoss.WithHeader("x-oss-storage-class", "IA"),
	} {
		const key = "photos/02/IMG_000001.jpg"
		if err := server.PutSparse("photo-replica", key, 1<<10, localoss.WithSeed(1), change); err != nil {
			t.Fatal(err)
		}
		_, _, err := d.compare(expected)
		if err == nil || !strings.Contains(err.Error(), "oss://photo-replica/"+key+" is ") {
			t.Errorf("another %s: %v", what, err)
		}
	}
}
