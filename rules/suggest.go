package rules

import "strings"

// nearest returns the name that was most likely meant by a mistyped one, "" if none is
// similar: at most a third of the letters may differ. Case, hyphens and underscores do
// not count.
func nearest(typed string, names []string) string {
	if len(typed) > 64 {
		return ""
	}
	typed = letters(typed)
	best, bestDistance := "", len(typed)/3+1
	for _, name := range names {
		if d := editDistance(typed, letters(name)); d < bestDistance {
			best, bestDistance = name, d
		}
	}
	return best
}

// didYouMean is the end of a message about a mistyped name, "" if no name is similar.
func didYouMean(typed string, names []string) string {
	if name := nearest(typed, names); name != "" {
		return "; did you mean " + quote(name) + "?"
	}
	return ""
}

var separators = strings.NewReplacer("_", "", "-", "", " ", "")

func letters(s string) string { return separators.Replace(strings.ToLower(s)) }

// editDistance counts the letters to insert, remove, replace or swap with their
// neighbour to make b out of a.
func editDistance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			differs := 1
			if a[i-1] == b[j-1] {
				differs = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+differs)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
