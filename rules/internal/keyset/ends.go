package keyset

import (
	"regexp/syntax"
	"slices"
)

// PrefixesAnyCase lists at most so many texts with one of which every text begins that begins with prefix, whatever
// its case: the prefix in every spelling, or as much of its beginning as has few enough of them.
func PrefixesAnyCase(prefix string, most int) []string {
	return prefixesOf(spellings([]rune(prefix)), most, nil)
}

// SuffixesAnyCase is PrefixesAnyCase for a suffix.
func SuffixesAnyCase(suffix string, most int) []string {
	return eachReversed(prefixesOf(spellings([]rune(reversed([]rune(suffix)))), most, nil))
}

// spellings is the graph of a text in any case. Its states are numbers of characters.
type spellings []rune

func (s spellings) leaving(states []int) (moves []move, ok bool) {
	at := states[0] // there is one, since all spellings have the same number of characters
	if at == len(s) {
		return nil, false
	}
	for _, r := range alike(s[at]) {
		moves = append(moves, move{r, r, at + 1})
	}
	return moves, true
}

// regexpEnds lists at most so many texts with one of which every key begins in which an expression is found, and with
// one of which it ends.
func regexpEnds(re *syntax.Regexp, most int) (prefixes, suffixes []string) {
	return prefixesOf(newRegexpEnd(re, syntax.OpBeginText), most, nil),
		eachReversed(prefixesOf(newRegexpEnd(re, syntax.OpEndText), most, nil))
}

// regexpEnd is a regular expression that is read from one end, as far as somebody asks: no automaton is built. Its
// states are what of the expression is still to be read.
type regexpEnd struct {
	from   syntax.Op // OpBeginText or OpEndText: the end
	states []rest
	moves  []move // of the states that are left
	work   int    // for these
}

// rest is an expression that is still to be read, and what follows it.
type rest struct {
	re   *syntax.Regexp
	read int   // of a literal: its characters; of a repetition: how often
	then *rest // nil if nothing follows
}

func newRegexpEnd(re *syntax.Regexp, from syntax.Op) *regexpEnd {
	return &regexpEnd{from: from, states: []rest{{re: re}}}
}

// maxRead bounds the expressions that are looked at to find the next character.
const maxRead = 200

func (e *regexpEnd) leaving(states []int) (moves []move, ok bool) {
	e.moves, e.work = nil, 0
	for _, state := range states {
		if !e.read(&e.states[state], state == 0, state > 0) {
			return nil, false
		}
	}
	return e.moves, true
}

// read adds the moves over the first characters of what is still to be read. It returns false if they are not known.
// atEnd says that nothing was read before, anchored that what is read is next to what was read before, or to the end.
func (e *regexpEnd) read(r *rest, atEnd, anchored bool) bool {
	if e.work++; r == nil || e.work > maxRead {
		return false
	}
	goOn := func(next *rest) bool { return e.read(next, atEnd, anchored) }
	switch re := r.re; re.Op {
	case syntax.OpNoMatch:
		return true
	case syntax.OpBeginText, syntax.OpEndText:
		if re.Op != e.from {
			return false // the key ends
		}
		return !atEnd || e.read(r.then, true, true)
	case syntax.OpLiteral:
		if r.read == len(re.Rune) {
			return goOn(r.then)
		}
		return anchored && e.addCharacter(r)
	case syntax.OpCharClass:
		return anchored && e.addClass(r)
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return false
	case syntax.OpCapture:
		return goOn(&rest{re: re.Sub[0], then: r.then})
	case syntax.OpConcat:
		return goOn(e.inOrder(re.Sub, r.then))
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool {
			return !goOn(&rest{re: sub, then: r.then})
		})
	case syntax.OpQuest, syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		least, most := repetitions(re)
		if r.read >= least && !goOn(r.then) {
			return false
		}
		if most >= 0 && r.read >= most {
			return true
		}
		return goOn(&rest{re: re.Sub[0], then: &rest{re: re, read: r.read + 1, then: r.then}})
	}
	return goOn(r.then) // a boundary of a line or a word, or nothing
}

// repetitions is how often an expression is repeated; most is -1 if there is no bound.
func repetitions(re *syntax.Regexp) (least, most int) {
	switch re.Op {
	case syntax.OpQuest:
		return 0, 1
	case syntax.OpStar:
		return 0, -1
	case syntax.OpPlus:
		return 1, -1
	}
	return re.Min, re.Max
}

// inOrder is several expressions in the order in which they are read, and then another.
func (e *regexpEnd) inOrder(all []*syntax.Regexp, then *rest) *rest {
	for i := range all {
		re := all[i]
		if e.from == syntax.OpBeginText {
			re = all[len(all)-1-i]
		}
		then = &rest{re: re, then: then}
	}
	return then
}

// addCharacter adds the moves over the next character of a literal.
func (e *regexpEnd) addCharacter(r *rest) bool {
	at := r.read
	if e.from == syntax.OpEndText {
		at = len(r.re.Rune) - 1 - at
	}
	to := e.state(rest{r.re, r.read + 1, r.then})
	chars := []rune{r.re.Rune[at]}
	if r.re.Flags&syntax.FoldCase != 0 {
		chars = alike(chars[0])
	}
	for _, c := range chars {
		e.moves = append(e.moves, move{c, c, to})
	}
	return true
}

// addClass adds the moves over a class of characters.
func (e *regexpEnd) addClass(r *rest) bool {
	to := e.state(rest{re: &syntax.Regexp{Op: syntax.OpEmptyMatch}, then: r.then})
	for i := 0; i < len(r.re.Rune); i += 2 {
		e.moves = append(e.moves, move{r.re.Rune[i], r.re.Rune[i+1], to})
	}
	return true
}

// state adds a state.
func (e *regexpEnd) state(r rest) int {
	e.states = append(e.states, r)
	return len(e.states) - 1
}
