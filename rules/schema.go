package rules

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Schema returns the JSON schema (draft-07) of rules files, by which editors complete and
// check a file while it is written. It ends with a newline and is the same at every call.
// Every file that loads is valid by the schema; the reverse is not true, since what
// depends on several fields or rules is checked by [Load] alone.
func Schema() []byte {
	s := schemaWriter{definitions: map[string]any{}}
	root := s.block(&fileBlock)
	s.refuseWithoutDefaults(root)
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "Rules of afterput"
	root["definitions"] = s.definitions
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(root) // maps, lists and texts always encode
	return out.Bytes()
}

type schemaObject = map[string]any

// schemaWriter collects the definitions of the kinds of blocks that occur.
type schemaWriter struct{ definitions schemaObject }

// block is an object with the fields of a table and no others.
func (s *schemaWriter) block(b fieldLister) schemaObject {
	properties, required := schemaObject{}, []string{}
	for _, f := range b.list() {
		value := s.value(f.shape)
		value["description"] = f.doc
		properties[f.name] = value
		if f.required && f.shape.unless == "" {
			required = append(required, f.name)
		}
	}
	result := schemaObject{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		result["required"] = required
	}
	for _, f := range b.list() {
		if f.shape.unless != "" {
			result["if"] = schemaObject{"not": schemaObject{"required": []string{f.shape.unless}}}
			result["then"] = schemaObject{"required": []string{f.name}}
		}
		if f.shape.emptyIf != "" {
			result["anyOf"] = []schemaObject{
				{"properties": schemaObject{f.shape.emptyIf: schemaObject{"const": true}},
					"required": []string{f.shape.emptyIf}},
				{"properties": schemaObject{f.name: schemaObject{"minItems": 1}}},
			}
		}
	}
	return result
}

// value is what a field of that shape may hold.
func (s *schemaWriter) value(sh shape) schemaObject {
	if sh.kind != kindEntries {
		return s.many(sh, s.one(sh))
	}
	entry := s.many(sh, schemaText(shape{template: sh.template, null: sh.null}, true))
	result := schemaObject{"type": "object", "additionalProperties": entry}
	if sh.names != "" {
		result["propertyNames"] = saying("a tag key or a metadata name that OSS allows",
			schemaObject{"pattern": sh.names})
	}
	return result
}

// many allows, or asks for, a list of values.
func (s *schemaWriter) many(sh shape, one schemaObject) schemaObject {
	if sh.many == listOnly && sh.kind == kindBlock {
		one = schemaObject{"allOf": []schemaObject{one, {"minProperties": 1}}}
	}
	list := schemaObject{"type": "array", "items": one}
	if sh.emptyIf == "" {
		list["minItems"] = 1
	}
	switch sh.many {
	case valueOrList:
		return schemaObject{"anyOf": []schemaObject{one, list}}
	case listOnly:
		return list
	}
	return one
}

// one is a single value.
func (s *schemaWriter) one(sh shape) schemaObject {
	switch sh.kind {
	case kindBoolean:
		return schemaObject{"type": "boolean"}
	case kindNumber:
		if sh.values != nil {
			return schemaObject{"anyOf": []schemaObject{{"enum": numbers(sh.values)}, saying(orList(sh.values),
				schemaObject{"type": "string", "pattern": `^(` + strings.Join(sh.values, "|") + `)$`})}}
		}
		number := schemaObject{"type": []string{"integer", "string"}, "pattern": `^\+?[0-9]+$`}
		if sh.most > 0 {
			number["minimum"], number["maximum"] = sh.least, sh.most
		}
		return saying("a whole number", number)
	case kindSize:
		return saying("a whole number of bytes, or of B, KiB, MiB, GiB or TiB, such as 64KiB",
			schemaObject{"type": []string{"integer", "string"}, "minimum": 0, "pattern": sizePattern()})
	case kindBlock:
		b := sh.block()
		if _, known := s.definitions[b.title()]; !known {
			s.definitions[b.title()] = nil // a block may hold itself
			s.definitions[b.title()] = s.block(b)
		}
		block := schemaObject{"$ref": "#/definitions/" + b.title()}
		if sh.orFalse {
			return schemaObject{"anyOf": []schemaObject{block, {"enum": []any{false}}}}
		}
		return schemaObject{"allOf": []schemaObject{block}}
	}
	return schemaText(sh, false)
}

// schemaText is a text. YAML's numbers and booleans are texts too, as they are written; that they are allowed is not
// said by their types, for which editors would propose true and false.
func schemaText(sh shape, mayBeEmpty bool) schemaObject {
	others := []string{"object", "array"}
	if !sh.null {
		others = append(others, "null")
	}
	result := schemaObject{"not": schemaObject{"type": others}}
	switch {
	case sh.values != nil && sh.pattern == "":
		return schemaObject{"enum": sh.values}
	case sh.values != nil:
		return schemaObject{"anyOf": []schemaObject{{"enum": sh.values},
			saying(sh.says, schemaObject{"type": "string", "pattern": sh.pattern})}}
	case sh.template:
		result["pattern"] = templatePattern()
		saying("one line, in which each $ begins a placeholder such as ${key}, or is written $$", result)
		if sh.pattern != "" {
			result["allOf"] = []schemaObject{saying(sh.says, schemaObject{"pattern": sh.pattern})}
		}
	case sh.pattern != "":
		result["pattern"] = sh.pattern
		saying(sh.says, result)
	case !mayBeEmpty:
		result["pattern"] = plainPattern
		saying("one line without placeholders, which this field does not have", result)
	default:
		result["pattern"] = linePattern
		saying("one line", result)
	}
	if !mayBeEmpty {
		result["minLength"] = 1
	}
	return result
}

// saying makes editors say what is wanted where a value does not match the pattern, instead of the pattern.
func saying(wanted string, o schemaObject) schemaObject {
	o["errorMessage"], o["patternErrorMessage"] = "want "+wanted, "want "+wanted
	return o
}

// refuseWithoutDefaults adds what a copy needs that gets nothing from defaults: the directive without which OSS ignores
// headers and metadata, and KMS for a key.
func (s *schemaWriter) refuseWithoutDefaults(root schemaObject) {
	var ignored []schemaObject
	for _, name := range []string{"cache-control", "content-type", "content-disposition", "content-encoding",
		"content-language", "expires", "meta"} {
		ignored = append(ignored, schemaObject{"required": []string{name}})
	}
	s.definitions["copy without defaults"] = schemaObject{"allOf": []schemaObject{
		{"if": schemaObject{"anyOf": ignored}, "then": schemaObject{"required": []string{"metadata-directive"}}},
		{"if": schemaObject{"required": []string{"server-side-encryption-key-id"}}, "then": schemaObject{
			"required":   []string{"server-side-encryption"},
			"properties": schemaObject{"server-side-encryption": schemaObject{"const": "KMS"}},
		}},
	}}
	copies := schemaObject{"items": schemaObject{"$ref": "#/definitions/copy without defaults"}}
	rule := schemaObject{"properties": schemaObject{"copy": copies}}
	root["if"] = schemaObject{"not": schemaObject{"required": []string{"defaults"},
		"properties": schemaObject{"defaults": schemaObject{"required": []string{"copy"}}}}}
	root["then"] = schemaObject{"properties": schemaObject{"rules": schemaObject{"items": rule}}}
}

// linePattern matches texts of one line.
const linePattern = `^[^\n\r]*$`

// plainPattern matches texts of one line that do not contain the beginning of a placeholder.
const plainPattern = `^([^$\n\r]|\$+[^${\n\r])*\$*$`

// templatePattern matches texts of one line in which every dollar sign belongs to a placeholder or to
// another dollar sign. What follows a placeholder within a default is not looked at.
func templatePattern() string {
	names := make([]string, 0, len(placeholders))
	for name, takesArg := range placeholders {
		switch {
		case name == "time":
			name += `\.(` + strings.Join(timeNames, "|") + `)`
		case takesArg:
			name += `\.[^}$\n\r]+`
		}
		names = append(names, strings.ReplaceAll(name, "dir.", `dir\.`))
	}
	slices.Sort(names)
	const (
		text  = `([^}$\n\r]|\$\$)`
		forms = `([#%]` + text + `+)?(:[0-9]+:[0-9]+|: -[0-9]+)?(,,|\^\^)?(:-` + text + `*(\$\{[^\n\r]*)?)?`
	)
	return `^([^$\n\r]|\$\$|\$\{(` + strings.Join(names, "|") + `)` + forms + `\})*$`
}

func sizePattern() string {
	units := make([]string, len(sizeUnits))
	for i, u := range sizeUnits {
		units[i] = u.name
	}
	return `^[0-9]+(` + strings.Join(units, "|") + `)?$`
}

// numbers are texts of digits as numbers of JSON.
func numbers(texts []string) []any {
	var all []any
	for _, t := range texts {
		all = append(all, json.Number(t))
	}
	return all
}
