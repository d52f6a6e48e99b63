package deploy

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// resolver puts the values of variables in, as Serverless Devs does. What it
// does not know stays as it is.
type resolver struct {
	vars *yaml.Node
	env  func(string) (string, bool)
	done map[*yaml.Node]bool // texts that are resolved, or just being so
}

var (
	expression = regexp.MustCompile(`\$\{([^}]*)\}`)
	// accountCall is the account's id, which only Serverless Devs knows.
	accountCall  = regexp.MustCompile(`\$\{\s*config\(\s*['"]?AccountID['"]?\s*\)\s*\}`)
	undefinedVar = regexp.MustCompile(`\$\{\s*vars\.[^}]*\}`)
	envCall      = regexp.MustCompile(`^env\(\s*['"]?([A-Za-z_]\w*)['"]?\s*(?:,\s*['"]?([^'"]*)['"]?\s*)?\)$`)
)

// longest bounds a text that variables make, in bytes.
const longest = 64 << 10

// node resolves the texts of a node and of all that it holds.
func (r *resolver) node(n *yaml.Node) {
	if r.done[n] {
		return
	}
	r.done[n] = true
	if n.Kind != yaml.ScalarNode {
		for _, inner := range n.Content {
			r.node(inner)
		}
		return
	}
	if s := expression.ReplaceAllStringFunc(n.Value, r.value); len(s) <= longest {
		n.Value = s
	}
}

// value is what one ${…} stands for.
func (r *resolver) value(found string) string {
	name := strings.TrimSpace(found[2 : len(found)-1])
	if path, ok := strings.CutPrefix(name, "vars."); ok {
		v := r.vars
		for _, field := range strings.Split(path, ".") {
			v = at(v, field)
		}
		if v != nil && v.Kind == yaml.ScalarNode {
			r.node(v) // a variable within its own value stays as it is
			return v.Value
		}
	}
	if call := envCall.FindStringSubmatch(name); call != nil {
		if v, _ := r.env(call[1]); v != "" {
			return v
		}
		if strings.Contains(name, ",") {
			return call[2]
		}
	}
	return found
}
