package rules

import (
	"errors"
)

// truth is what a test of an object comes to. The order matters: a block's
// answer is the least of its conditions'.
type truth int8

const (
	no      truth = iota // surely not
	unread               // a fact could not be read
	depends              // on a fact that is not known before a request is made
	yes
)

// truthOf is the answer of a test that knows all it needs.
func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// truthAfter is what a test comes to when its fact gave that error.
func truthAfter(err error) truth {
	if errors.Is(err, ErrNotKnown) {
		return depends
	}
	return unread
}
