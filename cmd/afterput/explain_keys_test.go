package main

import (
	"strings"
	"testing"
)

func TestAListingIsReadWithKeysOrURLsAByteOrderMarkAndAnyLineEnds(t *testing.T) {
	path := files(t, map[string]string{"rules.yaml": replicateAll,
		"keys":  "\ufeffin/a.jpg\r\n\r\noss://photos/in/b.jpg\r\n in/报告.jpg\r\noss://photos/oss://c\n",
		"urls":  "\ufeffoss://photos/in/a.jpg\noss://photos/in/b.jpg",
		"mixed": "oss://photos/in/a.jpg\nin/b.jpg\n",
	})
	for name, c := range map[string]struct{ args, want []string }{
		"keys and URLs": {
			[]string{"--keys", path("keys"), "--bucket", "photos"},
			[]string{"in/a.jpg", "in/b.jpg", " in/报告.jpg", "oss://c"},
		},
		"URLs name the bucket": {[]string{"--keys", path("urls")}, []string{"in/a.jpg", "in/b.jpg"}},
		"one URL":              {[]string{"--key", "oss://photos/in/a.jpg"}, []string{"in/a.jpg"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, problems := command(t, append([]string{"explain", path("rules.yaml")}, c.args...)...)
			if n := strings.Count(out, "  → "); code != exitGood || n != len(c.want) {
				t.Errorf("exit %d, %d copies\n%s%s", code, n, out, problems)
			}
			for _, key := range c.want {
				if !strings.Contains(out, "→ oss://replica/"+key+"\n") {
					t.Errorf("%q was not read:\n%s", key, out)
				}
			}
		})
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"another bucket": {[]string{"--keys", path("mixed"), "--bucket", "others"},
			`"oss://photos/in/a.jpg" is not in the bucket "others", which --bucket names`},
		"a key without a bucket": {[]string{"--keys", path("mixed")}, "name it with --bucket: photos"},
		"a bucket alone":         {[]string{"--key", "oss://photos/"}, `"oss://photos/" names no object`},
		"a slash before it": {[]string{"--key", "/in/a", "--bucket", "photos"},
			`"/in/a" begins with /, which OSS does not allow`},
		"a backslash before it": {[]string{"--key", `oss://photos/\in\a`}, `begins with \, which OSS does not allow`},
		"not UTF-8":             {[]string{"--key", "caf\xe9", "--bucket", "photos"}, "it is not UTF-8"},
		"too long": {[]string{"--key", strings.Repeat("é", 512), "--bucket", "photos"},
			"it has 1024 bytes, OSS allows 1023"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, problems := command(t, append([]string{"explain", path("rules.yaml")}, c.args...)...)
			if code != exitUsage || !strings.Contains(problems, c.want) {
				t.Errorf("exit %d, %s; want %s", code, problems, c.want)
			}
		})
	}
}
