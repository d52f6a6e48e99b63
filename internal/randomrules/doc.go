// Package randomrules makes random rules files, and random objects for them. Tests compare with these what the tool
// says about a file with what happens: the loader with the schema, explain with the function, the triggers with what
// the rules want, the policy with what OSS is asked for.
//
// Everything that can be in a file stands in the tables of fields.go and templates.go: a new field or placeholder of
// the language is one more entry there, and a test of package rules fails without it. A seed always makes the same
// file, so a message that names the seed says how to see it again.
package randomrules
