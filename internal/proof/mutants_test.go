package proof

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// mutation is an error put into the engine on purpose: in file, the text old is replaced by new. The file is one of
// internal/copier, or of another package if a folder is given ("relay/handler.go"); old must occur in it exactly once.
// All mutations go into one binary. AFTERPUT_MUTANT selects the one that is on: new tests for it with mutant(NAME),
// which reports whether it is on, or with unless(NAME, VALUE), which is VALUE if it is off and the zero value if it is
// on.
type mutation struct {
	name, file, old, new string
	// What catches it: the random program of seed, or test.
	seed uint64
	test string
	// The seeds of random programs with removals, and to another region, that catch it too; 0 for none.
	removals, streamed uint64
}

// mutantHelpers is the source file that the binary has in addition in each mutated package.
const mutantHelpers = `package %s

import (
	"os"
	"reflect"
	"sync"
)

var (
	mutantOn = os.Getenv("AFTERPUT_MUTANT")
	firsts   sync.Map
)

// firstOf returns the first value of a type that it was ever called with.
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

// path returns the path of the mutated file, from this folder.
func (m *mutation) path() string {
	if dir, file := path.Split(m.file); dir != "" {
		return path.Join("..", dir, file)
	}
	return path.Join("../copier", m.file)
}

// buildMutants compiles the tests of this package with every mutation in the engine, and returns the path of the
// binary.
func buildMutants(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	texts := map[string]string{} // by place
	for _, m := range mutations {
		place := m.path()
		if _, read := texts[place]; !read {
			text, err := os.ReadFile(place)
			if err != nil {
				t.Fatal(err)
			}
			texts[place] = string(text)
			dir := path.Dir(place)
			texts[path.Join(dir, "mutant.go")] = fmt.Sprintf(mutantHelpers, path.Base(dir))
		}
		if n := strings.Count(texts[place], m.old); n != 1 {
			t.Fatalf("%s: the old text occurs %d times in %s, want once:\n%s", m.name, n, m.file, m.old)
		}
		changed := strings.ReplaceAll(m.new, "NAME", fmt.Sprintf("%q", m.name))
		texts[place] = strings.Replace(texts[place], m.old, changed, 1)
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

// mutantFails runs tests with a mutant on, and reports whether they fail, with their output. A mutant that hangs fails
// after much longer than 200 random programs take; without one, the name is "", there is no limit, since a busy machine
// is no fault.
func mutantFails(t *testing.T, binary, name, tests string, seed uint64) (bool, string) {
	t.Helper()
	short := fmt.Sprintf("-test.short=%t", os.Getenv("AFTERPUT_ALL") == "")
	limit := "10m"
	if name == "" {
		limit = "0"
	}
	cmd := exec.Command(binary, "-test.run", tests, "-test.timeout", limit, short)
	cmd.Env = append(os.Environ(), "AFTERPUT_MUTANT="+name, "AFTERPUT_SOAK=", "AFTERPUT_ALL=")
	if seed > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("AFTERPUT_SEED=%d", seed))
	}
	out, err := cmd.CombinedOutput()
	return err != nil, string(out)
}

const (
	randomPrograms = "^TestRandomProgramsUnderFaults$"
	withRemovals   = "^TestRandomProgramsWithRemovals$"
	streamed       = "^TestRandomProgramsToAnotherRegion$"
	allTests       = "^Test(RandomPrograms|Every|Case)"
)

// TestMutantsAreCaught builds the engine with errors in it, and expects the seed or test of each mutation to fail. With
// AFTERPUT_ALL it instead runs up to 200 random programs, and the test of each mutation, and logs which of them fail.
func TestMutantsAreCaught(t *testing.T) {
	if skipMutants() {
		t.Skip("this is the binary with the mutations, or -short")
	}
	t.Parallel()
	all := os.Getenv("AFTERPUT_ALL") != ""
	binary := buildMutants(t)
	t.Run("none", func(t *testing.T) {
		if bad, out := mutantFails(t, binary, "", allTests, 0); bad {
			t.Errorf("without a mutation the tests fail:\n%s", out)
		}
	})
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			if all {
				t.Log(findCatcher(t, binary, m), time.Since(began).Round(time.Millisecond))
				return
			}
			tests := randomPrograms
			if m.test != "" {
				tests = "^" + m.test + "$"
			}
			wantCaught(t, binary, m.name, tests, m.seed)
			if m.removals > 0 {
				wantCaught(t, binary, m.name, withRemovals, m.removals)
			}
			if m.streamed > 0 {
				wantCaught(t, binary, m.name, streamed, m.streamed)
			}
		})
	}
}

// wantCaught expects tests to catch a mutant: random programs with a seed, or tests without one, for which it is 0. The
// engine's pauses are random, so a seed may catch a mutant only now and then: it is tried again, and others are too.
func wantCaught(t *testing.T, binary, name, tests string, seed uint64) {
	t.Helper()
	seeds := []uint64{seed}
	if seed > 0 {
		seeds = slices.Repeat(seeds, 5)
		for other := range uint64(60) {
			seeds = append(seeds, other+1)
		}
	}
	out := ""
	for _, seed := range seeds {
		bad, printed := mutantFails(t, binary, name, tests, seed)
		if bad {
			return
		}
		out = printed
	}
	t.Errorf("not caught by %s, seed %d: find another seed with make mutants\n%s", tests, seed, out)
}

func skipMutants() bool {
	_, inside := os.LookupEnv("AFTERPUT_MUTANT")
	return inside || testing.Short()
}

// failingSeed is the seed in the error of a random program.
var failingSeed = regexp.MustCompile(`seed \d+`)

// findCatcher returns what catches a mutant.
func findCatcher(t *testing.T, binary string, m mutation) string {
	t.Helper()
	caught := ""
	if bad, out := mutantFails(t, binary, m.name, randomPrograms, 0); bad {
		caught = "caught by " + cmp.Or(failingSeed.FindString(out), "a random program that ends the process")
	}
	if bad, out := mutantFails(t, binary, m.name, withRemovals, 0); bad {
		caught += " caught with removals by " + cmp.Or(failingSeed.FindString(out), "one that ends the process")
	}
	if bad, out := mutantFails(t, binary, m.name, streamed, 0); bad {
		caught += " caught to another region by " + cmp.Or(failingSeed.FindString(out), "one that ends the process")
	}
	if m.test != "" {
		if bad, _ := mutantFails(t, binary, m.name, "^"+m.test+"$", 0); bad {
			caught += " caught by " + m.test
		}
	}
	if caught == "" {
		t.Errorf("%s is not caught", m.name)
	}
	return caught
}
