package rules

import (
	"regexp"
	"sync"
)

// compiledLater compiles an expression when it is first needed: these are needed for
// mistakes alone, and compiling them would slow down every start of the function.
func compiledLater(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
