package main

import (
	"regexp"
	"strings"
	"sync"

	"afterput/internal/osscall"
)

// forFlags replaces what messages say about a rules file by what helps who gives flags.
var forFlags = strings.NewReplacer(
	"every object that match accepts is already as the copy would make it; remove the copy, or",
	"it is already as the copy would make it; set something else, or",
	"leave the field out", "leave the flag out",
	" has no field ", " takes no ", "; its fields are ", "; it takes ",
	"tagging: {}", "--tagging ''",
	": null removes", ": a name without a value removes",
	": null, or an empty value, removes", ": a name without a value removes",
	": null cannot remove", ": a name without a value cannot remove",
)

// onLine is a place in a rules file.
var onLine = regexp.MustCompile(` on line \d+`)

// dashedFields finds the fields of copy whose names are no words of the language, and a value that may follow one.
var dashedFields = sync.OnceValue(func() *regexp.Regexp {
	var names []string
	for _, f := range flagged() {
		if strings.Contains(f.Name, "-") {
			names = append(names, f.Name)
		}
	}
	return regexp.MustCompile(`(^|[^-\w])(` + strings.Join(names, "|") +
		`)\b(?:: true\b|(:)( (?:COPY|REPLACE|MERGE|KMS|source|default)\b))?`)
})

// wordFields finds fields whose names are words, where a message means the field.
var wordFields = regexp.MustCompile(`((?:ignores|needs|or) |, |\()(tagging|meta|expires)([^.\w]|$)`)

// inFlags is a message about a field of the copy, "" for the copy as a whole, in the words of the command line.
func inFlags(field, message string) string {
	message = onLine.ReplaceAllString(strings.TrimPrefix(message, "rule copy: "), "")
	if field == "bucket" || field == "key" {
		field = "" // the message is about the copy as a whole
	}
	if !strings.HasPrefix(message, field) {
		message = field + ": " + message
	}
	message = forFlags.Replace(message)
	message = dashedFields().ReplaceAllString(message, "$1--$2$4")
	message = wordFields.ReplaceAllString(message, "$1--$2$3")
	if field != "" && strings.HasPrefix(message, field) {
		message = "--" + flagName(field) + strings.TrimPrefix(message, field)
	}
	return message
}

// forCommand replaces what messages advise who runs the function by what helps who runs a command without rules.
var forCommand = strings.NewReplacer(
	"the function's role needs", "the credentials need",
	": give it the policy that afterput policy RULES prints", "",
	"must also allow the role in its bucket policy, which --bucket-policies prints",
	"must also allow them in its bucket policy, or have a role that --role names",
	"the function's role may not call", "they may not call",
	"that role does not trust the function's", "that role does not trust them",
	"give external-id under copy", "give --external-id",
	", which the policy that afterput policy prints allows", "",
	": its account sets the trust policy that afterput policy --assumed-roles prints", "",
	": its account gives it the policy that afterput policy --assumed-roles RULES prints", "",
	"if the function cannot reach the endpoint of STS, name another with AFTERPUT_STS_ENDPOINT",
	"if this machine cannot reach the endpoint of STS, name another with --sts-endpoint",
	"set internetAccess: true in s.yaml, or AFTERPUT_ENDPOINTS to one that the function's network reaches",
	"name one that this machine reaches with --endpoints",
	"name it with region under copy", "name it with --destination-region",
	"set restore under copy to have it restored, or restore it and deliver its event again",
	"have it restored with --restore days=1, or restore it, then give the command again",
	"it is copied when that has ended", "give the command again when that has ended",
	"the next attempt copies it", "give the command again then",
	": exclude it with except", "",
	"a copy-source condition of the rule", "a copy-source condition",
	"and have the object handled again", "then give the command again",
)

// namedBy has advice about a bucket that does not exist name what says its name, which is not the rules file.
func namedBy(err error, what string) error {
	return personError{err, func(text string) string {
		return strings.Replace(text, osscall.WrongBucket, "or correct "+what, 1)
	}}
}

// inRegion has advice about a bucket's region name the flag that says the region.
func inRegion(text, flag string) string {
	return strings.Replace(text, osscall.WrongRegion, "the bucket is in another region: name it with "+flag, 1)
}
