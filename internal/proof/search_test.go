package proof

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// search runs a scenario in every order in which things can happen, except for orders that differ only in steps that
// are independent of one another. As many orders run at the same time as there are processors.
type search struct {
	scenario scenario

	mu      sync.Mutex
	changed *sync.Cond
	began   bool
	running int                        // orders that are being run
	open    []*node                    // states with choices that are still to be taken, the next one last
	reached map[string]map[string]bool // by fingerprint: the choices that were asleep whenever the state was reached
	orders  int
	failed  bool
}

// node is a state that an order has reached.
type node struct {
	before  *node // nil for the first
	via     int   // the choice in before that led here
	choices []string
	todo    []int  // the choices that are still to be taken
	asleep  asleep // those that were asleep at first, and those taken since
}

// branch is a choice to be taken in a state, and what was asleep there at that moment.
type branch struct {
	from   *node
	choice int
	asleep asleep
}

// runEveryOrder returns how many orders were run, and how many states they reached. An order is abandoned where it
// reaches a state that an earlier order has reached.
func runEveryOrder(t *testing.T, s scenario) (orders, states int) {
	all := &search{scenario: s, reached: map[string]map[string]bool{}}
	all.changed = sync.NewCond(&all.mu)
	t.Run("orders", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				all.work(t)
			})
		}
	})
	return all.orders, len(all.reached)
}

// work runs orders until all have been run, or one has failed.
func (s *search) work(t *testing.T) {
	for {
		start, n, ok := s.next()
		if !ok {
			return
		}
		log, violations := s.run(t, start)
		if len(violations) > 0 {
			t.Errorf("order %d:\n%s\n\n%s", n, strings.Join(violations, "\n"), strings.Join(log, "\n"))
		}
		s.ran(t.Failed())
	}
}

// next returns where the next order leaves those before it, nil for the first order, and its number.
func (s *search) next() (start *branch, n int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.open) == 0 && s.running > 0 && !s.failed {
		s.changed.Wait()
	}
	if s.failed || s.began && len(s.open) == 0 {
		return nil, 0, false
	}
	if s.began {
		last := s.open[len(s.open)-1]
		start = s.takeNext(last)
		if len(last.todo) == 0 {
			s.open = s.open[:len(s.open)-1]
		}
	}
	s.began = true
	s.running++
	s.orders++
	return start, s.orders, true
}

// takeNext returns the next branch of a state. Choices that are taken later must not be asleep in it, and are not.
func (s *search) takeNext(n *node) *branch {
	b := &branch{from: n, choice: n.todo[0], asleep: maps.Clone(n.asleep)}
	n.todo = n.todo[1:]
	return b
}

// ran records that an order has ended.
func (s *search) ran(failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.failed = s.failed || failed
	s.changed.Broadcast()
}

// run runs one order: to the state that it starts from, and from there always the next choice that is to be taken.
func (s *search) run(t *testing.T, start *branch) (log, violations []string) {
	known := start.path()
	synctest.Test(t, func(t *testing.T) {
		r := s.scenario.newRun(t)
		synctest.Wait()
		at, sleeping, ended := start, asleep{}, false
		for depth := 0; ; depth++ {
			choices := r.choices()
			if ended = len(choices) == 0; ended {
				break
			}
			names := choiceNames(choices)
			if depth < len(known) {
				n := known[depth].from
				if !slices.Equal(n.choices, names) {
					t.Errorf("the order cannot be repeated: %v, before: %v\n%s",
						names, n.choices, strings.Join(r.log, "\n"))
					break
				}
				at = known[depth]
			} else if at = s.enter(r.fingerprint(names), names, at, sleeping); at == nil {
				break
			}
			step := r.take(choices[at.choice])
			if depth >= len(known)-1 {
				sleeping = s.taken(at, step)
			}
		}
		r.finish()
		if ended {
			r.judge()
			log, violations = r.log, r.violations
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return log, violations
}

// path returns the branches that lead to a branch, and itself.
func (b *branch) path() (all []*branch) {
	if b == nil {
		return nil
	}
	for n := b.from; n.before != nil; n = n.before {
		all = append(all, &branch{from: n.before, choice: n.via})
	}
	slices.Reverse(all)
	return append(all, b)
}

// taken records what a choice has used and changed, and returns which choices are asleep in the state that it led to.
func (s *search) taken(b *branch, step *footprint) asleep {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.from.asleep[b.from.choices[b.choice]] = step
	return b.asleep.after(step)
}

// enter records that an order has reached a state, and returns the branch to take there, nil if there is none. To be
// taken are the choices that are not asleep; but if the state was reached before, only those of them that were asleep
// until now.
func (s *search) enter(fingerprint string, choices []string, came *branch, sleeping asleep) *branch {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := &node{choices: choices, asleep: sleeping}
	if came != nil {
		n.before, n.via = came.from, came.choice
	}
	untaken, before := s.reached[fingerprint]
	left := map[string]bool{}
	for i, name := range choices {
		switch {
		case before && !untaken[name]:
		case sleeping[name] != nil:
			left[name] = true
		default:
			n.todo = append(n.todo, i)
		}
	}
	s.reached[fingerprint] = left
	if len(n.todo) == 0 {
		return nil
	}
	b := s.takeNext(n)
	if len(n.todo) > 0 {
		s.open = append(s.open, n)
		s.changed.Signal()
	}
	return b
}
