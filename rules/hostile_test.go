package rules

import (
	"runtime"
	"testing"

	"afterput/internal/bench/rulesfile"
	"afterput/rules/internal/keyset"
)

// The guard ends when its steps are used up: so no work may take steps that are not counted.
// Memory shows that, and is the same on every machine.
func TestWhatTheGuardDoesIsCounted(t *testing.T) {
	const limit = 500_000
	undecided := 0
	for _, f := range rulesfile.Hostile(16 << 10) {
		t.Run(f.Name, func(t *testing.T) {
			report := &reporter{file: "rules.yaml"}
			l := &loader{reporter: report, env: testEnv, blocks: []fieldLister{&matchBlock, &copyBlock, &ruleBlock}}
			data := f.Write()
			before := allocated()
			s := l.readFile(data)
			if used := allocated() - before; used > 256<<20 {
				t.Errorf("reading took %d MiB", used>>20)
			}
			if len(report.problems) > 0 {
				return
			}
			s.index, s.payers = newIndex(s.sources, s.rules), s.requestPayers()
			checker := newLoopChecker(s, report)
			checker.meter = keyset.NewMeter(limit)
			before = allocated()
			checker.check()
			used, steps := allocated()-before, uint64(checker.meter.Spent())
			if steps > limit+1_000_000 {
				t.Errorf("%d steps, the limit is %d", steps, limit)
			}
			if used > 16<<20+200*steps {
				t.Errorf("%d steps took %d bytes", steps, used)
			}
			if checker.meter.Exceeded() {
				undecided++
			}
		})
	}
	if undecided < 10 {
		t.Errorf("only %d files were too much for the guard: the files test nothing", undecided)
	}
}

func TestTheStepsOfTheGuardGrowWithTheRules(t *testing.T) {
	small, large := rulesfile.Large(400), rulesfile.Large(1600)
	for i := range small {
		few, many := stepsOf(t, small[i]), stepsOf(t, large[i])
		if many > 4*few+few/4 {
			t.Errorf("%s: %d steps, for four times as many rules %d", small[i].Name, few, many)
		}
		if most := 10_000 / 1600 * many; most > maxAnalysis/4 {
			t.Errorf("%s: 10,000 rules would take %d steps, which is near the limit of %d", small[i].Name, most,
				maxAnalysis)
		}
	}
}

func TestWhatTheLinterAllocatesGrowsWithTheRules(t *testing.T) {
	small, large := rulesfile.Large(200), rulesfile.Large(400)
	for i := range small {
		few, many := allocatedByLint(t, small[i]), allocatedByLint(t, large[i])
		if many > 5*few/2+1<<20 {
			t.Errorf("%s: %d KiB, for twice as many rules %d KiB", small[i].Name, few>>10, many>>10)
		}
	}
}

// allocatedByLint is how many bytes are allocated to look for warnings about a file, which must be accepted.
func allocatedByLint(t *testing.T, f rulesfile.File) uint64 {
	t.Helper()
	s, err := Load("rules.yaml", f.Write(), testEnv)
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	before := allocated()
	s.Lint()
	return allocated() - before
}

// stepsOf is how many steps the guard takes for a file, which must be accepted.
func stepsOf(t *testing.T, f rulesfile.File) int {
	t.Helper()
	s, err := Load("rules.yaml", f.Write(), testEnv)
	if err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
	checker := newLoopChecker(s, &reporter{file: "rules.yaml"})
	checker.check()
	return checker.meter.Spent()
}

// allocated is how many bytes were allocated so far.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
