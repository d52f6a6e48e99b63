package deploy

import (
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"afterput/rules"
)

// Manifest is what an s.yaml of Serverless Devs says about one function.
type Manifest struct {
	name            string
	text            []byte
	env             func(string) (string, bool)
	access          *yaml.Node // the alias of the credentials, nil if it is left out
	props           *yaml.Node // of the function
	region          string     // "" where it is unknown
	regionText      string     // as it is written, variables included
	triggersAt      *yaml.Node // the list of triggers, or the function if there is none
	triggers        []manifestTrigger
	triggerProblems rules.Problems // found while the triggers were read
}

// ReadManifest reads an s.yaml. Messages call the file name; env looks up environment variables for ${env('NAME')}. The
// error is [rules.Problems] if the file does not contain exactly one function. Problems of its triggers are left to
// [Manifest.Check].
func ReadManifest(name string, text []byte, env func(string) (string, bool)) (*Manifest, error) {
	root, err := parseYAML(name, text)
	if err != nil {
		return nil, err
	}
	problems := &problemList{file: name}
	function := onlyFunction(root, problems)
	if function == nil {
		return nil, problems.all
	}
	props := at(function, "props")
	if props == nil || props.Kind != yaml.MappingNode {
		problems.add(function, "the function has no props")
		return nil, problems.all
	}
	m := &Manifest{name: name, text: text, env: env, access: at(root, "access"), props: props, triggersAt: function}
	m.regionText = textAt(props, "region")
	(&resolver{vars: at(root, "vars"), env: env, done: map[*yaml.Node]bool{}}).resolve(root)
	if region := textAt(props, "region"); !strings.Contains(region, "${") {
		m.region = region
	}
	if list := at(props, "triggers"); list != nil {
		m.triggersAt = list
		for _, n := range list.Content {
			if t, ok := m.readTrigger(n, problems); ok {
				m.triggers = append(m.triggers, t)
			}
		}
	}
	m.triggerProblems = problems.all
	return m, nil
}

var yamlError = regexp.MustCompile(`^line (\d{1,9}): (.*)$`)

// parseYAML returns the root of a YAML document. The error is [rules.Problems].
func parseYAML(name string, text []byte) (*yaml.Node, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		line, message := 1, strings.TrimPrefix(err.Error(), "yaml: ")
		if found := yamlError.FindStringSubmatch(message); found != nil {
			line, _ = strconv.Atoi(found[1]) // digits
			message = found[2]
		}
		return nil, rules.Problems{{File: name, Line: line, Col: 1, Message: message}}
	}
	if doc.Kind != yaml.DocumentNode {
		return nil, rules.Problems{{File: name, Line: 1, Col: 1, Message: "the file is empty"}}
	}
	return doc.Content[0], nil
}

// onlyFunction returns the only resource of component fc3, nil if there is not exactly one.
func onlyFunction(root *yaml.Node, problems *problemList) *yaml.Node {
	var functions []*yaml.Node
	if resources := at(root, "resources"); resources != nil && resources.Kind == yaml.MappingNode {
		for i := 1; i < len(resources.Content); i += 2 {
			if resource := resources.Content[i]; isFC3(textAt(resource, "component")) {
				functions = append(functions, resource)
			}
		}
	}
	if len(functions) != 1 {
		problems.add(root, "there are %d functions (resources of component fc3); want exactly one", len(functions))
		return nil
	}
	return functions[0]
}

// isFC3 reports whether a component is fc3, written as a name, as a name with a version, or as the path of a copy.
func isFC3(component string) bool {
	name, _, _ := strings.Cut(component[strings.LastIndex(component, "/")+1:], "@")
	return name == "fc3"
}

// Text returns the manifest as it was read.
func (m *Manifest) Text() []byte { return m.text }

// field returns a field of the function, or the function's props where the field is missing.
func (m *Manifest) field(name string) *yaml.Node {
	if n := at(m.props, name); n != nil {
		return n
	}
	return m.props
}
