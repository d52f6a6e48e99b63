package e2e_test

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"afterput/internal/localcloud"
	"afterput/internal/localfc"
)

// wantContains checks that a text contains every one of the parts.
func wantContains(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, part := range want {
		if !strings.Contains(text, part) {
			t.Errorf("%q is missing in:\n%s", part, text)
		}
	}
}

func TestEveryMistakeInTheRulesFileIsReportedAtStart(t *testing.T) {
	message := startError(t, `version: 1
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
	wantContains(t, message, `prefx`, `did you mean "prefix"`, `Target_Bucket`, `storage-class`, `object-acl`,
		"rules.yaml:5:", "rules.yaml:7:", "rules.yaml:11:")
}

func TestMissingRulesFileIsReportedAtStartWithItsFix(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.yaml")
	message := startError(t, replicate, func(c *localcloud.Config) { c.Rules = missing })
	wantContains(t, message, "none.yaml", "no such file", "AFTERPUT_RULES")
}

func TestMissingRegionIsReportedAtStartWithItsFix(t *testing.T) {
	message := startError(t, replicate, withEnv("FC_REGION=", "OSS_REGION="))
	wantContains(t, message, "OSS_REGION", "cn-hangzhou")
}

func TestEveryInvalidVariableIsReportedAtStart(t *testing.T) {
	message := startError(t, replicate, withEnv("AFTERPUT_PART_SIZE=huge", "AFTERPUT_CONFIRM=perhaps",
		"AFTERPUT_STATE=somewhere", "AFTERPUT_LOG_LEVEL=loud", "OSS_ENDPOINT=not a url",
		"AFTERPUT_DEADLINE_MARGIN=-1s"))
	wantContains(t, message, "AFTERPUT_PART_SIZE", "AFTERPUT_CONFIRM", "AFTERPUT_STATE", "AFTERPUT_LOG_LEVEL",
		"OSS_ENDPOINT", "AFTERPUT_DEADLINE_MARGIN")
}

func TestStatePrefixThatWouldHideUploadsIsReportedAtStartWithItsFix(t *testing.T) {
	message := startError(t, replicate, withEnv("AFTERPUT_STATE=oss://source-bucket/in"))
	wantContains(t, message, `AFTERPUT_STATE is "oss://source-bucket/in"`, "write oss://source-bucket/in/")
}

func TestCredentialInTheRulesIsReportedAtStartWithItsLocation(t *testing.T) {
	message := startError(t, replicate+"        key: ${env.ALIBABA_CLOUD_ACCESS_KEY_SECRET}/${key}\n")
	wantContains(t, message, "rules.yaml:9:14: key: ${env.ALIBABA_CLOUD_ACCESS_KEY_SECRET} may contain a credential")
}

func TestMissingFunctionBinaryIsReported(t *testing.T) {
	message := startError(t, replicate, func(c *localcloud.Config) { c.Function = filepath.Join(t.TempDir(), "none") })
	wantContains(t, message, "none", "does not exist", "build it first")
}

func TestOccupiedPortIsReported(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	message := startError(t, replicate, func(c *localcloud.Config) { c.Addr = listener.Addr().String() })
	wantContains(t, message, listener.Addr().String(), "address already in use", "another address")
}

func TestMissingCredentialsFailTheEventNotTheFunction(t *testing.T) {
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
	w.waitForEvents()
	e := w.givenUpReport(0).Objects[0].Copies[0].Error
	if e.Code != "NoCredentials" || !e.Permanent {
		t.Errorf("error %+v", e)
	}
	wantContains(t, e.Message, "role")

	given <- localfc.Credentials{AccessKeyID: w.AccessKeyID, AccessKeySecret: w.AccessKeySecret}
	w.wantNextEventCopied()
	w.redeliver(0)
	if got := w.content("in/k"); got != "v" {
		t.Errorf("after redelivery the destination holds %q", got)
	}
}
