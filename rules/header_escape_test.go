package rules

import (
	"strings"
	"testing"
)

func TestValuesInHeadersAreWrittenSoThatTheHeaderMeansThem(t *testing.T) {
	const (
		key     = `in/a "b" \ 100%;é 湖.jpg`
		encoded = `a%20%22b%22%20%5C%20100%25%3B%C3%A9%20%E6%B9%96.jpg`
	)
	for header, want := range map[string]string{
		`attachment; filename="${base}"`:                         `attachment; filename="a \"b\" \\ 100%;é 湖.jpg"`,
		`attachment; filename*=UTF-8''${base}`:                   `attachment; filename*=UTF-8''` + encoded,
		`a;filename*=utf-8'zh'${base}; x=${ext}`:                 `a;filename*=utf-8'zh'` + encoded + `; x=jpg`,
		`a; filename="${tag.n:-${base}}"`:                        `a; filename="a \"b\" \\ 100%;é 湖.jpg"`,
		`a; filename*=UTF-8''${tag.n:-x-${base}}`:                `a; filename*=UTF-8''x-` + encoded,
		`a; filename="\"${ext}\""; filename*=UTF-8''${base}`:     `a; filename="\"jpg\""; filename*=UTF-8''` + encoded,
		`inline; filename=${base%.jpg}`:                          `inline; filename=a "b" \ 100%;é 湖`,
		`a; filename="*=UTF-8''${ext^^}"; x*=ISO-8859-1''${ext}`: `a; filename="*=UTF-8''JPG"; x*=ISO-8859-1''jpg`,
	} {
		if c := planDisposition(t, header, key); c.Err != nil || c.Headers.ContentDisposition != want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", header, c.Err, c.Headers.ContentDisposition, want)
		}
	}
}

func TestNoKeyCanBreakAHeader(t *testing.T) {
	for _, key := range []string{"a\nx-oss-object-acl: public-read", "a\rb", "a\x00b", "a\x7f"} {
		c := planDisposition(t, `attachment; filename="${base}"`, key)
		if c.Err == nil || !strings.Contains(c.Err.Error(), "contains a control character: a header is one line") {
			t.Errorf("%q: %v", key, c.Err)
		}
		if c := planDisposition(t, `attachment; filename*=UTF-8''${base}`, key); c.Err != nil {
			t.Errorf("%q, percent-encoded: %v", key, c.Err)
		}
	}
}

// planDisposition is the copy of an object by a rule that sets content-disposition.
func planDisposition(t *testing.T, header, key string) Copy {
	t.Helper()
	set, err := Load("r.yaml", []byte("version: 1\nsources: [inbox]\nrules:\n  - name: r\n    match: {}\n"+
		"    copy:\n      - bucket: out\n        metadata-directive: REPLACE\n        content-disposition: "+
		header+"\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	o, facts := parseObject(t, []byte("bucket: inbox\n"))
	o.Key = key
	plan, err := set.Plan(o, facts)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Copies[0]
}
