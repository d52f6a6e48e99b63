package main

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"afterput/internal/osscall"
	"afterput/rules"
)

// copyFlags are a flag for each field of a rule's copy, made from the language's own table. What they say is written as
// a rules file, and the language's own loader reads it: so a flag takes what the field takes, and means what it means.
type copyFlags struct {
	kong.Plugins // one struct, whose fields are those of flagged
	fields       []rules.CopyField
}

// newCopyFlags makes the flags, for kong to fill in.
func newCopyFlags() copyFlags {
	f := copyFlags{fields: flagged()}
	var all []reflect.StructField
	for i, field := range f.fields {
		value, hint := reflect.TypeFor[*string](), "VALUE"
		switch field.Kind {
		case rules.BooleanField:
			value, hint = reflect.TypeFor[bool](), ""
		case rules.EntriesField, rules.BlockField:
			value, hint = reflect.TypeFor[[]string](), "NAME=VALUE"
		}
		all = append(all, reflect.StructField{
			Name: "Field" + strconv.Itoa(i), Type: value,
			Tag: reflect.StructTag(fmt.Sprintf(`name:%q help:%q placeholder:%q sep:"none"`,
				flagName(field.Name), strings.ReplaceAll(flagHelp(field), "$", "$$"), hint)),
		})
	}
	f.Plugins = kong.Plugins{reflect.New(reflect.StructOf(all)).Interface()}
	return f
}

// flagged are the fields that have a flag: those that the destination's URL does not say.
func flagged() []rules.CopyField {
	return slices.DeleteFunc(rules.CopyFields(), func(f rules.CopyField) bool {
		return f.Name == "bucket" || f.Name == "key"
	})
}

// flagName is the flag of a field of copy, without dashes. --region is that of the source.
func flagName(field string) string {
	if field == "region" {
		return "destination-region"
	}
	return field
}

// flagHelp says what the flag of a field means.
func flagHelp(f rules.CopyField) string {
	help := f.Doc
	if f.Name == "region" {
		help = "Region of the destination's bucket, through this machine if it is not --region."
	}
	if len(f.Values) > 1 {
		help += " One of " + strings.Join(f.Values, ", ") + "."
	}
	switch f.Kind {
	case rules.BooleanField: // its absence is false
		help, _, _ = strings.Cut(strings.TrimPrefix(help, "true "), "; false ")
		help = strings.ToUpper(help[:1]) + strings.TrimSuffix(help[1:], ".") + "."
	case rules.EntriesField:
		help += " May be given several times; NAME alone is null, and an empty text is {}."
	case rules.BlockField:
		for _, in := range f.Fields {
			help += " " + in.Name + ": " + in.Doc
			if len(in.Values) > 0 {
				help += " One of " + strings.Join(in.Values, ", ") + "."
			}
		}
		help += " May be given several times; an empty text leaves all to their defaults."
	}
	return help
}

// given returns the fields of copy that the command line gives, each with its value in YAML.
func (f *copyFlags) given() [][2]string {
	var all [][2]string
	values := reflect.ValueOf(f.Plugins[0]).Elem()
	for i, field := range f.fields {
		switch v := values.Field(i).Interface().(type) {
		case *string:
			if v != nil {
				all = append(all, [2]string{field.Name, yamlText(*v)})
			}
		case bool:
			if v {
				all = append(all, [2]string{field.Name, "true"})
			}
		case []string:
			if v != nil {
				all = append(all, [2]string{field.Name, yamlEntries(v)})
			}
		}
	}
	return all
}

func isRegion(given [2]string) bool { return given[0] == "region" }

// yamlText is a text as YAML has it in double quotes, whose escapes are those of Go.
func yamlText(s string) string { return strconv.QuoteToASCII(s) }

// standIn is another key than the source's. The destination's takes its place in the plan: a rules file has no keys
// with line breaks, and reads placeholders in them.
func standIn(key string) string {
	if key == "a" {
		return "b"
	}
	return "a"
}

// yamlEntries is a block of entries NAME=VALUE, in one line. NAME alone is null.
func yamlEntries(entries []string) string {
	var all []string
	for _, e := range entries {
		name, value, isSet := strings.Cut(e, "=")
		switch {
		case e == "":
		case isSet:
			all = append(all, yamlText(name)+": "+yamlText(value))
		default:
			all = append(all, yamlText(name)+": null")
		}
	}
	return "{" + strings.Join(all, ", ") + "}"
}

// ruleHead is what comes before the fields of the copy in the file that rule writes. No copy raises the events of
// uploads, so that the loader sees no loop in a copy within one bucket.
const ruleHead = `version: 1
sources: [%s]
rules:
  - name: copy
    match: {event: [ObjectCreated:PutObject, ObjectCreated:PutSymlink]}
    copy:
      - rewrite-in-place: %t
`

// rule is the rules file that makes the copy alone. The error names flags.
func (f *copyFlags) rule(from, to place, version string) (*rules.Set, error) {
	if from.bucket == to.bucket && slices.ContainsFunc(f.given(), isRegion) {
		return nil, usageError("--destination-region: SOURCE and DESTINATION are in one bucket, and so in the region " +
			"that --region names; leave --destination-region out")
	}
	var lines [][2]string
	rewrites := false
	if from != to || version != "" { // else it is in place, which the loader sees if both are left to the source
		lines = append(lines, [2]string{"bucket", yamlText(to.bucket)}, [2]string{"key", standIn(from.key)})
	}
	for _, g := range f.given() {
		if g[0] == "rewrite-in-place" {
			rewrites = true
			continue
		}
		lines = append(lines, g)
	}
	text := fmt.Sprintf(ruleHead, yamlText(from.bucket), rewrites)
	first := strings.Count(text, "\n") + 1
	for _, line := range lines {
		text += "        " + line[0] + ": " + line[1] + "\n"
	}
	set, err := rules.Load("", []byte(text), os.LookupEnv)
	var problems rules.Problems
	if !errors.As(err, &problems) {
		return set, err
	}
	var messages []string
	for _, p := range problems {
		field := ""
		if i := p.Line - first; i >= 0 && i < len(lines) {
			field = lines[i][0]
		}
		messages = append(messages, inFlags(field, p.Message))
	}
	return nil, usageError(strings.Join(messages, "\n"))
}

// rawText is an argument or the value of a flag as it is: kong replaces what is not UTF-8.
type rawText string

// Decode reads the argument.
func (r *rawText) Decode(ctx *kong.DecodeContext) error {
	token, err := ctx.Scan.PopValue("string")
	*r = rawText(token.String())
	return err
}

// place is an object that the command line names.
type place struct{ bucket, key string }

func (p place) String() string { return osscall.URL(p.bucket, p.key) }

// readPlace reads oss://BUCKET/KEY. The key may be left out if that is allowed.
func readPlace(argument, url string, withoutKey bool) (place, error) {
	want := "want oss://BUCKET/KEY"
	bucket, key, ok := osscall.CutURL(url)
	switch {
	case !ok, bucket == "", key == "" && !withoutKey:
		return place{}, usageError(fmt.Sprintf("%s is %q; %s", argument, url, want))
	case rules.CheckBucket(bucket) != nil:
		return place{}, usageError(fmt.Sprintf("%s is %q; %v", argument, url, rules.CheckBucket(bucket)))
	}
	if key != "" && rules.CheckKey(key) != nil {
		return place{}, usageError(fmt.Sprintf("the key of %s: %v", argument, rules.CheckKey(key)))
	}
	return place{bucket, key}, nil
}

// under is where an object is copied to: the place itself, or if that is a folder or a bucket, below it with the last
// part of the object's key.
func (p place) under(source place) (place, error) {
	if p.key != "" && !strings.HasSuffix(p.key, "/") {
		return p, nil
	}
	base := strings.TrimSuffix(source.key, "/")
	p.key += source.key[strings.LastIndex(base, "/")+1:]
	if err := rules.CheckKey(p.key); err != nil {
		return p, usageError(fmt.Sprintf("the key of DESTINATION: %v", err))
	}
	return p, nil
}
