package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestLocalPutsChangedRulesInForceAndRefusesWrongOnes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write := func(source, bucket string) {
		t.Helper()
		text := "version: 1\nsources: [" + source + "]\nrules:\n  - name: replicate\n    match: {}\n    copy:\n" +
			"      - bucket: " + bucket + "\n"
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil { // as editors save: never half a file
			t.Fatal(err)
		}
	}
	write("photos", "first")
	s := serveCommand(t, "local", "--rules", file, "--function", function)
	c := client(s.endpoint(), "local", "local")
	put := func(bucket, key string) {
		t.Helper()
		if _, err := c.PutObject(t.Context(), &oss.PutObjectRequest{
			Bucket: &bucket, Key: &key, Body: strings.NewReader("v"),
		}); err != nil {
			t.Fatal(err)
		}
	}
	s.until("Ctrl-C stops")
	put("photos", "a")
	s.until("oss://photos/a → oss://first/a")

	write("films", "second") // another source: it gets a bucket and a trigger
	s.until("the changed rules are in force")
	put("films", "b")
	s.until("oss://films/b → oss://second/b")

	write("films", "No_Bucket")
	write("films", "third")
	s.until("the changed rules are in force")
	put("films", "c")
	s.until("oss://films/c → oss://third/c")
	if code := s.stop(os.Interrupt); code != exitGood {
		t.Errorf("exit code %d", code)
	}
}

func TestCopiesToOtherRegionsStayOnThisMachineAfterRulesHaveChanged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write := func(key string) {
		t.Helper()
		text := "version: 1\nsources: [photos]\nrules:\n  - name: r\n    match: {}\n    copy:\n" +
			"      - {bucket: replica, region: cn-beijing, key: '" + key + "/${key}'}\n"
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	write("first")
	s := serveCommand(t, "local", "--rules", file, "--function", function)
	c := client(s.endpoint(), "local", "local")
	s.until("Ctrl-C stops")
	write("second")
	s.until("the changed rules are in force")
	if _, err := c.PutObject(t.Context(), &oss.PutObjectRequest{
		Bucket: oss.Ptr("photos"), Key: oss.Ptr("a"), Body: strings.NewReader("v"),
	}); err != nil {
		t.Fatal(err)
	}
	if line := s.until("oss://photos/a"); !strings.HasPrefix(line, "copied") ||
		!strings.Contains(line, "oss://replica/second/a") {
		t.Errorf("the line is %q", line)
	}
}

func TestRulesThatAreRefusedAreReportedOnceAndThoseInForceStay(t *testing.T) {
	const valid = "version: 1\nsources: [photos]\nrules:\n  - {name: r, match: {}, copy: [{bucket: replica}]}\n"
	file := filepath.Join(t.TempDir(), "rules.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(valid)
	r, err := newLocalRules(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	r.remotesOf = new(accountsFlag).remotesOf
	set, err := r.load()
	if err != nil {
		t.Fatal(err)
	}
	inForce := r.config(set).Rules
	for name, change := range map[string]struct {
		to   func()
		want string
	}{
		"wrong":   {func() { write(strings.Replace(valid, "replica", "No_Bucket", 1)) }, file + ":4:"},
		"region":  {func() { write(strings.Replace(valid, "replica", "replica, region: cn-beijing", 1)) }, "restart"},
		"missing": {func() { os.Remove(file) }, "read the rules"},
	} {
		change.to()
		changed, err := r.reload(nil)
		if !changed || err == nil || !strings.Contains(err.Error(), change.want) {
			t.Errorf("%s: %v, %v; want a refusal with %q", name, changed, err, change.want)
		}
		if again, _ := r.reload(nil); again {
			t.Errorf("%s: reported twice", name)
		}
		if r.config(r.set).Rules != inForce {
			t.Errorf("%s: the rules in force were replaced", name)
		}
	}
	if text, err := os.ReadFile(inForce); err != nil || string(text) != valid {
		t.Errorf("the function would read %q (%v)", text, err)
	}
}
