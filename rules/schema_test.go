package rules

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func TestPrintedSchemaIsTheOneBesideTheExamplesAndTheDeployedRules(t *testing.T) {
	for _, file := range []string{"../examples/rules.schema.json", "../function/rules.schema.json"} {
		if *update {
			if err := os.WriteFile(file, Schema(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(Schema())); diff != "" {
			t.Errorf("run go test ./rules -run PrintedSchema -update (-%s +printed):\n%s", file, diff)
		}
	}
}

func TestFilesThatLoadFitTheSchema(t *testing.T) {
	s := compiledSchema(t)
	files := append(matching(t, "../examples/*.yaml"), matching(t, "../testdata/rules/honest/*.yaml")...)
	files = append(files, matching(t, "../testdata/rules/*.yaml")...)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(asJSON(t, data)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, file := range matching(t, "../testdata/cases/*/*.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(file, data, testEnv); err != nil {
			continue
		}
		if err := s.Validate(asJSON(t, data)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	for _, file := range append(matching(t, "../testdata/plans/*.txtar"),
		matching(t, "../testdata/rules/lint/*.txtar")...) {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range ar.Files {
			if f.Name != "rules.yaml" {
				continue
			}
			if err := s.Validate(asJSON(t, f.Data)); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

func TestSchemaSeesWhatAnEditorShouldMark(t *testing.T) {
	s := compiledSchema(t)
	const (
		head = "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {prefix: a/}\n"
		tail = "    copy: [{bucket: replica}]\n"
		rule = "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: "
	)
	if err := s.Validate(asJSON(t, []byte(head+tail))); err != nil {
		t.Fatalf("the file that the mistakes are put into does not fit: %v", err)
	}
	for what, file := range map[string]string{
		"no version":            "sources: [inbox]\nrules:\n  - name: r\n    match: {}\n" + tail,
		"unknown version":       "version: 2\nsources: [inbox]\nrules:\n  - name: r\n    match: {}\n" + tail,
		"zone with summer time": "time-zone: Europe/Berlin\n" + head + tail,
		"no sources":            "version: 1\nrules:\n  - name: r\n    match: {}\n" + tail,
		"empty sources":         "version: 1\nsources: []\nrules:\n  - name: r\n    match: {}\n" + tail,
		"a source that is not":  "version: 1\nsources: [In_Box]\nrules:\n  - name: r\n    match: {}\n" + tail,
		"no rules":              "version: 1\nsources: [inbox]\n",
		"unknown top field":     "rule: []\n" + head + tail,
		"name in capitals":      "version: 1\nsources: [inbox]\nrules:\n  - name: R\n    match: {}\n" + tail,
		"no match":              "version: 1\nsources: [inbox]\nrules:\n  - name: r\n" + tail,
		"empty match":           "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match:\n" + tail,
		"unknown match field":   "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {prefx: a}\n" + tail,
		"copy as a block":       head + "    copy: {bucket: replica}\n",
		"no copy":               head,
		"empty copy":            head + "    copy: [{}]\n",
		"no copy, no stop":      head + "    copy: []\n",
		"no copy, stop false":   head + "    stop: false\n    copy: []\n",
		"no bucket":             head + "    copy: [{bucket: []}]\n",
		"ignored case, yes":     rule + "{prefix: a/, ignore-case: 'yes'}\n" + tail,
		"unknown copy field":    head + "    copy: [{bucket: b01, storage_class: IA}]\n",
		"unknown class":         head + "    copy: [{bucket: b01, storage-class: Glacier}]\n",
		"unknown ACL":           head + "    copy: [{bucket: b01, object-acl: public}]\n",
		"unknown directive":     head + "    copy: [{bucket: b01, tagging-directive: KEEP}]\n",
		"key as a block":        head + "    copy: [{key: {key}}]\n",
		"a single dollar":       head + "    copy: [{key: a$b}]\n",
		"unknown placeholder":   head + "    copy: [{key: 'x/${name}'}]\n",
		"case before suffix":    head + "    copy: [{key: 'x/${key,,%a}'}]\n",
		"offset alone":          head + "    copy: [{key: 'x/${key:0}'}]\n",
		"unknown time":          head + "    copy: [{key: 'x/${time.milli}'}]\n",
		"nothing cut off":       head + "    copy: [{key: 'x/${key#}'}]\n",
		"text for true":         head + "    copy: [{bucket: b01, forbid-overwrite: 'yes'}]\n",
		"words for a limit":     head + "    copy: [{bucket: b01, traffic-limit: 1MB}]\n",
		"tags as a list":        head + "    copy: [{bucket: b01, tagging: [a]}]\n",
		"a tag key with ?":      head + "    copy: [{bucket: b01, tagging: {'a?': b}}]\n",
		"a meta name with _":    head + "    copy: [{bucket: b01, metadata-directive: MERGE, meta: {a_b: c}}]\n",
		"size as a number":      "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {size: 5}\n" + tail,
		"size in MB": "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {size: {below: " +
			"5MB}}\n" + tail,
		"unknown event": "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {event: PutObject}\n" +
			tail,
		"regexp as a list": "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {regexp: [a, b]}\n" +
			tail,
		"capitals in a bucket":       head + "    copy: [{bucket: My_Bucket}]\n",
		"a limit out of its range":   head + "    copy: [{bucket: b01, traffic-limit: 100}]\n",
		"words for an address":       rule + "{source-ip: 10.0.0}\n" + tail,
		"a day for a time":           head + "    copy: [{bucket: b01, copy-source-if-modified-since: 2026-11-20}]\n",
		"a header without directive": head + "    copy: [{bucket: b01, cache-control: no-cache}]\n",
		"metadata without directive": head + "    copy: [{bucket: b01, meta: {a: b}}]\n",
		"a key without encryption":   head + "    copy: [{bucket: b01, server-side-encryption-key-id: k}]\n",
		"a key with other encryption": head + "    copy: [{bucket: b01, server-side-encryption: AES256, " +
			"server-side-encryption-key-id: k}]\n",
		"empty except block": head + "    except: [{}]\n" + tail,
		"placeholder in match": "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {prefix: " +
			"'x/${key}'}\n" + tail,
		"single $ in a header": head + "    copy: [{bucket: b01, metadata-directive: MERGE, cache-control: 'x " +
			"$5'}]\n",
		"prefix of a block":    rule + "{prefix: \"a\\n\"}\n" + tail,
		"key of two lines":     head + "    copy: [{key: \"x/\\n${key}\"}]\n",
		"tag with a break":     head + "    copy: [{bucket: b01, tagging: {a: \"x\\n\"}}]\n",
		"wanted tag, break":    rule + "{tagging: {a: \"x\\n\"}}\n" + tail,
		"regexp of two lines":  rule + "{regexp: \"a\\n\"}\n" + tail,
		"empty prefix":         "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {prefix: ''}\n" + tail,
		"defaults not in copy": "defaults: {object-acl: private}\n" + head + tail,
	} {
		if _, err := Load("rules.yaml", []byte(file), testEnv); err == nil {
			t.Errorf("%s: the loader takes it:\n%s", what, file)
		}
		if err := s.Validate(asJSON(t, []byte(file))); err == nil {
			t.Errorf("%s: fits the schema:\n%s", what, file)
		}
	}
}

// Quotes around a scalar change nothing for the loader, or it refuses the file: the schema
// gives the same answer.
func TestQuotesMeanTheSameToTheLoaderAndTheSchema(t *testing.T) {
	s := compiledSchema(t)
	data, err := os.ReadFile("../testdata/rules/every-field.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	seen := 0
	var quoted func(n *yaml.Node)
	quoted = func(n *yaml.Node) {
		for _, child := range n.Content {
			quoted(child)
		}
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || n.Tag == "!!str" {
			return
		}
		seen++
		before := *n
		n.Style, n.Tag = yaml.DoubleQuotedStyle, "!!str"
		file, err := yaml.Marshal(&doc)
		if err != nil {
			t.Fatal(err)
		}
		_, refused := Load("rules.yaml", file, testEnv)
		if invalid := s.Validate(asJSON(t, file)); (refused == nil) != (invalid == nil) {
			t.Errorf("%q in quotes: the loader says %v, the schema %v", n.Value, refused, invalid)
		}
		*n = before
	}
	quoted(&doc)
	if seen < 5 {
		t.Errorf("only %d scalars are no texts", seen)
	}
}

// visible are the messages about mistakes that show without knowing other
// fields, other rules or the environment.
var visible = regexp.MustCompile(`has no field|needs "(name|match|copy|version|sources|rules)"|must be a list|must ` +
	`be a block|is not a valid bucket name|` +
	`version must be 1|must be true or false|may contain only lower-case|is an empty list|must be text|there is no ` +
	`placeholder|a single \$ has no meaning|` +
	`(storage-class|object-acl|directive|encryption|payer): "[^"]*" is not one of|there is no event|is not a valid ` +
	`size: write a whole`)

func TestSchemaSeesBadFilesWhoseMistakesShow(t *testing.T) {
	s := compiledSchema(t)
	seen := 0
	for _, path := range matching(t, badFiles) {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(ar.Files); i += 2 {
			var doc yaml.Node
			if ar.Files[i].Name != "rules.yaml" || !visible.Match(ar.Files[i+1].Data) ||
				yaml.Unmarshal(ar.Files[i].Data, &doc) != nil {
				continue
			}
			seen++
			if err := s.Validate(jsonValue(doc.Content[0])); err == nil {
				t.Errorf("%s fits the schema, for all its mistakes:\n%s", path, ar.Files[i+1].Data)
			}
		}
	}
	if seen < 8 {
		t.Errorf("only %d bad files have mistakes that show", seen)
	}
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("rules.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("rules.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// asJSON is a YAML file as editors see it: the JSON values that YAML 1.2 makes
// of it.
func asJSON(t *testing.T, data []byte) any {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return jsonValue(doc.Content[0])
}

func jsonValue(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = jsonValue(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		all := []any{}
		for _, item := range n.Content {
			all = append(all, jsonValue(item))
		}
		return all
	}
	switch n.Tag {
	case "!!null":
		return nil
	case "!!bool":
		return n.Value == "true"
	case "!!int", "!!float":
		if f, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return f
		}
	}
	return n.Value
}

func TestEditorsSayWhatIsWantedInsteadOfAPattern(t *testing.T) {
	var schema any
	if err := json.Unmarshal(Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	patterns := 0
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if pattern, ok := v["pattern"].(string); ok && at != "properties" {
				patterns++
				for _, say := range []string{"errorMessage", "patternErrorMessage"} {
					if text, _ := v[say].(string); strings.TrimPrefix(text, "want ") == text || text == "want " {
						t.Errorf("%s %s is %q, under %s", pattern, say, text, at)
					}
				}
			}
			if types, ok := v["type"].([]any); ok && slices.Contains(types, any("boolean")) {
				t.Errorf("editors would propose true and false for %s", at)
			}
			for name, inner := range v {
				walk(name, inner)
			}
		case []any:
			for _, inner := range v {
				walk(at, inner)
			}
		}
	}
	walk("", schema)
	if patterns < 20 {
		t.Errorf("only %d patterns: the test shows little", patterns)
	}
}
