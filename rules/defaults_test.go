package rules

import (
	"strings"
	"testing"
)

func TestARequestForADefaultIsNeededOnlyIfTheValueIsEmpty(t *testing.T) {
	set, err := Load("r.yaml", []byte(`version: 1
sources: [inbox]
rules:
  - name: nested
    match: {}
    copy: [{bucket: out, key: "${tag.a:-${ext,,:-${meta.b:-${etag}}}}/${base}"}]
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	var needs []string
	for _, n := range set.Rules()[0].Needs {
		needs = append(needs, n.Request+" "+strings.Join(n.Why, " ")+" if "+n.OnlyIf)
	}
	const want = "GetObjectTagging ${tag.a} if ; HeadObject ${meta.b} ${etag} if ${tag.a} is empty"
	if got := strings.Join(needs, "; "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestATagInADefaultIsReadAccessToTags(t *testing.T) {
	for field, want := range map[string]bool{
		`key: "${ext:-${tag.a:-x}}/${base}"`: true, `key: "${ext:-${meta.a:-x}}/${base}"`: false,
		`metadata-directive: MERGE, cache-control: "max-age=${meta.age:-${tag.age:-60}}"`: true,
	} {
		set, err := Load("r.yaml", []byte("version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {}\n"+
			"    copy: [{bucket: out, tagging: {a: b}, "+field+"}]\n"), nil)
		if err != nil {
			t.Error(err)
		} else if a := set.Accesses()[0]; a.ReadsTags != want {
			t.Errorf("%s: reads tags %v", field, a.ReadsTags)
		}
	}
}

func TestPlaceholdersInDefaultsAreCheckedLikeOthers(t *testing.T) {
	const file = "version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {regexp: '^(?<year>.*)$'}\n" +
		"    copy: [{bucket: out, key: '${ext:-VALUE}/${key}'}]\n"
	for value, want := range map[string]string{
		"${re.yaer}":               `did you mean "year"`,
		"${env.MY_TOKEN}":          "may contain a credential",
		"${env.MISSING}":           "MISSING is not set",
		"${time.era}":              "time has year",
		"${tag.a:-${meta.a b:-x}}": "no metadata can have this name",
	} {
		_, err := Load("r.yaml", []byte(strings.Replace(file, "VALUE", value, 1)), testEnv)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "r.yaml:6:") {
			t.Errorf("%s: %v, want %q", value, err, want)
		}
	}
}

func TestAVariableIsReadInDefaultsToo(t *testing.T) {
	for text, want := range map[string]string{
		"${env.MISSING:-${env.STAGE^^}}-x": "PROD-x", "${env.EMPTY:-a-${env.STAGE:0:1}}": "a-p",
		"${env.STAGE:-$${x}": "prod",
	} {
		template, err := parseTemplate(text, testEnv)
		if err != nil {
			t.Error(err)
		} else if got, constant := template.constant(); !constant || got != want {
			t.Errorf("%s is %q, constant %v", text, got, constant)
		}
	}
}
