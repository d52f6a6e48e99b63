package rules

import (
	"slices"
	"strings"
)

// trie is a radix tree over prefixes of keys. Every node may have a second tree, over
// suffixes of keys, read backwards.
type trie struct {
	label    string  // on the edge to this node
	first    string  // first byte of each child's label
	children []*trie // in the order of first
	rules    []int32 // rules that need this prefix only
	tails    *trie   // rules that need a suffix too
}

// maxPairs bounds how often one rule is entered under a prefix and a suffix. One that
// has more pairs is entered under its prefixes alone.
const maxPairs = 256

// enter adds a rule under every pair of its literal prefixes and suffixes.
func (t *trie) enter(r *rule) {
	heads, tails := r.match.literals()
	if len(heads)*len(tails) > maxPairs {
		tails = []string{""}
	}
	for _, head := range heads {
		n := t.node(head)
		for _, tail := range tails {
			if tail == "" {
				n.rules = append(n.rules, r.index)
				continue
			}
			if n.tails == nil {
				n.tails = &trie{}
			}
			end := n.tails.node(reversed(tail))
			end.rules = append(end.rules, r.index)
		}
	}
}

// node finds or makes the node of a text.
func (t *trie) node(s string) *trie {
	for s != "" {
		i := strings.IndexByte(t.first, s[0])
		if i < 0 {
			child := &trie{label: s}
			t.first, t.children = t.first+s[:1], append(t.children, child)
			return child
		}
		child := t.children[i]
		n := 0
		for n < len(s) && n < len(child.label) && s[n] == child.label[n] {
			n++
		}
		if n < len(child.label) {
			fork := &trie{label: child.label[:n], first: child.label[n : n+1], children: []*trie{child}}
			child.label = child.label[n:]
			t.children[i] = fork
			child = fork
		}
		t, s = child, s[n:]
	}
	return t
}

// find appends the rules under all prefixes of a key, and under those with a suffix the
// key has.
func (t *trie) find(key string, found []int32) []int32 {
	rest := key
	for {
		found = append(found, t.rules...)
		if t.tails != nil {
			found = t.tails.findBackwards(key, found)
		}
		if rest == "" {
			return found
		}
		i := strings.IndexByte(t.first, rest[0])
		if i < 0 {
			return found
		}
		t = t.children[i]
		if !strings.HasPrefix(rest, t.label) {
			return found
		}
		rest = rest[len(t.label):]
	}
}

func (t *trie) findBackwards(key string, found []int32) []int32 {
	for {
		found = append(found, t.rules...)
		if key == "" {
			return found
		}
		i := strings.IndexByte(t.first, key[len(key)-1])
		if i < 0 {
			return found
		}
		t = t.children[i]
		if len(key) < len(t.label) {
			return found
		}
		for j := range len(t.label) {
			if t.label[j] != key[len(key)-1-j] {
				return found
			}
		}
		key = key[:len(key)-len(t.label)]
	}
}

// nearby collects the rules that may match keys of which a prefix and a suffix are known.
type nearby struct {
	tail  string // the suffix, read backwards
	found []int32
	steps int // nodes and rules that were looked at
}

// under collects the rules under all prefixes of head, and under all texts that head is a
// prefix of.
func (n *nearby) under(t *trie, head string) {
	if head == "" {
		n.all(t)
		return
	}
	n.here(t)
	i := strings.IndexByte(t.first, head[0])
	if i < 0 {
		return
	}
	child := t.children[i]
	if rest, ok := strings.CutPrefix(head, child.label); ok {
		n.under(child, rest)
	} else if strings.HasPrefix(child.label, head) {
		n.all(child)
	}
}

// all collects the rules of the tree.
func (n *nearby) all(t *trie) {
	n.here(t)
	for _, child := range t.children {
		n.all(child)
	}
}

// here collects the rules of one node.
func (n *nearby) here(t *trie) {
	n.steps += 1 + len(t.rules)
	n.found = append(n.found, t.rules...)
	if t.tails != nil {
		n.under(t.tails, n.tail)
	}
}

// reversed reverses the bytes of a text.
func reversed(s string) string {
	b := []byte(s)
	slices.Reverse(b)
	return string(b)
}
