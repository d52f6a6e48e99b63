package rules

import (
	"strings"
	"testing"
)

func TestANilEnvironmentHasNoVariables(t *testing.T) {
	const file = "version: 1\nsources: [inbox]\nrules: [{name: r, match: {}, copy: [{bucket: " +
		"'replica-${env.STAGEDEFAULT}'}]}]\n"
	_, err := Load("rules.yaml", []byte(strings.Replace(file, "DEFAULT", "", 1)), nil)
	if err == nil || !strings.Contains(err.Error(), "the environment variable STAGE is not set") {
		t.Errorf("a variable: %v", err)
	}
	if _, err := Load("rules.yaml", []byte(strings.Replace(file, "DEFAULT", ":-test", 1)), nil); err != nil {
		t.Errorf("a variable with a default: %v", err)
	}
}

func TestNamesThatOnlyResembleTheRefusedOnesAreRead(t *testing.T) {
	for _, name := range []string{"STAGE", "KMS_KEY", "FCN", "MY_FC_REGION", "ALIBABA_STAGE", "KEY", "PASS", "SEC"} {
		if err := checkEnv(name); err != nil {
			t.Error(err)
		}
	}
}
