package deploy

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// resolver replaces variables by their values, as Serverless Devs does. Variables that it does not know stay as they
// are.
type resolver struct {
	vars *yaml.Node
	env  func(string) (string, bool)
	done map[*yaml.Node]bool // nodes that are resolved, or are being resolved
}

var (
	expression = regexp.MustCompile(`\$\{([^}]*)\}`)
	// accountCall stands for the account ID, which only Serverless Devs knows.
	accountCall  = regexp.MustCompile(`\$\{\s*config\(\s*['"]?AccountID['"]?\s*\)\s*\}`)
	undefinedVar = regexp.MustCompile(`\$\{\s*vars\.[^}]*\}`)
	envCall      = regexp.MustCompile(`^env\(\s*['"]?([A-Za-z_]\w*)['"]?\s*(?:,\s*['"]?([^'"]*)['"]?\s*)?\)$`)
)

// longest is the limit in bytes for a text with its variables replaced.
const longest = 64 << 10

// resolve replaces the variables in a node and in all nodes within it.
func (r *resolver) resolve(n *yaml.Node) {
	if r.done[n] {
		return
	}
	r.done[n] = true
	if n.Kind != yaml.ScalarNode {
		for _, inner := range n.Content {
			r.resolve(inner)
		}
		return
	}
	if s := expression.ReplaceAllStringFunc(n.Value, r.value); len(s) <= longest {
		n.Value = s
	}
}

// value returns the value of one ${…}, or the expression itself if its value is unknown.
func (r *resolver) value(expression string) string {
	name := strings.TrimSpace(expression[2 : len(expression)-1])
	if path, ok := strings.CutPrefix(name, "vars."); ok {
		v := at(r.vars, strings.Split(path, ".")...)
		if v != nil && v.Kind == yaml.ScalarNode {
			r.resolve(v) // a variable within its own value stays as it is
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
	return expression
}
