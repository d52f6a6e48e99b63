package ram

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseReportsLocationAndFix(t *testing.T) {
	statement := func(s string) string { return "{\"Version\": \"1\", \"Statement\": [\n" + s + "]}" }
	const rest = `"Action": "oss:*", "Resource": "*"`
	for _, test := range []struct{ name, policy, want string }{
		{"empty", "", "1:1: the JSON is incomplete"},
		{"cut off", `{"Version": "1", "Statement": [`, "1:32: the JSON is incomplete"},
		{"not JSON", `{Version: 1}`, "1:2: not JSON: invalid character 'V'"},
		{"two documents", `{} {}`, "1:4: nothing may follow the policy"},
		{"not UTF-8", "{\n\"\xff\"}", "2:2: the policy is not valid UTF-8"},
		{"a list", `[]`, "1:1: the policy must be a JSON object"},
		{"deep", strings.Repeat("[", 100), "1:17: nested too deeply"},
		{"no version", `{"Statement": []}`, `1:1: the policy needs "Version": "1"`},
		{"a number as version", `{"Version": 1, "Statement": []}`, `1:13: Version must be the string "1"`},
		{"no statement", `{"Version": "1"}`, `1:1: the policy needs "Statement"`},
		{"empty statement", `{"Version": "1", "Statement": []}`, "1:31: Statement is empty"},
		{"unknown element", statement(`{"Effekt": "Allow"}`),
			`2:2: a statement has no element "Effekt"; its elements are Effect, Action, NotAction, Resource`},
		{"element in another case", statement(`{"effect": "Allow"}`),
			`2:2: a statement has no element "effect"; write "Effect"`},
		{"element twice", statement(`{"Effect": "Allow", "Effect": "Deny"}`), `2:21: "Effect" is given twice`},
		{"a condition", statement(`{"Effect": "Allow", "Condition": {}, ` + rest + `}`),
			"2:21: conditions are not supported"},
		{"a principal", statement(`{"Effect": "Allow", "Principal": "*", ` + rest + `}`),
			"2:21: Principal is for bucket policies"},
		{"NotResource", statement(`{"Effect": "Allow", "Action": "*", "NotResource": "*"}`),
			"2:36: RAM has no NotResource"},
		{"no effect", statement(`{` + rest + `}`), `2:1: the statement needs "Effect"`},
		{"unknown effect", statement(`{"Effect": "allow", ` + rest + `}`), `2:12: Effect must be "Allow" or "Deny"`},
		{"no action", statement(`{"Effect": "Allow", "Resource": "*"}`),
			"2:1: the statement needs either Action or NotAction"},
		{"both actions", statement(`{"Effect": "Allow", "NotAction": "*", ` + rest + `}`),
			"2:1: the statement needs either Action or NotAction"},
		{"no resource", statement(`{"Effect": "Allow", "Action": "*"}`), `2:1: the statement needs "Resource"`},
		{"an action without service",
			statement(`{"Effect": "Allow", "Action": ["oss:*", "GetObject"], "Resource": "*"}`),
			`2:41: action "GetObject" must be`},
		{"an action that is a number", statement(`{"Effect": "Allow", "Action": 1, "Resource": "*"}`),
			"2:31: an action must be a string"},
		{"no actions", statement(`{"Effect": "Allow", "Action": [], "Resource": "*"}`), "2:31: the list is empty"},
		{"a bare bucket", statement(`{"Effect": "Allow", "Action": "*", "Resource": "my-bucket/*"}`),
			`2:48: resource "my-bucket/*" must be`},
		{"a resource without account",
			statement(`{"Effect": "Allow", "Action": "*", "Resource": "acs:oss:*:my-bucket"}`),
			`2:48: resource "acs:oss:*:my-bucket" must be`},
		{"a statement that is a string", statement(`"Allow"`), "2:1: a statement must be a JSON object"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse([]byte(test.policy))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func FuzzParseNeverCrashesAndLocatesEveryError(f *testing.F) {
	f.Add([]byte(copierPolicy), "oss:GetObject", "acs:oss:r:1:inbox/in/a")
	f.Add([]byte(`{"Version":"1","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`), "*", "")
	f.Add([]byte(`{"Version":"1","Statement":[{"Effect":"Deny"`), "a:b", "acs::::")
	located := regexp.MustCompile(`^\d+:\d+: .`)
	f.Fuzz(func(t *testing.T, data []byte, action, resource string) {
		policy, err := Parse(data)
		if err != nil {
			if !located.MatchString(err.Error()) {
				t.Errorf("error without a location: %v", err)
			}
			return
		}
		policy.Allows(action, resource)
	})
}

// FuzzMatchAgreesWithTheDefinition compares match with the recursive definition, on inputs that are
// short enough for it.
func FuzzMatchAgreesWithTheDefinition(f *testing.F) {
	f.Add("a*b?c", "axxbyc")
	f.Add("*图?", "aa图b")
	f.Add("**", "")
	f.Fuzz(func(t *testing.T, pattern, s string) {
		if len(pattern) > 12 || len(s) > 12 || !utf8.ValidString(pattern) || !utf8.ValidString(s) {
			t.Skip()
		}
		if got, want := match(pattern, s), matchDefinition([]rune(pattern), []rune(s)); got != want {
			t.Errorf("match(%q, %q) = %v, want %v", pattern, s, got, want)
		}
	})
}

func matchDefinition(pattern, s []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(s) == 0
	case pattern[0] == '*':
		return matchDefinition(pattern[1:], s) || len(s) > 0 && matchDefinition(pattern, s[1:])
	case len(s) == 0:
		return false
	}
	return (pattern[0] == '?' || pattern[0] == s[0]) && matchDefinition(pattern[1:], s[1:])
}
