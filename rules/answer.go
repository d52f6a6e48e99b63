package rules

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

// testResult is what testing a rule against an object came to, and where it was
// decided.
type testResult struct {
	truth     truth
	block     *block    // the block that decided; nil for yes
	except    bool      // block is one of the rule's except blocks
	condition condition // the condition that decided
	err       error     // why the fact could not be read
}

// and keeps the finding that decides.
func (f *testResult) and(other testResult) {
	if other.truth < f.truth {
		*f = other
	}
}
