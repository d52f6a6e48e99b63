package localfc_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"afterput/internal/localfc"
)

func TestEveryEventAfterADeploymentIsHandledWithTheNewEnvironment(t *testing.T) {
	for name, custom := range map[string]bool{"built-in": false, "custom": true} {
		t.Run(name, func(t *testing.T) {
			w := start(t, localfc.Config{Custom: custom, Env: []string{"VERSION=one"}})
			for _, version := range []string{"one", "two", "three"} {
				if version != "one" {
					w.Deploy([]string{"VERSION=" + version})
				}
				for range 2 {
					r := w.call(`{"Do":"describe"}`)
					if r.Error != nil || !strings.Contains(string(r.Response), "VERSION="+version) {
						t.Errorf("version %s: %v %s", version, r.Error, r.Response)
					}
				}
			}
		})
	}
}

func TestAnEventUnderWayIsFinishedByItsProcessWhenAnotherVersionIsDeployed(t *testing.T) {
	w := start(t, localfc.Config{Custom: true, MaxRetries: -1})
	file := filepath.Join(t.TempDir(), "go on")
	w.Invoke(fmt.Appendf(nil, `{"Do":"meet","File":%q}`, file)) // ends when the other has created the file
	w.log.waitFor(t, "waiting in")
	w.Deploy([]string{"VERSION=two"})
	w.Invoke(fmt.Appendf(nil, `{"Do":"touch","File":%q}`, file))
	for _, r := range w.all() {
		if r.Error != nil {
			t.Errorf("%s failed: %v", r.Payload, r.Error)
		}
	}
}
