package main

import (
	"encoding/json"
	"strings"
	"testing"
)

const toBeijing = `version: 1
sources: [photos]
rules:
  - name: far
    match: {prefix: in/}
    copy: [{bucket: far-replica, region: cn-beijing}]
`

// sentFor are the requests that explain names for an object of a size, by method and path.
func sentFor(t *testing.T, path, size string) map[string]int {
	t.Helper()
	code, out, problems := command(t, "explain", path, "--key", "oss://photos/in/a", "--size", size, "--json")
	var got struct{ Requests []sentRequest }
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitGood {
		t.Fatalf("exit %d, %v:\n%s%s", code, err, out, problems)
	}
	times := map[string]int{}
	for _, r := range got.Requests {
		path, _, _ := strings.Cut(r.Path, ".afterput/")
		times[r.Method+" "+path] += r.Times
	}
	return times
}

// Nothing of 48 TiB is transferred to say so: the test would not end.
func TestExplainSaysWhatALargeCopyToAnotherRegionSendsWithoutTransferringIt(t *testing.T) {
	path := files(t, map[string]string{"rules.yaml": toBeijing})("rules.yaml")
	const read, written = "GET /photos/in/a", "PUT /far-replica/in/a?partNumber=N&uploadId=…"
	large := sentFor(t, path, "48TiB")
	if large[read] < 1000 || large[read] > 10_000 || large[read] != large[written] {
		t.Errorf("%d ranges are read and %d parts are written", large[read], large[written])
	}
	pages := 0
	for request, n := range large {
		if strings.HasPrefix(request, "GET /far-replica/in/a?max-parts") {
			pages += n
		}
	}
	if want := (large[written] + 999) / 1000; pages != want {
		t.Errorf("%d pages of parts are listed, want %d", pages, want)
	}
	small, scaled := sentFor(t, path, "60MiB"), sentFor(t, path, "90MiB")
	for request := range small {
		if scaled[request] == 0 {
			t.Errorf("%s is sent for a small object and not for a large one", request)
		}
	}
	if len(small) != len(scaled) || scaled[read] <= small[read] {
		t.Errorf("60 MiB: %v\n90 MiB: %v", small, scaled)
	}
}

func TestExplainSaysHowLongALargeCopyToAnotherRegionTakesTheFunction(t *testing.T) {
	path := files(t, map[string]string{"rules.yaml": toBeijing})("rules.yaml")
	explain := func(args ...string) string {
		t.Helper()
		_, out, _ := command(t, append([]string{"explain", path, "--key", "oss://photos/in/a", "--size"}, args...)...)
		_, line, _ := strings.Cut(out, "\ntime: ")
		return line
	}
	const fits = "; 4 attempts of 59m55s each give 3h59m40s in all: it fits\n"
	for want, args := range map[string][]string{
		"the copy takes 1m47s at 100 MB/s (--rate)" + fits: {"10GiB"},
		"the copy takes 20s" + fits:                        {"10GiB", "--rate", "512MiB"},
		"":                                                 {"1MiB"},
	} {
		if got := explain(args...); got != want {
			t.Errorf("%v: %q, want %q", args, got, want)
		}
	}
}
