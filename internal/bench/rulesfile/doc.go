// Package rulesfile writes rules files that are large or hostile, for benchmarks and tests of what loading them costs.
package rulesfile

import (
	"fmt"
	"strings"
)

// File is a rules file that is written when it is needed.
type File struct {
	Name  string
	Write func() []byte
}

// head begins a file with two source buckets.
const head = "version: 1\nsources: [src-a, src-b]\n"

// numbered repeats a text n times; each %d in it is the number of the repetition.
func numbered(n int, text string) string {
	if !strings.Contains(text, "%d") {
		return strings.Repeat(text, n)
	}
	var b strings.Builder
	parts := strings.Split(text, "%d")
	for i := range n {
		b.WriteString(strings.Join(parts, fmt.Sprint(i)))
	}
	return b.String()
}
