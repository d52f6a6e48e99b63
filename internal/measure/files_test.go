package measure

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAnArrowIsOneFileThatUsesANameOfAnother(t *testing.T) {
	files, err := ReadFiles("testdata/shop")
	if err != nil {
		t.Fatal(err)
	}
	want := &Files{
		Names: []string{"line.go", "order.go", "price.go"},
		Arrows: []Arrow{
			{"order.go", "line.go"}, {"order.go", "price.go"}, {"price.go", "line.go"}, {"price.go", "order.go"},
		},
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// graph has an arrow for each pair of letters.
func graph(arrows ...string) *Files {
	f := &Files{Names: []string{"a", "b", "c", "d", "e", "f"}}
	for _, a := range arrows {
		f.Arrows = append(f.Arrows, Arrow{a[:1], a[1:]})
	}
	return f
}

func TestBackArrowsAndCircles(t *testing.T) {
	for name, c := range map[string]struct {
		files    *Files
		back     int
		circle   []string
		inCircle int
	}{
		"no circle":            {graph("ac", "ba", "bc", "cd", "fa"), 0, nil, 0},
		"two use each other":   {graph("ab", "ba", "bc"), 1, []string{"a", "b"}, 2},
		"a circle of three":    {graph("ab", "bc", "ca", "da", "ce"), 1, []string{"a", "b", "c"}, 3},
		"two circles":          {graph("ab", "ba", "bc", "cd", "de", "ec"), 2, []string{"c", "d", "e"}, 5},
		"a chord of a circle":  {graph("ab", "ac", "bc", "cd", "da"), 1, []string{"a", "b", "c", "d"}, 5},
		"every two of three":   {graph("ab", "ac", "ba", "bc", "ca", "cb"), 3, []string{"a", "b", "c"}, 6},
		"circles that share b": {graph("ab", "bc", "cb", "ce", "eb"), 1, []string{"b", "c", "e"}, 4},
	} {
		t.Run(name, func(t *testing.T) {
			if back := c.files.Back(); len(back) != c.back {
				t.Errorf("back %v in %v, want %d", back, c.files.Order(), c.back)
			}
			if diff := cmp.Diff(c.circle, c.files.Circle()); diff != "" {
				t.Errorf("circle (-want +got):\n%s", diff)
			}
			if n := c.files.InCircles(); n != c.inCircle {
				t.Errorf("%d arrows in circles, want %d", n, c.inCircle)
			}
		})
	}
}
