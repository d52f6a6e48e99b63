package proof

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestRandomProgramsUnderFaults runs 200 random programs, 40 with -short, or only the one with seed AFTERPUT_SEED.
func TestRandomProgramsUnderFaults(t *testing.T) { runRandomPrograms(t, drawProgram, 200) }

// TestRandomProgramsWithRemovals does the same with 60 programs in which sources are archived, removed or moved.
func TestRandomProgramsWithRemovals(t *testing.T) { runRandomPrograms(t, drawRemovals, 60) }

func runRandomPrograms(t *testing.T, draw func(seed uint64) program, most uint64) {
	first, last := uint64(1), most
	if testing.Short() {
		last = 40
	}
	if text := os.Getenv("AFTERPUT_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		first, last = seed, seed
	}
	for seed := first; seed <= last; seed++ {
		checkSeed(t, seed, draw)
		if t.Failed() {
			return
		}
	}
}

// TestSoak runs random programs of both kinds, beginning with seed AFTERPUT_SOAK, until it is stopped.
func TestSoak(t *testing.T) {
	text := os.Getenv("AFTERPUT_SOAK")
	if text == "" {
		t.Skip("AFTERPUT_SOAK is not set; see make soak")
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	began, printed := time.Now(), time.Now()
	for n := 0; ; n++ {
		kinds := []func(uint64) program{drawProgram, drawRemovals, drawStreamed}
		checkSeed(t, seed+uint64(n/len(kinds)), kinds[n%len(kinds)])
		if time.Since(printed) > 10*time.Second {
			printed = time.Now()
			fmt.Printf("%d programs in %s, failed: %t\n", n+1, time.Since(began).Round(time.Second), t.Failed())
		}
	}
}

// checkSeed runs the program of a seed. If it fails, the error shows the smallest program that fails the same way.
func checkSeed(t *testing.T, seed uint64, draw func(seed uint64) program) {
	t.Helper()
	p := draw(seed)
	result := runProgram(t, p)
	if len(result.violations) == 0 {
		return
	}
	least, result := shrink(t, p, result)
	test := "TestRandomProgramsUnderFaults"
	if p.streamed {
		test = "TestRandomProgramsToAnotherRegion"
	}
	if p.removals.fates != nil {
		test = "TestRandomProgramsWithRemovals"
	}
	t.Errorf("seed %d; run it again with: AFTERPUT_SEED=%d go test -run %s ./internal/proof\n"+
		"%s\n\nprogram: %v\n%s",
		seed, seed, test, strings.Join(result.violations, "\n"), least, strings.Join(shortened(result.log), "\n"))
}

// particulars are the names, numbers and times in a violation.
var particulars = regexp.MustCompile(`[^ ]*[0-9/#"][^ ]*`)

// violationKind returns a violation without its particulars.
func violationKind(violation string) string {
	return particulars.ReplaceAllString(strings.SplitN(violation, "; ", 2)[0], "")
}

// shrink removes what it can from a program, as long as it fails the same way.
func shrink(t *testing.T, p program, result programResult) (program, programResult) {
	for runs := 0; runs < 300; {
		smaller := false
		for _, q := range p.smallerPrograms() {
			runs++
			smallerResult := runProgram(t, q)
			if slices.ContainsFunc(smallerResult.violations, func(s string) bool {
				return violationKind(s) == violationKind(result.violations[0])
			}) {
				p, result, smaller = q, smallerResult, true
				break
			}
		}
		if !smaller {
			break
		}
	}
	return p, result
}

// shortened leaves out the middle of a long log.
func shortened(lines []string) []string {
	const most = 120
	if len(lines) <= most {
		return lines
	}
	left := fmt.Sprintf("… %d lines …", len(lines)-most)
	return append(append(append([]string(nil), lines[:most/2]...), left), lines[len(lines)-most/2:]...)
}
