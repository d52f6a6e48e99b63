package deploy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"afterput/rules"
)

// Manifest is what an s.yaml of Serverless Devs says of one function.
type Manifest struct {
	name      string
	text      []byte
	env       func(string) (string, bool)
	props     *yaml.Node // of the function
	region    string     // "" where it cannot be resolved
	rawRegion string     // as it is written
	triggers  []declared
	place     *yaml.Node // of the triggers, or of the function without any
	problems  rules.Problems
}

// declared is one trigger of the manifest, with its place.
type declared struct {
	node   *yaml.Node
	name   string
	kind   string
	bucket string   // "" is every bucket of the region
	events []string // without "oss:"; may end with ":*"
	prefix []string // any of these; none is any
	suffix []string
}

// ReadManifest reads an s.yaml. name is what messages call it; env looks up what
// ${env('NAME')} stands for. The error is [rules.Problems], if the file holds no
// function; what is wrong with its triggers is told by [Manifest.Check].
func ReadManifest(name string, text []byte, env func(string) (string, bool)) (*Manifest, error) {
	m := &Manifest{name: name, text: text, env: env}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		line, message := 1, strings.TrimPrefix(err.Error(), "yaml: ")
		if m := syntaxError.FindStringSubmatch(message); m != nil {
			line, _ = strconv.Atoi(m[1]) // digits
			message = m[2]
		}
		return nil, rules.Problems{{File: name, Line: line, Col: 1, Message: message}}
	}
	if doc.Kind != yaml.DocumentNode {
		return nil, rules.Problems{{File: name, Line: 1, Col: 1, Message: "the file is empty"}}
	}
	root := doc.Content[0]
	var functions []*yaml.Node
	if all := at(root, "resources"); all != nil && all.Kind == yaml.MappingNode {
		for i := 1; i < len(all.Content); i += 2 {
			if component := at(all.Content[i], "component"); component != nil && isFC3(component.Value) {
				functions = append(functions, all.Content[i])
			}
		}
	}
	if len(functions) != 1 {
		m.wrong(root, "there are %d functions (resources of component fc3); exactly one is checked", len(functions))
		return nil, m.problems
	}
	props := at(functions[0], "props")
	if props == nil || props.Kind != yaml.MappingNode {
		m.wrong(functions[0], "the function has no props")
		return nil, m.problems
	}
	m.props, m.rawRegion = props, textAt(props, "region")
	(&resolver{vars: at(root, "vars"), env: env, done: map[*yaml.Node]bool{}}).node(root)
	if region := at(props, "region"); region != nil && !strings.Contains(region.Value, "${") {
		m.region = region.Value
	}
	m.place = functions[0]
	if triggers := at(props, "triggers"); triggers != nil {
		m.place = triggers
		for _, n := range triggers.Content {
			if d, ok := m.trigger(n); ok {
				m.triggers = append(m.triggers, d)
			}
		}
	}
	return m, nil
}

var syntaxError = regexp.MustCompile(`^line (\d{1,9}): (.*)$`)

// isFC3 is whether a resource is of component fc3: by its name, a version perhaps
// behind it, or by the path of a copy.
func isFC3(component string) bool {
	name, _, _ := strings.Cut(component[strings.LastIndexAny(component, "/")+1:], "@")
	return name == "fc3"
}

// clean is the manifest with no problems told yet.
func (m *Manifest) clean() *Manifest {
	c := *m
	c.problems = nil
	return &c
}

// Text is the manifest as it was read.
func (m *Manifest) Text() []byte { return m.text }

func (m *Manifest) wrong(n *yaml.Node, format string, args ...any) {
	m.problems = append(m.problems, rules.Problem{File: m.name, Line: n.Line, Col: n.Column, Message: fmt.Sprintf(format, args...)})
}

// trigger reads one trigger; false if it brings no events of OSS.
func (m *Manifest) trigger(n *yaml.Node) (declared, bool) {
	d := declared{node: n, name: textAt(n, "triggerName"), kind: textAt(n, "triggerType")}
	switch d.kind {
	case Native:
		return d, m.native(&d)
	case EventBridge:
		return d, m.eventBridge(&d)
	}
	return d, false // other triggers are of no concern to the rules
}

// nativeEvents are the events of OSS triggers, without "oss:".
// Source: FC user guide, OSS triggers; schema of the fc3 component.
var nativeEvents = append(rules.UploadEvents(), "ObjectCreated:*", "ObjectCreated:InitiateMultipartUpload", "ObjectCreated:UploadPart",
	"ObjectCreated:UploadPartCopy", "ObjectModified:UpdateObjectMeta", "ObjectRemoved:AbortMultipartUpload", "ObjectRemoved:DeleteObject",
	"ObjectRemoved:DeleteObjects")

var ossARN = regexp.MustCompile(`^acs:oss:([^:]*):(.*):([^:/*]+)$`)

func (m *Manifest) native(d *declared) bool {
	source := at(d.node, "sourceArn")
	if source == nil {
		m.wrong(d.node, "trigger %s has no sourceArn: which bucket is it on?", d.name)
		return false
	}
	arn := ossARN.FindStringSubmatch(source.Value)
	if arn == nil || strings.Contains(arn[3], "${") || strings.HasSuffix(arn[3], "}") {
		m.wrong(source, "trigger %s: %q names no bucket: write acs:oss:REGION:ACCOUNT:BUCKET, with variables that vars defines", d.name, source.Value)
		return false
	}
	d.bucket = arn[3]
	if m.region != "" && arn[1] != m.region && !strings.Contains(arn[1], "${") {
		m.wrong(source, "trigger %s is on a bucket in %s, the function is in %s: both must be in one region", d.name, arn[1], m.region)
	}
	config := at(d.node, "triggerConfig")
	events := at(config, "events")
	if events == nil || len(events.Content) == 0 {
		m.wrong(d.node, "trigger %s has no events", d.name)
		return false
	}
	for _, e := range events.Content {
		name, ok := strings.CutPrefix(e.Value, "oss:")
		if !ok || !slices.Contains(nativeEvents, name) {
			m.wrong(e, "trigger %s: OSS triggers have no event %q; they are written like oss:ObjectCreated:PutObject", d.name, e.Value)
			continue
		}
		d.events = append(d.events, name)
	}
	key := at(at(config, "filter"), "key")
	for field, into := range map[string]*[]string{"prefix": &d.prefix, "suffix": &d.suffix} {
		v := at(key, field)
		switch {
		case v == nil:
			m.wrong(d.node, "trigger %s has no triggerConfig.filter.key.%s; write '' for any", d.name, field)
		case strings.Contains(v.Value, "${"):
			m.wrong(v, "trigger %s: %s %q holds what nothing defines", d.name, field, v.Value)
		default:
			*into = []string{v.Value}
		}
	}
	return true
}

// at is a field of a mapping, nil if there is none.
func at(n *yaml.Node, field string) *yaml.Node {
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

func textAt(n *yaml.Node, field string) string {
	if v := at(n, field); v != nil {
		return v.Value
	}
	return ""
}

// without gives the fields of a mapping but one.
func without(n *yaml.Node, field string) *yaml.Node {
	c := *n
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == field {
			c.Content = slices.Concat(n.Content[:i], n.Content[i+2:])
		}
	}
	return &c
}
