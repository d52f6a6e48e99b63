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

// TestWhatMustHoldHoldsUnderFaults runs 200 random programs, 40 with -short, or
// the one of AFTERPUT_SEED.
func TestWhatMustHoldHoldsUnderFaults(t *testing.T) {
	first, last := uint64(1), uint64(200)
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
		check(t, seed)
		if t.Failed() {
			return
		}
	}
}

// TestSoak runs programs until it is stopped, where AFTERPUT_SOAK names the
// first seed, and counts.
func TestSoak(t *testing.T) {
	text := os.Getenv("AFTERPUT_SOAK")
	if text == "" {
		t.Skip("AFTERPUT_SOAK is not set; see make soak")
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	began, told := time.Now(), time.Now()
	for n := 0; ; n++ {
		check(t, seed+uint64(n))
		if time.Since(told) > 10*time.Second {
			told = time.Now()
			fmt.Printf("%d programs in %s, failed: %t\n", n+1, time.Since(began).Round(time.Second), t.Failed())
		}
	}
}

// check runs the program of a seed, and tells what it broke with as little as
// still breaks it.
func check(t *testing.T, seed uint64) {
	t.Helper()
	p := draw(seed)
	v := run(t, p)
	if len(v.wrong) == 0 {
		return
	}
	least, v := shrink(t, p, v)
	t.Errorf("seed %d; again with: AFTERPUT_SEED=%d go test -run HoldsUnderFaults ./internal/proof\n%s\n\nprogram: %v\n%s",
		seed, seed, strings.Join(v.wrong, "\n"), least, strings.Join(shortened(v.lines), "\n"))
}

// particulars are names, numbers and times.
var particulars = regexp.MustCompile(`[^ ]*[0-9/#"][^ ]*`)

// promise is what was broken, without the particulars.
func promise(wrong string) string {
	return particulars.ReplaceAllString(strings.SplitN(wrong, "; ", 2)[0], "")
}

// shrink drops from a program what it still fails without, in the same way.
func shrink(t *testing.T, p program, v verdict) (program, verdict) {
	for runs := 0; runs < 300; {
		smaller := false
		for _, q := range p.smaller() {
			runs++
			w := run(t, q)
			if slices.ContainsFunc(w.wrong, func(s string) bool { return promise(s) == promise(v.wrong[0]) }) {
				p, v, smaller = q, w, true
				break
			}
		}
		if !smaller {
			break
		}
	}
	return p, v
}

// shortened leaves out the middle of a long history.
func shortened(lines []string) []string {
	const most = 120
	if len(lines) <= most {
		return lines
	}
	left := fmt.Sprintf("… %d lines …", len(lines)-most)
	return append(append(append([]string(nil), lines[:most/2]...), left), lines[len(lines)-most/2:]...)
}
