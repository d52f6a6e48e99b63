package ram

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Parse reads a policy in RAM's JSON, or a list of the policies that one holder has. Every element
// is checked. The error begins with the location, as "line:column", and says what was expected
// there.
func Parse(data []byte) (*Policy, error) {
	document, err := read(data)
	if err != nil {
		return nil, err
	}
	p := &parser{data: data}
	if document.scalar != json.Delim('[') || len(document.items) == 0 {
		return p.policy(document)
	}
	all := new(Policy)
	for _, item := range document.items {
		one, err := p.policy(item)
		if err != nil {
			return nil, err
		}
		all.statements = append(all.statements, one.statements...)
	}
	return all, nil
}

type parser struct {
	data   []byte
	bucket bool // the policy is a bucket policy, whose statements have principals
}

func (p *parser) policy(v value) (*Policy, error) {
	elements, err := p.object(v, "the policy", "Version", "Statement")
	if err != nil {
		return nil, err
	}
	version, ok := elements["Version"]
	if !ok {
		return nil, errorAt(p.data, v.at, `the policy needs "Version": "1"`)
	}
	if version.scalar != "1" {
		return nil, errorAt(p.data, version.at, `Version must be the string "1"`)
	}
	list, ok := elements["Statement"]
	if !ok {
		return nil, errorAt(p.data, v.at, `the policy needs "Statement": a list of statements`)
	}
	statements := list.items
	if list.scalar != json.Delim('[') {
		statements = []value{list}
	}
	if len(statements) == 0 {
		return nil, errorAt(p.data, list.at, "Statement is empty; a policy needs at least one statement")
	}
	policy := new(Policy)
	for _, item := range statements {
		s, err := p.statement(item)
		if err != nil {
			return nil, err
		}
		policy.statements = append(policy.statements, s)
	}
	return policy, nil
}

func (p *parser) statement(v value) (statement, error) {
	var s statement
	known := []string{"Effect", "Action", "NotAction", "Resource"}
	if p.bucket {
		known = append(known, "Principal")
	}
	elements, err := p.object(v, "a statement", known...)
	if err != nil {
		return s, err
	}
	effect, ok := elements["Effect"]
	if !ok {
		return s, errorAt(p.data, v.at, `the statement needs "Effect": "Allow" or "Deny"`)
	}
	if effect.scalar != "Allow" && effect.scalar != "Deny" {
		return s, errorAt(p.data, effect.at, `Effect must be "Allow" or "Deny"`)
	}
	s.deny = effect.scalar == "Deny"

	actions, hasAction := elements["Action"]
	others, hasNotAction := elements["NotAction"]
	switch {
	case hasAction == hasNotAction:
		return s, errorAt(p.data, v.at, "the statement needs either Action or NotAction")
	case hasNotAction:
		s.notAction, actions = true, others
	}
	if s.actions, err = texts(p, actions, "an action", parseAction); err != nil {
		return s, err
	}
	resources, ok := elements["Resource"]
	if !ok {
		return s, errorAt(p.data, v.at, `the statement needs "Resource"; "*" is every resource`)
	}
	if s.resources, err = texts(p, resources, "a resource", parseResource); err != nil {
		return s, err
	}
	if principals, ok := elements["Principal"]; ok {
		s.principals, err = texts(p, principals, "a principal", parsePrincipal)
	}
	return s, err
}

// object returns an object's elements by name and refuses unknown ones.
func (p *parser) object(v value, what string, known ...string) (map[string]value, error) {
	if v.scalar != json.Delim('{') {
		return nil, errorAt(p.data, v.at, "%s must be a JSON object", what)
	}
	elements := make(map[string]value)
	for _, f := range v.fields {
		if err := checkElement(f.name, what, known); err != nil {
			return nil, errorAt(p.data, f.at, "%v", err)
		}
		if _, twice := elements[f.name]; twice {
			return nil, errorAt(p.data, f.at, "%q is given twice", f.name)
		}
		elements[f.name] = f.value
	}
	return elements, nil
}

func checkElement(name, what string, known []string) error {
	for _, k := range known {
		if name == k {
			return nil
		}
		if strings.EqualFold(name, k) {
			return fmt.Errorf("%s has no element %q; write %q", what, name, k)
		}
	}
	switch name {
	case "Condition":
		return fmt.Errorf("conditions are not supported, and ignoring one would change what the policy allows; " +
			"remove the condition or the statement")
	case "NotResource":
		return fmt.Errorf("RAM has no NotResource; use Resource, and a Deny statement for the exceptions")
	case "Principal", "NotPrincipal":
		return fmt.Errorf("%s is for bucket policies and trust policies; a RAM policy applies to its holder", name)
	}
	return fmt.Errorf("%s has no element %q; its elements are %s", what, name, strings.Join(known, ", "))
}

// texts reads a string or a list of strings.
func texts[T any](p *parser, v value, what string, parse func(string) (T, error)) ([]T, error) {
	items := v.items
	if v.scalar != json.Delim('[') {
		items = []value{v}
	}
	if len(items) == 0 {
		return nil, errorAt(p.data, v.at, "the list is empty; it needs at least %s", what)
	}
	list := make([]T, 0, len(items))
	for _, item := range items {
		text, ok := item.scalar.(string)
		if !ok {
			return nil, errorAt(p.data, item.at, "%s must be a string", what)
		}
		parsed, err := parse(text)
		if err != nil {
			return nil, errorAt(p.data, item.at, "%v", err)
		}
		list = append(list, parsed)
	}
	return list, nil
}

func parseAction(s string) (string, error) {
	service, name, ok := strings.Cut(s, ":")
	if s != "*" && (!ok || service == "" || name == "" || strings.Contains(name, ":")) {
		return "", fmt.Errorf(`action %q must be "*" or "<service>:<name>", such as "oss:GetObject" or "oss:*"`, s)
	}
	return strings.ToLower(s), nil
}

func parseResource(s string) (resource, error) {
	fields := splitResource(s)
	whole := len(fields) == resourceFields && fields[resourceFields-1] != ""
	if s != "*" && (fields[0] != "acs" || !whole && !strings.HasSuffix(s, "*")) {
		return nil, fmt.Errorf(`resource %q must be "*" or "acs:oss:<region>:<account>:<bucket>[/<key>]", `+
			`such as "acs:oss:*:*:my-bucket/*"`, s)
	}
	return fields, nil
}
