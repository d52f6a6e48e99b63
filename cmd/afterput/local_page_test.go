package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
)

// pageRequest sends a request of the page to the URL that local prints.
func pageRequest(t *testing.T, url, path, body string) map[string]any {
	t.Helper()
	answer, err := http.Post(strings.Replace(url, "/?", path+"?", 1), "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var value map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&value); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v %v", path, answer.StatusCode, value, err)
	}
	return value
}

func TestThePageOfLocalUploadsAndSavesRulesThatAreInForceForTheNextEvent(t *testing.T) {
	t.Setenv("STAGE", "test")
	file := writeRules(t)
	s := serveCommand(t, "local", "--rules", file, "--function", function)
	url := strings.TrimPrefix(s.until("page: http://127.0.0.1:"), "page: ")
	pageRequest(t, url, "/api/describe", `{"bucket": "photos", "key": "in/a", "size": "1KiB"}`)
	s.until("oss://photos/in/a → oss://replica-test/in/a")

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Get(strings.Replace(url, "/?", "/api/rules?", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var read struct{ Sum string }
	if err := json.NewDecoder(answer.Body).Decode(&read); err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "prefix: in/", "prefix: other/", 1)
	body, err := json.Marshal(map[string]string{"text": changed, "sum": read.Sum})
	if err != nil {
		t.Fatal(err)
	}
	if saved := pageRequest(t, url, "/api/save", string(body)); saved["valid"] != true {
		t.Fatalf("not saved: %v", saved)
	}
	s.until("the changed rules are in force")
	if now, err := os.ReadFile(file); err != nil || string(now) != changed {
		t.Errorf("the file is %s (%v)", now, err)
	}
	pageRequest(t, url, "/api/describe", `{"bucket": "photos", "key": "other/a", "size": "1KiB"}`)
	s.until("oss://photos/other/a → oss://replica-test/other/a")
	if code := s.stop(os.Interrupt); code != exitGood {
		t.Errorf("exit code %d; stderr:\n%s", code, s.stderr.String())
	}
}

func TestAddressesThatOtherMachinesReachAndPlaysWithoutAPageAreRefused(t *testing.T) {
	t.Setenv("STAGE", "test")
	file := writeRules(t)
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--page", "0.0.0.0:0"}, "loopback"},
		{[]string{"--page", "off", "--play"}, "cannot be combined"},
		{[]string{"--play"}, "examples/rules.yaml"},
	} {
		args := append([]string{"local", "--rules", file, "--function", function}, c.flags...)
		code, _, problems := command(t, args...)
		if code != exitUsage || !strings.Contains(problems, c.want) {
			t.Errorf("%v: exit code %d, %s", c.flags, code, problems)
		}
	}
}
