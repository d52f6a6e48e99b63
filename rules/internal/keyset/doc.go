// Package keyset computes with sets of object keys. A set is usually infinite: all
// keys that begin with a literal, that match a glob or a regular expression, or that
// a template can produce. The package answers questions such as "is there a key that
// matches in/**, does not match *.tmp, and can be written by out/${base}?" without
// looking at any object.
//
// It is used to prove things about a rules file before the first upload: that no copy
// can trigger its own rule, that a rule is not unreachable, that the triggers deliver
// every event a rule needs.
//
// # Making sets
//
// [None], [Literal], [AnyOf], [Repeat], [Any], [StartingWith] and [EndingWith] make simple
// sets. [ParseGlob] and [Regexp] make the set of what a pattern matches. [Union],
// [Concat], [Set.Intersect] and [Set.Minus] combine sets; [Set.Part],
// [Set.CutPrefix] and [Set.CutSuffix] apply to every key of a set what a
// placeholder such as ${base} or ${key#in/} does to one key. A set never changes
// once it is made, so it can be shared between goroutines.
//
// [Set.AnyCase] makes of a set of folded keys ([Fold]) the set of the keys that differ from
// them in case alone, and [Glob.AnyCase] the same of a glob.
//
// # How a set is represented
//
// A [Set] is a nondeterministic finite automaton over Unicode code points. A state has
// moves; a move covers a range of characters and leads to one state. State 0 is the
// start. A key is in the set if some sequence of moves spells it and stops in an
// accepting state. For example, a/* (a slash is not matched by *) is
//
//	(0) --a--> (1) --/--> ((2)) --any but /--> ((2))
//
// where double parentheses mark the accepting state.
//
// While a set is being built, its automaton may also have empty moves, which consume no
// character. They make union and concatenation trivial: copy both automata, connect
// them. [Set] values have none: the builder replaces each state's moves by those of
// every state that empty moves reach, and then trims the automaton, which drops states
// that are not reachable from the start and states from which no accepting state is
// reachable. After trimming, a set is empty exactly if its start state neither accepts
// nor moves, so emptiness costs nothing to test.
//
// Intersection is the product construction: its states are pairs of states, and a pair
// moves where both of its members move over a common character. Difference determinizes
// the right-hand side while the product is built (the subset construction): a state of
// the result is a state of the left side together with the set of all states that the
// right side can be in, and it accepts if the left accepts and none of those does.
// Only combinations that can really be reached are made.
//
// # Cost and bounds
//
// Union and concatenation are linear in the number of states and moves. Intersection is
// quadratic in the worst case, and difference exponential in the number of states of
// the right side. In practice the sets of a rules file have tens of states, and an
// operation takes microseconds.
//
// A hostile or unlucky file must not be able to make loading slow, so the operations
// whose cost can explode are bounded: a concatenation, a regular expression, an
// intersection and a difference have at most about 4,000 states, and the latter two stop
// after about 300,000 steps. An operation that exceeds a bound returns a larger set
// instead; which one is documented at each operation.
//
// Results are therefore upper bounds: a set may contain too many keys, but lacks none,
// with two exceptions. Parts may lack the empty key (see [Set.Part]), and a difference
// lacks those keys that its right side contains without need: subtract exact sets only.
// [Glob.Set] and [Regexp] report whether their set is exact; an Intersect or Minus that
// gave up returns its receiver, the same pointer.
package keyset
