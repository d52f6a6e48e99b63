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
		"the only source":      {[]string{"--keys", path("mixed")}, []string{"in/a.jpg", "in/b.jpg"}},
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
		"a bucket alone": {[]string{"--key", "oss://photos/"}, `"oss://photos/" names no object`},
		"a slash before it": {[]string{"--key", "/in/a", "--bucket", "photos"},
			`"/in/a" begins with /, which OSS does not allow; write "in/a"`},
		"a slash before it, without a bucket": {[]string{"--key", "/in/a"}, `--key: no object has the key "/in/a"`},
		"another system's URL":                {[]string{"--key", "s3://photos/a"}, "write oss://BUCKET/KEY"},
		"a URL of OSS": {[]string{"--key", "https://photos.oss-cn-hangzhou.aliyuncs.com/in/a%20b?Expires=1"},
			"write oss://photos/in/a b"},
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

func TestAKeyOfAListingIsRefusedWithItsLineByEveryCommandThatReadsOne(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	t.Setenv("OSS_ENDPOINT", "http://oss.invalid")
	path := files(t, map[string]string{"one": replicateAll,
		"several": strings.Replace(replicateAll, "[photos]", "[photos, films]", 1)})
	for line, want := range map[string]string{
		"/in/a":                   `no object has the key "/in/a": "/in/a" begins with /, which OSS does not allow`,
		`\in`:                     `begins with \, which OSS does not allow`,
		strings.Repeat("a", 1024): "it has 1024 bytes, OSS allows 1023",
		"oss://photos":            "names no object", "s3://photos/a": "write oss://BUCKET/KEY",
		"https://photos.oss-cn-hangzhou.aliyuncs.com/a": "write oss://photos/a",
		"b": "the rules have several sources; write oss://BUCKET/KEY",
	} {
		rules := path("one")
		if line == "b" {
			rules = path("several")
		}
		keys := files(t, map[string]string{"keys": "oss://photos/a\n\n" + line + "\n"})("keys")
		for _, args := range [][]string{{"explain", rules}, {"diff", rules, "--region", "cn-hangzhou"}} {
			code, _, problems := command(t, append(args, "--keys", keys)...)
			if code != exitBad || !strings.Contains(problems, "keys, line 3: ") || !strings.Contains(problems, want) {
				t.Errorf("%s, %.20s: exit %d, %s; want %s", args[0], line, code, problems, want)
			}
		}
	}
}

func TestAPrefixThatNoKeyCanHaveIsRefused(t *testing.T) {
	path := files(t, map[string]string{"rules.yaml": replicateAll})
	for prefix, want := range map[string]string{"/in/": "begins with /, which OSS does not allow",
		"caf\xe9": "it is not UTF-8"} {
		code, _, problems := command(t, "diff", path("rules.yaml"), "--prefix", prefix)
		if code != exitUsage || !strings.Contains(problems, "--prefix: no key begins so: ") ||
			!strings.Contains(problems, want) {
			t.Errorf("%q: exit %d, %s", prefix, code, problems)
		}
	}
}

func TestValuesThatNoObjectHasAreRefusedInWordsOfTheirFlag(t *testing.T) {
	path := files(t, map[string]string{"rules.yaml": strings.Replace(replicateAll, "{}", "{suffix: .none}", 1),
		"event": `{"events":[{"eventName":"ObjectCreated:PutObject","eventSource":"acs:oss","oss":{"bucket":` +
			`{"name":"photos"},"object":{"key":"a","size":53876069761024}}}]}`})
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--key", "a", "--size", "49TiB"}, exitUsage, "--size: no object has more than 48.8 TiB"},
		{[]string{"--event", path("event")}, exitBad, "refused     oss://photos/a: no object has more than 48.8 TiB"},
		{[]string{"--key", "a", "--rate", "foo"}, exitUsage, `--rate is "foo"; want bytes a second, such as 500MiB`},
		{[]string{"--key", "a", "--rate=0"}, exitUsage, `--rate is "0"; want bytes a second`},
		{[]string{"--key", "a", "--retries", "9"}, exitUsage, "--retries is 9; want 0 to 8"},
		{[]string{"--key", "a", "--timeout", "25h"}, exitUsage, "is 25h0m0s; Function Compute allows up to 24h"},
		{[]string{"--key", "a", "--tag", "a=\x01"}, exitUsage, "--tag: the value of \"a\" contains"},
		{[]string{"--key", "a", "--tag", strings.Repeat("a", 129) + "=1"}, exitUsage, "has 129 bytes, OSS allows 128"},
		{[]string{"--key", "a", "--source-ip", "foo"}, exitUsage, "want an address such as 10.1.2.3"},
	} {
		code, _, problems := command(t, append([]string{"explain", path("rules.yaml")}, c.args...)...)
		if code != c.code || !strings.Contains(problems, c.want) {
			t.Errorf("%v: exit %d, %s; want %s", c.args, code, problems, c.want)
		}
	}
}
