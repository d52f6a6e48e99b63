package main

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"afterput/rules"
)

// flagValues are values for the flags of copy: those that are good, alone or beside another flag, and bad ones. A flag
// that is not here takes none.
var flagValues = map[string]struct{ good, bad []string }{
	"destination-region": {[]string{"cn-beijing", "cn-hangzhou"}, []string{"", "mars"}},
	"storage-class":      {[]string{"IA", "Archive"}, []string{"", "ia"}},
	"object-acl":         {[]string{"private", "source"}, []string{"", "secret"}},
	"tagging-directive":  {[]string{"COPY", "MERGE", "REPLACE"}, []string{"", "KEEP"}},
	"tagging": {[]string{"a=b", "a", ""},
		[]string{"=b", "a=${x}", "a=${", "a=${time.day}", "a=${principal}", "a=\x01", "oss:a=b"}},
	"metadata-directive":  {[]string{"COPY", "MERGE", "REPLACE"}, []string{"", "KEEP"}},
	"cache-control":       {[]string{"no-cache"}, []string{"", "a\nb", "${nme}"}},
	"content-type":        {[]string{"text/plain"}, []string{"", "${tag:a}"}},
	"content-disposition": {[]string{"inline"}, []string{""}},
	"content-encoding":    {[]string{"gzip"}, []string{""}},
	"content-language":    {[]string{"en"}, []string{""}},
	"expires":             {[]string{"2026-01-01T00:00:00Z"}, []string{"", "tomorrow"}},
	"meta": {[]string{"a=b", "a", ""},
		[]string{"=b", "A B=c", "x-oss-meta-a=b", "client-side-encryption-key"}},
	"server-side-encryption":          {[]string{"AES256", "KMS", "default"}, []string{"", "x"}},
	"server-side-encryption-key-id":   {[]string{"id"}, []string{"", "${key"}},
	"server-side-data-encryption":     {[]string{"SM4"}, []string{"", "x"}},
	"traffic-limit":                   {[]string{"819200"}, []string{"", "1", "fast"}},
	"request-payer":                   {[]string{"requester"}, []string{"", "me"}},
	"copy-source-if-match":            {[]string{"AB"}, []string{"", "xy"}},
	"copy-source-if-none-match":       {[]string{"AC"}, []string{"", "xy"}},
	"copy-source-if-modified-since":   {[]string{"2026-01-01T00:00:00Z"}, []string{"", "x"}},
	"copy-source-if-unmodified-since": {[]string{"2025-01-01T00:00:00Z"}, []string{"", "x"}},
	"role":                            {[]string{"acs:ram::1234567890123456:role/a"}, []string{"", "a", "acs:ram::x:role/a"}},
	"external-id":                     {[]string{"team-1"}, []string{"", "a b", "x"}},
	"restore":                         {[]string{"days=1", ""}, []string{"days=8", "tier=slow", "weeks=1", "tier"}},
}

// setFlag sets a flag of a command as the command line does.
func (f *copyFlags) setFlag(t *testing.T, name, value string) {
	t.Helper()
	i := slices.IndexFunc(f.fields, func(field rules.CopyField) bool { return flagName(field.Name) == name })
	if i < 0 {
		t.Fatalf("there is no flag --%s", name)
	}
	switch v := reflect.ValueOf(f.Plugins[0]).Elem().Field(i); v.Interface().(type) {
	case *string:
		v.Set(reflect.ValueOf(&value))
	case bool:
		v.SetBool(true)
	case []string:
		v.Set(reflect.Append(v, reflect.ValueOf(value)))
	}
}

// setting is a flag as it is given.
type setting struct{ flag, value string }

// allSettings are all flags of copy, with good and with bad values.
func allSettings(t *testing.T) (good, bad []setting) {
	t.Helper()
	for _, f := range flagged() {
		name := flagName(f.Name)
		values := flagValues[name]
		if f.Kind == rules.BooleanField {
			values.good = []string{""}
		}
		if values.good == nil {
			t.Errorf("no values for --%s", name)
		}
		for _, v := range values.good {
			good = append(good, setting{name, v})
		}
		for _, v := range values.bad {
			bad = append(bad, setting{name, v})
		}
	}
	return good, bad
}

// What messages of copy must not have: words of a rules file, and names of fields without dashes.
var (
	wordsOfAFile = regexp.MustCompile(
		`(^|[ :])(line \d+|file|rules?|match|defaults|block|under copy|field|here|the copy on)\b|: true\b`)
	bareFields = func() *regexp.Regexp {
		var names []string
		for _, f := range flagged() {
			if strings.Contains(f.Name, "-") {
				names = append(names, f.Name)
			}
		}
		return regexp.MustCompile(`(^|[^-\w])(` + strings.Join(names, "|") + `)\b`)
	}()
)

func TestMessagesAboutFlagsSpeakOfFlagsAndNotOfTheFileThatIsMadeOfThem(t *testing.T) {
	good, bad := allSettings(t)
	messages := make(map[string]bool)
	check := func(to string, given ...setting) {
		cmd := copyCmd{Source: "oss://source/dir/k", Destination: rawText(to), copyFlags: newCopyFlags()}
		for _, s := range given {
			cmd.setFlag(t, s.flag, s.value)
		}
		_, err := cmd.read()
		if err == nil {
			return
		}
		for message := range strings.SplitSeq(err.Error(), "\n") {
			messages[message] = true
			said, _, _ := strings.Cut(message, "the names are") // of placeholders
			if wordsOfAFile.MatchString(said) || bareFields.MatchString(said) ||
				!strings.Contains(said, "--") && !strings.Contains(said, "the destination is the source itself") {
				t.Errorf("%v to %s: %s", given, to, message)
			}
		}
	}
	const elsewhere, itself = "oss://target/k", "oss://source/dir/k"
	for _, s := range bad {
		check(elsewhere, s)
	}
	for i, a := range good {
		check(elsewhere, a)
		check(itself, a)
		for _, b := range good[i+1:] {
			check(elsewhere, a, b)
			check(itself, a, b)
			check(itself, a, b, setting{"rewrite-in-place", ""})
		}
	}
	if len(messages) < 80 {
		t.Errorf("%d messages, of more than 80", len(messages))
	}
}
