package e2e_test

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"afterput/internal/localcloud"
	"afterput/internal/localfc"
)

// wantSaid checks that a message holds every one of the texts.
func wantSaid(t *testing.T, said string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(said, w) {
			t.Errorf("%q is not said:\n%s", w, said)
		}
	}
}

func TestRulesFileWithSeveralMistakesStopsTheFunctionWithAllOfThem(t *testing.T) {
	said := refused(t, `version: 1
sources: [source-bucket]
rules:
  - name: one
    match: {prefx: in/}
    copy:
      - bucket: Target_Bucket
  - name: one
    match: {}
    copy:
      - {bucket: target-bucket, storage-class: Cold, object-acl: secret}
`)
	wantSaid(t, said, `prefx`, `did you mean "prefix"`, `Target_Bucket`, `storage-class`, `object-acl`, "rules.yaml:5:", "rules.yaml:7:", "rules.yaml:11:")
}

func TestMissingRulesFileStopsTheFunctionAndSaysWhatToDo(t *testing.T) {
	said := refused(t, replicate, func(c *localcloud.Config) { c.Rules = filepath.Join(t.TempDir(), "none.yaml") })
	wantSaid(t, said, "none.yaml", "no such file", "AFTERPUT_RULES")
}

func TestMissingRegionStopsTheFunctionAndSaysWhatToDo(t *testing.T) {
	said := refused(t, replicate, env("FC_REGION=", "OSS_REGION="))
	wantSaid(t, said, "OSS_REGION", "cn-hangzhou")
}

func TestEveryWrongVariableIsNamedAtOnce(t *testing.T) {
	said := refused(t, replicate, env("AFTERPUT_PART_SIZE=huge", "AFTERPUT_CONFIRM=perhaps", "AFTERPUT_STATE=somewhere", "AFTERPUT_LOG_LEVEL=loud", "OSS_ENDPOINT=not a url", "AFTERPUT_DEADLINE_MARGIN=-1s"))
	wantSaid(t, said, "AFTERPUT_PART_SIZE", "AFTERPUT_CONFIRM", "AFTERPUT_STATE", "AFTERPUT_LOG_LEVEL", "OSS_ENDPOINT", "AFTERPUT_DEADLINE_MARGIN")
}

func TestAStateThatWouldHideUploadsStopsTheFunctionAndSaysWhatToWrite(t *testing.T) {
	said := refused(t, replicate, env("AFTERPUT_STATE=oss://source-bucket/in"))
	wantSaid(t, said, `AFTERPUT_STATE is "oss://source-bucket/in"`, "write oss://source-bucket/in/")
}

func TestACredentialInTheRulesStopsTheFunctionWithItsPlace(t *testing.T) {
	said := refused(t, replicate+"        key: ${env.ALIBABA_CLOUD_ACCESS_KEY_SECRET}/${key}\n")
	wantSaid(t, said, "rules.yaml:9:14: key: ${env.ALIBABA_CLOUD_ACCESS_KEY_SECRET} may contain a credential")
}

func TestMissingFunctionBinaryIsSaid(t *testing.T) {
	said := refused(t, replicate, func(c *localcloud.Config) { c.Function = filepath.Join(t.TempDir(), "none") })
	wantSaid(t, said, "none", "does not exist", "build it first")
}

func TestOccupiedPortIsSaid(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	said := refused(t, replicate, func(c *localcloud.Config) { c.Addr = listener.Addr().String() })
	wantSaid(t, said, listener.Addr().String(), "address already in use", "another address")
}

func TestMissingCredentialsFailTheEventAndNotTheFunction(t *testing.T) {
	given := make(chan localfc.Credentials, 1)
	none := func() localfc.Credentials {
		select {
		case c := <-given:
			given <- c
			return c
		default:
			return localfc.Credentials{}
		}
	}
	w := start(t, replicate, func(c *localcloud.Config) { c.FC.Credentials = none })
	w.put("in/k", "v")
	w.settle()
	e := w.failure(0).Objects[0].Copies[0].Error
	if e.Code != "NoCredentials" || !e.Permanent {
		t.Errorf("error %+v", e)
	}
	wantSaid(t, e.Message, "role")

	given <- localfc.Credentials{AccessKeyID: w.AccessKeyID, AccessKeySecret: w.AccessKeySecret}
	w.wantNextEventAnswered()
	w.redeliver(0)
	if got := w.content("in/k"); got != "v" {
		t.Errorf("the event delivered again: the destination holds %q", got)
	}
}
