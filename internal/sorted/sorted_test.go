package sorted

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

type files map[string][]byte

func (f files) ReadAt(_ context.Context, name string, b []byte, offset int64) error {
	copy(b, f[name][offset:])
	return nil
}

type pair struct{ key, value string }

func TestAllRecordsComeBackInTheOrderOfTheirKeysFromAnywhereOn(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	store := files{}
	var runs []Run
	var want []pair
	var b Buffer
	for n := range 7 {
		for range r.IntN(6000) {
			p := pair{strings.Repeat("k", r.IntN(20)) + fmt.Sprint(r.IntN(5000)), strings.Repeat("v", r.IntN(60))}
			b.Add(Record{[]byte(p.key), []byte(p.value)})
			want = append(want, p)
		}
		run, content := b.Run(fmt.Sprint(n))
		store[run.Name] = content
		runs = append(runs, run)
		b.Reset()
	}
	slices.SortStableFunc(want, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	checkReading(t, r, store, runs, want)
	var fewer []Run
	for _, group := range Groups(runs, 3) {
		name := func() string { return fmt.Sprint("rewritten ", len(store)) }
		some, err := rewrite(t.Context(), 1<<10, store, group, name, func(name string, content []byte) error {
			store[name] = content
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		fewer = append(fewer, some...)
	}
	if n := Together(fewer); n != 3 || len(fewer) < 10 {
		t.Errorf("of %d runs %d are read at the same time, want 3 of many", len(fewer), n)
	}
	checkReading(t, r, store, fewer, want)
}

// checkReading reads all records, and those between two keys.
func checkReading(t *testing.T, r *rand.Rand, store files, runs []Run, want []pair) {
	t.Helper()
	if got := read(t, store, runs, nil, nil); !slices.Equal(got, want) {
		t.Fatalf("%d records, want %d in order", len(got), len(want))
	}
	for range 50 {
		after, upTo := want[r.IntN(len(want))].key, want[r.IntN(len(want))].key
		var some []pair
		for _, p := range want {
			if p.key > after && p.key <= upTo {
				some = append(some, p)
			}
		}
		if got := read(t, store, runs, []byte(after), []byte(upTo)); !slices.Equal(got, some) {
			t.Fatalf("behind %q up to %q: %d records, want %d", after, upTo, len(got), len(some))
		}
	}
}

func read(t *testing.T, store Store, runs []Run, after, upTo []byte) (got []pair) {
	t.Helper()
	m, err := Open(t.Context(), store, runs, after, upTo)
	if err != nil {
		t.Fatal(err)
	}
	for {
		r, ok, err := m.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return got
		}
		got = append(got, pair{string(r.Key), string(r.Value)})
	}
}

func TestADamagedRunIsAnErrorThatNamesIt(t *testing.T) {
	store := files{}
	var b Buffer
	for i := range 5000 {
		b.Add(Record{fmt.Appendf(nil, "%d", i), []byte("value")})
	}
	run, good := b.Run("run-1")
	for at := 0; at < len(good); at += 97 {
		store["run-1"] = bytes.Clone(good)
		store["run-1"][at] ^= 0x10
		m, err := Open(t.Context(), store, []Run{run}, nil, nil)
		for ok := true; ok && err == nil; {
			_, ok, err = m.Next()
		}
		if err == nil || !strings.Contains(err.Error(), "run-1 is damaged") {
			t.Fatalf("byte %d of %d was changed: %v", at, len(good), err)
		}
	}
}
