package faults

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

var (
	update = flag.Bool("update", false, "rewrite the table in docs/benchmarks.md")
	show   = flag.Bool("show", false, "print the table")
)

var page = filepath.Join("..", "..", "..", "docs", "benchmarks.md")

// What is between these lines of the page is the table.
const (
	opening = "<!-- internal/bench/faults -->\n"
	closing = "<!-- end -->\n"
)

// table measures every row.
func table(t *testing.T) string {
	var b strings.Builder
	add := func(other string, rows []row) {
		fmt.Fprintf(&b, "| fault | %s | this engine |\n|---|---|---|\n", other)
		for _, r := range rows {
			fmt.Fprintf(&b, "| %s | %s | %s |\n", r.fault, r.measure(t, sdkCopier), r.measure(t, engine))
		}
	}
	add("the SDK's Copier", rows())
	b.WriteString("\n")
	add("to another region: GetObject into the SDK's Uploader", farRows())
	return b.String()
}

func TestTheTableInTheDocsIsWhatIsMeasured(t *testing.T) {
	measured := table(t)
	if *show {
		fmt.Print("\n", measured, "\n")
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, opened := strings.Cut(string(text), opening)
	documented, after, closed := strings.Cut(rest, closing)
	if !opened || !closed {
		t.Fatalf("%s has no place for the table", page)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+opening+measured+closing+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if documented != measured {
		t.Errorf("the page says\n%s\nmeasured is\n%s\n-update rewrites it", documented, measured)
	}
}

// BenchmarkFaults prints the table. Virtual time needs a test, so one is run.
func BenchmarkFaults(b *testing.B) {
	var out []byte
	var err error
	for b.Loop() {
		out, err = exec.Command(os.Args[0], "-test.run=^TestTheTableInTheDocsIsWhatIsMeasured$",
			"-show").CombinedOutput()
	}
	fmt.Println(strings.TrimSuffix(string(out), "PASS\n"))
	if err != nil {
		b.Fatal(err)
	}
}
