package rules

// answer is what a test of an object comes to. The order matters: a block's
// answer is the least of its conditions'.
type answer int8

const (
	no      answer = iota // surely not
	unread                // a fact could not be read
	depends               // on a fact that is not known before a request is made
	yes
)

// answerOf is the answer of a test that knows all it needs.
func answerOf(b bool) answer {
	if b {
		return yes
	}
	return no
}

// finding is what testing a rule against an object came to, and where it was
// decided.
type finding struct {
	answer answer
	block  *block    // the block that decided; nil for yes
	except bool      // block is one of the rule's except blocks
	by     condition // the condition that decided
	err    error     // why the fact could not be read
}

// worse keeps the finding that decides.
func (f *finding) worse(other finding) {
	if other.answer < f.answer {
		*f = other
	}
}
