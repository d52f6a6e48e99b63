package measure

import "slices"

// Order puts the files in an order in which few arrows run back, from a file to one before it: users first, what they
// use after them. A package without circles has an order without any.
//
// The fewest are hard to find. This is the greedy way of Eades, Lin and Smyth ("A fast and effective heuristic for the
// feedback arc set problem", 1993), after which files are moved one at a time, each to where it helps most, until no
// move helps any more. Files that are equal are taken by name, so that the order is always the same.
func (f *Files) Order() []string {
	order := f.greedy()
	for f.improve(order) {
	}
	return order
}

// greedy takes files from both ends: those that nobody uses to the front, those that use nobody to the back, and
// else that whose uses outnumber its users most to the front.
func (f *Files) greedy() []string {
	var front, back []string
	left := slices.Clone(f.Names)
	for len(left) > 0 {
		uses, users := map[string]int{}, map[string]int{}
		for _, a := range f.Arrows {
			if slices.Contains(left, a.From) && slices.Contains(left, a.To) {
				uses[a.From]++
				users[a.To]++
			}
		}
		next, atBack := left[0], false
		for _, name := range left {
			if uses[name] == 0 {
				next, atBack = name, true
				break
			}
			if better(uses, users, name, next) {
				next = name
			}
		}
		left = slices.DeleteFunc(left, func(name string) bool { return name == next })
		if atBack {
			back = append(back, next)
		} else {
			front = append(front, next)
		}
	}
	slices.Reverse(back)
	return append(front, back...)
}

// better reports whether a file belongs before another.
func better(uses, users map[string]int, a, b string) bool {
	if users[a] == 0 || users[b] == 0 {
		return users[a] == 0 && users[b] > 0
	}
	return uses[a]-users[a] > uses[b]-users[b]
}

// improve moves one file to where most back arrows are saved, and reports whether any move saves one.
func (f *Files) improve(order []string) bool {
	for from, name := range order {
		best, saved := from, 0
		for _, step := range []int{-1, 1} {
			gain := 0
			for to := from + step; to >= 0 && to < len(order); to += step {
				gain += step * (f.has(order[to], name) - f.has(name, order[to]))
				if gain > saved {
					best, saved = to, gain
				}
			}
		}
		if saved > 0 {
			copy(order[from:], order[from+1:])
			copy(order[best+1:], order[best:len(order)-1])
			order[best] = name
			return true
		}
	}
	return false
}

// has is 1 if there is an arrow, else 0.
func (f *Files) has(from, to string) int {
	if _, found := slices.BinarySearchFunc(f.Arrows, Arrow{from, to}, compareArrows); found {
		return 1
	}
	return 0
}

// Back are the arrows that run back in [Files.Order].
func (f *Files) Back() (back []Arrow) {
	at := map[string]int{}
	for i, name := range f.Order() {
		at[name] = i
	}
	for _, a := range f.Arrows {
		if at[a.To] < at[a.From] {
			back = append(back, a)
		}
	}
	return back
}
