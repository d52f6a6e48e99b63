package proof

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mutation is an error put into the engine on purpose: in file (of the copier, or
// of a package that its name begins with: "relay/handler.go"), old, which must
// stand there exactly once, becomes new. All of them go into one build, in which
// AFTERPUT_MUTANT names the one that is on; new says so by mutant(NAME) and
// unless(NAME, VALUE), which is VALUE or, in the mutant, nothing.
type mutation struct {
	name, file, old, new string
	// caught says what catches it: the seed of a program, or a test.
	seed uint64
	test string
}

// helpers is the file that the test-only build has beside a package's own.
const helpers = `package %s

import (
	"os"
	"reflect"
	"sync"
)

var (
	mutantOn = os.Getenv("AFTERPUT_MUTANT")
	firsts   sync.Map
)

// firstOf gives the first value of a type that it was ever given.
func firstOf[T any](v T) T {
	first, _ := firsts.LoadOrStore(reflect.TypeFor[T](), v)
	return first.(T)
}

func mutant(name string) bool { return name == mutantOn }

func unless[T any](name string, v T) (none T) {
	if mutant(name) {
		return none
	}
	return v
}
`

// place is where a mutation's file lies, beside this package.
func (m *mutation) place() string {
	if dir, file := path.Split(m.file); dir != "" {
		return path.Join("..", dir, file)
	}
	return path.Join("../copier", m.file)
}

// build compiles this package's tests with every mutation in the engine, and
// gives the binary.
func build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	texts := map[string]string{} // by place
	for _, m := range mutations {
		place := m.place()
		if _, read := texts[place]; !read {
			text, err := os.ReadFile(place)
			if err != nil {
				t.Fatal(err)
			}
			texts[place] = string(text)
			dir := path.Dir(place)
			texts[path.Join(dir, "mutant.go")] = fmt.Sprintf(helpers, path.Base(dir))
		}
		if n := strings.Count(texts[place], m.old); n != 1 {
			t.Fatalf("%s: the text to change stands %d times in %s, not once:\n%s", m.name, n, m.file, m.old)
		}
		texts[place] = strings.Replace(texts[place], m.old, strings.ReplaceAll(m.new, "NAME", fmt.Sprintf("%q", m.name)), 1)
	}
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for place, text := range texts {
		real, err := filepath.Abs(place)
		if err != nil {
			t.Fatal(err)
		}
		changed := filepath.Join(dir, strings.ReplaceAll(strings.TrimPrefix(place, "../"), "/", "_"))
		if err := os.WriteFile(changed, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[real] = changed
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	list, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "proof.test")
	if err := os.WriteFile(list, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "test", "-c", "-overlay", list, "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build the mutants: %v\n%s", err, out)
	}
	return binary
}

// fails runs tests of the mutant and reports whether they fail, and how.
func fails(t *testing.T, binary, name, tests string, seed uint64) (bool, string) {
	t.Helper()
	cmd := exec.Command(binary, "-test.run", tests, "-test.timeout", "2m", fmt.Sprintf("-test.short=%t", os.Getenv("AFTERPUT_ALL") == ""))
	cmd.Env = append(os.Environ(), "AFTERPUT_MUTANT="+name, "AFTERPUT_SOAK=", "AFTERPUT_ALL=")
	if seed > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("AFTERPUT_SEED=%d", seed))
	}
	out, err := cmd.CombinedOutput()
	return err != nil, string(out)
}

const programs, everyTest = "^TestWhatMustHoldHoldsUnderFaults$", "^Test(WhatMustHold|Every|InPlace|Case)"

// TestMutantsAreCaught builds the engine with errors in it and
// expects each to be caught by the program or test that is known to; with
// AFTERPUT_ALL, by any of the first 200 programs or any test, and tells
// which.
func TestMutantsAreCaught(t *testing.T) {
	if mutantsOff() {
		t.Skip("this is the mutated build, or -short")
	}
	all := os.Getenv("AFTERPUT_ALL") != ""
	binary := build(t)
	t.Run("none", func(t *testing.T) {
		if bad, out := fails(t, binary, "", everyTest, 0); bad {
			t.Errorf("without an error the engine fails:\n%s", out)
		}
	})
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			if all {
				t.Log(hunt(t, binary, m), time.Since(began).Round(time.Millisecond))
				return
			}
			tests := programs
			if m.test != "" {
				tests = "^" + m.test + "$"
			}
			bad, out := fails(t, binary, m.name, tests, m.seed)
			// The engine's pauses are random: what one program catches now and then, one of
			// the first does.
			for seed := uint64(1); !bad && m.test == "" && seed <= 60; seed++ {
				bad, out = fails(t, binary, m.name, tests, seed)
			}
			if !bad {
				t.Errorf("not caught by %s, seed %d: hunt another with make mutants\n%s", tests, m.seed, out)
			}
		})
	}
}

func mutantsOff() bool {
	_, inside := os.LookupEnv("AFTERPUT_MUTANT")
	return inside || testing.Short()
}

// hunt tells what catches a mutant.
func hunt(t *testing.T, binary string, m mutation) string {
	t.Helper()
	caught := ""
	for seed := uint64(1); seed <= 200 && caught == ""; seed++ {
		if bad, _ := fails(t, binary, m.name, programs, seed); bad {
			caught = fmt.Sprintf("caught by seed %d", seed)
		}
	}
	if m.test != "" {
		if bad, _ := fails(t, binary, m.name, "^"+m.test+"$", 0); bad {
			caught += " caught by " + m.test
		}
	}
	if caught == "" {
		t.Errorf("%s is not caught", m.name)
	}
	return caught
}
