package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A panic while newer rules are loaded must not end the instance with its events.
func TestAPanicInNewerRulesDoesNotEndTheInstance(t *testing.T) {
	if os.Getenv("ATTACK_CHILD") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestAPanicInNewerRulesDoesNotEndTheInstance$")
		cmd.Env = append(os.Environ(), "ATTACK_CHILD=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("the instance ended: %v\n%s", err, out[:min(len(out), 600)])
		}
		return
	}
	inOSS(t, func(t *testing.T, k *kept) {
		k.put(strings.Replace(ruleFile, "NAME", "one", 1))
		source, err := k.start()
		if err != nil {
			t.Fatal(err)
		}
		source.(*ossRules).env = func(string) (string, bool) { panic("a fault in the loader") }
		k.put(strings.Replace(ruleFile, "NAME", "${env.X}", 1) + "# ${env.HOME}\n")
		k.put("version: 1\nsources: [uploads]\nrules: [{name: two, match: {}, copy: [{bucket: replica, key: '${env.X}/${key}'}]}]\n")
		time.Sleep(2 * time.Minute)
		_, _, done := source.Current(k.ctx)
		done()
	})
}
