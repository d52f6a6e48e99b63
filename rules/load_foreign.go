package rules

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A file in the words of another system is met with one message that says how the same is written here, instead of
// one for each of its fields.

// foreignFile is a kind of file of another system.
type foreignFile struct {
	what string // its name
	// It is such a file if it has one of roots at the top, or, below Rules or Rule, one of inside.
	roots, inside []string
	here          string // how the same is written here
}

// foreignFiles are the kinds that are recognized, the first that fits.
var foreignFiles = []foreignFile{
	{"a lifecycle configuration", []string{"LifecycleConfiguration"},
		[]string{"Expiration", "Transition", "Transitions", "NoncurrentVersionExpiration",
			"AbortIncompleteMultipartUpload", "AbortMultipartUpload"},
		"lifecycle rules act on objects that reach an age, and are set on the bucket itself; rules act when an " +
			"object is uploaded, and copy it"},
	{"a replication configuration", []string{"ReplicationConfiguration"}, []string{"Destination"},
		"list the source bucket under sources, and write each rule as name (ID), match: {prefix: …} (Filter, Prefix) " +
			"and copy: [{bucket: …}] (Destination), with disabled: true for the status Disabled"},
	{"a notification configuration", []string{"NotificationConfiguration", "LambdaFunctionConfigurations",
		"QueueConfigurations", "TopicConfigurations"}, nil,
		"list the bucket under sources, and write under match prefix and suffix (FilterRules) and event (Events); " +
			"`afterput triggers` makes the triggers from the rules"},
	{"an event pattern", []string{"detail", "detail-type", "data", "subject", "type"}, nil,
		`list the buckets under sources; write under match prefix: a/ for {"prefix": "a/"}, suffix likewise, and ` +
			"event for the type, and under except what must not match"},
	{"a file of Serverless Devs", []string{"edition", "resources", "services", "triggers", "triggerConfig"}, nil,
		"the rules are a file of their own, in which filter.key is prefix and suffix under match, and events is " +
			"event; `afterput triggers` makes the triggers from the rules"},
}

// foreign reports a file of another system, and whether it is one. A file with one of the fields of a rules file is
// none.
func (l *loader) foreign(root *yaml.Node, fields []string) bool {
	top := root
	if root.Kind == yaml.SequenceNode && len(root.Content) > 0 {
		top = root.Content[0]
	}
	if top.Kind != yaml.MappingNode || hasField(root, fields) {
		return false
	}
	for _, f := range foreignFiles {
		below := hasField(top, []string{"Rules", "Rule"}) && slices.ContainsFunc(top.Content, func(n *yaml.Node) bool {
			return slices.ContainsFunc(n.Content, func(rule *yaml.Node) bool {
				return rule.Kind == yaml.ScalarNode && slices.Contains(f.inside, rule.Value) || hasField(rule, f.inside)
			})
		})
		if below || hasField(top, f.roots) {
			l.problem(root, "this is %s, not a rules file: %s", f.what, f.here)
			return true
		}
	}
	return false
}

// hasField reports whether a mapping has one of some fields.
func hasField(n *yaml.Node, names []string) bool {
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if slices.Contains(names, n.Content[i].Value) {
			return true
		}
	}
	return false
}

// isXML reports a file that is XML, and whether it is.
func (l *loader) isXML(data []byte) bool {
	if !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("<")) {
		return false
	}
	for _, f := range foreignFiles {
		if slices.ContainsFunc(f.roots, func(name string) bool { return bytes.Contains(data, []byte("<"+name)) }) {
			l.problemAt(1, 1, "this is %s, not a rules file: %s", f.what, f.here)
			return true
		}
	}
	l.problemAt(1, 1, "the file is XML: a rules file is YAML, and begins with version: 1")
	return true
}

// foreignField is a name that fields have elsewhere.
type foreignField struct {
	block string // in which it is found
	names []string
	field string // of the block, which means the same; "" if there is none
	here  string // what to write
}

const (
	byAge = "rules act when an object is uploaded; what happens at an age is set on the bucket itself, as its " +
		"lifecycle rules"
	atAll = "rules take every object that matches; to take a part of them, match what tells them apart in the key, " +
		"such as its last digit"
)

var foreignFields = []foreignField{
	{"the file", []string{"source", "buckets"}, "sources", "write sources, a list of buckets"},
	{"rule", []string{"id"}, "name", "write name"},
	{"rule", []string{"status", "enabled"}, "disabled", "write disabled: true to turn the rule off"},
	{"rule", []string{"filter", "filters", "when", "if", "where", "condition", "conditions", "pattern", "include"},
		"match", "write match, a block such as {prefix: in/, suffix: .csv}"},
	{"rule", []string{"exclude", "ignore", "unless", "not"}, "except", "write except, a list such as [{suffix: .tmp}]"},
	{"rule", []string{"destination", "destinations", "target", "targets", "then", "action", "actions", "to"},
		"copy", "write copy, a list such as [{bucket: replica}]"},
	{"rule", []string{"priority", "order"}, "", "rules apply in the order of the file; stop: true keeps objects from " +
		"the rules below"},
	{"rule", []string{"description", "comment"}, "", "write a comment, which begins with #"},
	{"rule", []string{"expiration", "transition", "transitions", "days"}, "", byAge},
	{"rule", []string{"sample", "sampling", "percent", "percentage"}, "", atAll},
	{"match", []string{"key", "path", "filename", "object", "name"}, "", "write prefix, suffix, glob or regexp"},
	{"match", []string{"extension", "extensions", "ext"}, "", "write suffix, with its dot"},
	{"match", []string{"tag", "tags"}, "", "write tagging"},
	{"match", []string{"and"}, "", "the fields of a block are all required already: write them one below another"},
	{"match", []string{"or", "any"}, "", "a field takes a list, of which one value must match; or write two rules"},
	{"match", []string{"not", "anything-but"}, "", "write what must not match under except"},
	{"match", []string{"age", "days", "older-than", "newer-than", "last-modified"}, "", byAge},
	{"match", []string{"sample", "sampling", "percent", "percentage"}, "", atAll},
	{"size", []string{"min", "minimum", "from", "above", "over", "more-than", "larger-than", "gt", "gte"},
		"at-least", "write at-least, which includes the size itself"},
	{"size", []string{"max", "maximum", "to", "under", "up-to", "at-most", "less-than", "smaller-than", "lt", "lte"},
		"below", "write below, which excludes the size itself"},
	{"copy", []string{"filter", "filters", "when", "if", "where", "condition", "conditions", "only-if"}, "",
		"write match, a field of rule, for all copies of a rule; write a second rule if it is meant for this one " +
			"alone"},
	{"copy", []string{"destination", "target", "to"}, "", "write bucket, and key for another key"},
	{"copy", []string{"acl"}, "", "write object-acl"},
	{"copy", []string{"class"}, "", "write storage-class"},
	{"copy", []string{"tag", "tags"}, "", "write tagging"},
	{"copy", []string{"metadata"}, "", "write meta, with metadata-directive"},
	{"copy", []string{"encryption", "encryptionconfiguration"}, "", "write server-side-encryption"},
	{"copy", []string{"ttl", "max-age", "expires-in"}, "", "write cache-control: max-age=…, in seconds; expires is a " +
		"point in time, the same for every copy"},
}

// foreignFieldOf finds what a name that is no field of a block means elsewhere, nil if that is not known.
func foreignFieldOf(block, name string) *foreignField {
	for i := range foreignFields {
		if f := &foreignFields[i]; f.block == block && slices.Contains(f.names, strings.ToLower(name)) {
			return f
		}
	}
	return nil
}

// foreignWord reports a name that is no field of a block, once for each name.
func (l *loader) foreignWord(key *yaml.Node, f *foreignField) {
	word := f.block + " " + strings.ToLower(key.Value)
	if slices.Contains(l.foreignWords, word) {
		return
	}
	l.foreignWords = append(l.foreignWords, word)
	l.problem(key, "%s has no field %s: %s", f.block, quote(key.Value), f.here)
}

// foreignValues are values that fields have in S3, in lower case, and what is nearest to them here. Of the classes, the
// first two are as OSS's S3-compatible API has them; for the others it has none, and their access takes as long.
var foreignValues = map[string]string{
	"standard_ia":        "IA",
	"glacier":            "Archive",
	"onezone_ia":         "IA",
	"glacier_ir":         "IA",
	"deep_archive":       "DeepColdArchive",
	"reduced_redundancy": "Standard",
	"infrequent":         "IA",
	"infrequentaccess":   "IA",

	"objectcreated:put":  "ObjectCreated:PutObject",
	"objectcreated:post": "ObjectCreated:PostObject",
	"objectcreated:copy": "ObjectCreated:CopyObject",

	"aws:kms": "KMS",
}

// foreignValueOf is the one of values that means the same as a value from elsewhere, "" if that is not known.
func foreignValueOf(s string, values []string) string {
	if v := foreignValues[strings.ToLower(s)]; slices.Contains(values, v) {
		return v
	}
	return ""
}
