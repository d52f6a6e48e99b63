package measure

// Circle is the largest set of files each of which uses every other, directly or through others: the largest strongly
// connected component. It is empty where no two files use each other.
func (f *Files) Circle() (largest []string) {
	reached := f.reachable()
	for _, name := range f.Names {
		var circle []string
		for _, other := range f.Names {
			if reached[Arrow{name, other}] && reached[Arrow{other, name}] {
				circle = append(circle, other)
			}
		}
		if len(circle) > len(largest) {
			largest = circle
		}
	}
	return largest
}

// InCircles is how many arrows lead from a file to one that uses it in turn, directly or through others. No order of
// the files is as it should be for all of them.
func (f *Files) InCircles() (n int) {
	reached := f.reachable()
	for _, a := range f.Arrows {
		if reached[Arrow{a.To, a.From}] {
			n++
		}
	}
	return n
}

// reachable has an arrow from each file to every one that it uses, directly or through others.
func (f *Files) reachable() map[Arrow]bool {
	all := map[Arrow]bool{}
	var walk func(from, at string)
	walk = func(from, at string) {
		for _, a := range f.Arrows {
			if way := (Arrow{from, a.To}); a.From == at && !all[way] {
				all[way] = true
				walk(from, a.To)
			}
		}
	}
	for _, name := range f.Names {
		walk(name, name)
	}
	return all
}
