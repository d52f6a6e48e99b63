package rules

import "errors"

// truth is the result of a test, which may be undecided. The order matters: the truth of a
// block is the least of its conditions'.
type truth int8

const (
	no      truth = iota // surely not
	unread               // a fact could not be read
	depends              // it takes a request that is not made
	yes
)

// truthOf is the truth of a test that is decided.
func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// truthAfter is the truth of a test whose fact could not be got.
func truthAfter(err error) truth {
	if errors.Is(err, ErrNotKnown) {
		return depends
	}
	return unread
}
