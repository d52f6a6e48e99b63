package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"afterput/internal/deploy"
	"afterput/internal/localoss"
	"afterput/internal/localsts"
)

const (
	partnerAccount = "9999888877776666"
	partnerRole    = "acs:ram::" + partnerAccount + ":role/writer"
	asPartner      = `version: 1
sources: [photos]
rules:
  - name: deliver
    match: {}
    copy: [{bucket: partner, role: '` + partnerRole + `', external-id: our-id}]
`
)

// partnerCloud is a cloud with the bucket partner of another account, whose role the caller, a RAM user, may assume.
// While incomplete is true, no upload is completed.
func partnerCloud(t *testing.T) (server *localoss.Server, sts *localsts.Server, incomplete *atomic.Bool) {
	t.Helper()
	keys := map[string]localoss.AccessKey{"local": {Secret: "local", Principal: "anna"}}
	trust := deploy.Trusting("acs:ram::1234567890123456:user/anna", []string{"our-id"})
	sts, err := localsts.New(localsts.Config{AccessKeys: keys,
		Roles: map[string]localsts.Role{partnerRole: {Trust: trust.JSON()}}})
	if err != nil {
		t.Fatal(err)
	}
	incomplete = &atomic.Bool{}
	server = cloudWith(t, localoss.Config{AccessKeys: keys, Sessions: sts.AccessKey,
		Authorize: sts.Authorize(nil),
		Intercept: func(_ context.Context, c *localoss.Call, next func() *localoss.Response) *localoss.Response {
			if c.Name == "CompleteMultipartUpload" && incomplete.Load() {
				return c.Refuse(&localoss.Error{Code: "AccessDenied"})
			}
			return next()
		}}, "photos")
	if err := server.CreateBucket("partner", localoss.WithOwner(partnerAccount)); err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(sts)
	t.Cleanup(front.Close)
	t.Setenv("AFTERPUT_STS_ENDPOINT", front.URL)
	return server, sts, incomplete
}

func TestEveryCommandThatCopiesOrComparesAssumesTheRoleOfTheRules(t *testing.T) {
	server, _, incomplete := partnerCloud(t)
	for i := range 5 {
		if err := server.PutSparse("photos", fmt.Sprintf("a/%02d.jpg", i), 1000); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.PutSparse("photos", "large.bin", 3<<20); err != nil {
		t.Fatal(err)
	}
	path := files(t, map[string]string{"rules.yaml": asPartner, "event.json": `{"events":[{` +
		`"eventName":"ObjectCreated:PutObject","oss":{"bucket":{"name":"photos"},"object":{"key":"a/00.jpg"}}}]}`})
	asRole := []string{"--role", partnerRole, "--external-id", "our-id"}
	for _, c := range []struct {
		args  []string
		exits int
		want  string
	}{
		{[]string{"diff", path("rules.yaml")}, exitBad, "6 missing"},
		{[]string{"replay", path("event.json"), "--rules", path("rules.yaml"), "--yes"}, exitGood, "copied"},
		{append([]string{"copy", "oss://photos/a/01.jpg", "oss://partner/"}, asRole...), exitGood, "Stream"},
		{[]string{"copy", "oss://photos/a/01.jpg", "oss://partner/"}, exitBad,
			"or have a role that --role names)"},
		{append([]string{"copy", "oss://photos/large.bin", "oss://partner/", "--single-copy-limit", "1MiB"},
			asRole...), exitBad, "the role " + partnerRole + " needs oss:PutObject"},
		{append([]string{"gc", "partner", "--older-than", "0s"}, asRole...), exitBad, "leftover oss://partner/"},
		{append([]string{"gc", "partner", "--older-than", "0s", "--yes"}, asRole...), exitGood, "removed"},
		{[]string{"gc", "partner"}, exitBad, "or have a role that --role names)"},
		{[]string{"gc", "partner", "--external-id", "our-id"}, exitUsage, "--external-id needs --role"},
		{[]string{"gc", "partner", "--role", "writer"}, exitUsage, "--role: \"writer\" is not the ARN of a role"},
		{[]string{"backfill", path("rules.yaml"), "--yes"}, exitGood, "copied"},
		{[]string{"diff", path("rules.yaml"), "--deep", "--extra"}, exitGood, "6 same"},
	} {
		incomplete.Store(strings.Contains(strings.Join(c.args, " "), "large.bin"))
		code, out, problems := command(t, c.args...)
		if code != c.exits || !strings.Contains(out+problems, c.want) {
			t.Errorf("%v: exit %d, want %d; want %q:\n%s%s", c.args, code, c.exits, c.want, out, problems)
		}
	}
	if n := len(server.Objects("partner")); n != 7 { // 01.jpg too
		t.Errorf("%d objects in the partner's bucket, want 7", n)
	}
}

func TestAPersonWhomTheRoleDoesNotTrustIsToldSo(t *testing.T) {
	server, _, _ := partnerCloud(t)
	if err := server.PutSparse("photos", "a", 1000); err != nil {
		t.Fatal(err)
	}
	path := files(t, map[string]string{"rules.yaml": strings.Replace(asPartner, "our-id", "their-id", 1)})
	code, out, problems := command(t, "backfill", path("rules.yaml"), "--yes")
	const want = "this access key may not call sts:AssumeRole on " + partnerRole
	if code == exitGood || !strings.Contains(out+problems, want) || strings.Contains(out+problems, "the function's") {
		t.Errorf("exit %d:\n%s%s", code, out, problems)
	}
}
