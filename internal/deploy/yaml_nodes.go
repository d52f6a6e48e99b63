package deploy

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// at returns the value that a path of fields leads to, nil if there is none.
func at(n *yaml.Node, path ...string) *yaml.Node {
	for _, field := range path {
		n = fieldOf(n, field)
	}
	return n
}

// fieldOf returns the value of a field of a mapping, nil if there is none.
func fieldOf(n *yaml.Node, field string) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == field {
			return n.Content[i+1]
		}
	}
	return nil
}

// textAt returns the text that a path of fields leads to, "" if there is none.
func textAt(n *yaml.Node, path ...string) string {
	if v := at(n, path...); v != nil {
		return v.Value
	}
	return ""
}

// without returns a copy of a mapping that lacks one field.
func without(n *yaml.Node, field string) *yaml.Node {
	c := *n
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == field {
			c.Content = slices.Concat(n.Content[:i], n.Content[i+2:])
		}
	}
	return &c
}
