package localsts_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/acs3"
	"afterput/internal/localoss"
	"afterput/internal/localsts"
)

const (
	writer = "acs:ram::9999888877776666:role/writer"
	root   = `{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
		"Principal": {"RAM": ["acs:ram::1234567890123456:root"]}}]}`
)

// world is a server. The key "role" is that of a session of a role, "user" that of a user.
type world struct {
	*localsts.Server
	t *testing.T
}

func start(t *testing.T, roles map[string]localsts.Role) *world {
	t.Helper()
	server, err := localsts.New(localsts.Config{
		AccessKeys: map[string]localoss.AccessKey{
			"role": {Secret: "s", Role: "afterput/1"}, "user": {Secret: "s", Principal: "anna"}},
		Roles: roles,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &world{server, t}
}

// answer is what STS answers to AssumeRole.
type answer struct {
	Code        string
	Credentials struct{ AccessKeyID, SecurityToken, Expiration string }
}

// assume sends AssumeRole with parameters in place of the usual ones.
func (w *world) assume(keys acs3.Keys, given ...string) (a answer) {
	w.t.Helper()
	query := url.Values{"RoleArn": {writer}, "RoleSessionName": {"afterput"}}
	action := "AssumeRole"
	for i := 0; i < len(given); i += 2 {
		if given[i] == "Action" {
			action = given[i+1]
			continue
		}
		query.Set(given[i], given[i+1])
	}
	req := httptest.NewRequest(http.MethodPost, "http://sts/?"+query.Encode(), nil)
	acs3.Sign(req, action, "2015-04-01", nil, keys)
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, req)
	err := json.Unmarshal(recorder.Body.Bytes(), &a)
	if err != nil || (recorder.Code == http.StatusOK) != (a.Code == "") {
		w.t.Fatalf("%d %s, %v", recorder.Code, recorder.Body, err)
	}
	return a
}

func key(id string) acs3.Keys { return acs3.Keys{AccessKeyID: id, AccessKeySecret: "s"} }

func TestWrongParametersAreRefusedAsSTSRefusesThem(t *testing.T) {
	w := start(t, map[string]localsts.Role{writer: {Trust: root}})
	for want, given := range map[string][]string{
		"":                                 {"DurationSeconds", "3600", "ExternalId", "our-id"},
		"InvalidParameter.RoleArn":         {"RoleArn", "writer"},
		"InvalidParameter.RoleSessionName": {"RoleSessionName", "a b"},
		"InvalidParameter.ExternalId":      {"ExternalId", "a"},
		"InvalidParameter.DurationSeconds": {"DurationSeconds", "899"},
		"EntityNotExist.Role":              {"RoleArn", writer + "s"},
		"InvalidAction.NotFound":           {"Action", "GetCallerIdentity"},
	} {
		if a := w.assume(key("role"), given...); a.Code != want {
			t.Errorf("%v: %q, want %q", given, a.Code, want)
		}
	}
	if a := w.assume(key("role"), "DurationSeconds", "7200"); a.Code != "InvalidParameter.DurationSeconds" {
		t.Errorf("more than an hour: %q", a.Code)
	}
	wrong := acs3.Keys{AccessKeyID: "role", AccessKeySecret: "another"}
	if a := w.assume(wrong); a.Code != "SignatureDoesNotMatch" {
		t.Errorf("another secret: %q", a.Code)
	}
}

func TestTheTrustPolicyDecidesWhoMayAssumeARole(t *testing.T) {
	one := func(s string) string { return `{"Version": "1", "Statement": [` + s + `]}` }
	allow := func(principal, condition string) string {
		return `{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": ` + principal + `}` +
			condition + `}`
	}
	const (
		id       = `, "Condition": {"StringEquals": {"sts:ExternalId": "our-id"}}`
		account  = `"acs:ram::1234567890123456:root"`
		role     = `["acs:ram::1234567890123456:role/afterput"]`
		user     = `["acs:ram::1234567890123456:user/anna"]`
		stranger = `["acs:ram::1111222233334444:root"]`
	)
	for name, c := range map[string]struct {
		trust    string
		external string
		allowed  string // the keys that may
	}{
		"the account":            {one(allow(account, "")), "", "role user"},
		"the role":               {one(allow(role, "")), "", "role"},
		"the user":               {one(allow(user, "")), "", "user"},
		"another account":        {one(allow(stranger, "")), "", ""},
		"an external id":         {one(allow(account, id)), "our-id", "role user"},
		"no external id":         {one(allow(account, id)), "", ""},
		"another external id":    {one(allow(account, id)), "their-id", ""},
		"an id that nobody asks": {one(allow(account, "")), "our-id", "role user"},
		"denied": {one(allow(account, "") + "," + strings.Replace(allow(user, ""), "Allow", "Deny", 1)), "",
			"role"},
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t, map[string]localsts.Role{writer: {Trust: c.trust}})
			var allowed []string
			for _, id := range []string{"role", "user"} {
				switch a := w.assume(key(id), "ExternalId", c.external); a.Code {
				case "":
					allowed = append(allowed, id)
				case "NoPermission":
				default:
					t.Errorf("%s: %q", id, a.Code)
				}
			}
			if got := strings.Join(allowed, " "); got != c.allowed {
				t.Errorf("allowed %q, want %q", got, c.allowed)
			}
		})
	}
}

func TestATrustPolicyThatCannotBeEvaluatedIsRefused(t *testing.T) {
	for _, trust := range []string{"", "{}", `{"Version": "1", "Statement": []}`,
		strings.Replace(root, "Allow", "allow", 1), strings.Replace(root, "sts:AssumeRole", "sts:*", 1),
		strings.Replace(root, `"Principal"`, `"Condition": {"IpAddress": {}}, "Principal"`, 1)} {
		_, err := localsts.New(localsts.Config{Roles: map[string]localsts.Role{writer: {Trust: trust}}})
		if err == nil || !strings.Contains(err.Error(), writer) {
			t.Errorf("%s: %v", trust, err)
		}
	}
}

func TestASessionIsAnAccessKeyOfTheRolesAccountUntilItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := strings.Replace(writer, "writer", "other", 1)
		w := start(t, map[string]localsts.Role{writer: {Trust: root, MaxSession: 2 * time.Hour},
			other: {Trust: strings.Replace(root, "1234567890123456:root", "9999888877776666:role/writer", 1)}})
		a := w.assume(key("role"), "DurationSeconds", "7200")
		k, ok := w.AccessKey(a.Credentials.AccessKeyID)
		if !ok || k.Account != "9999888877776666" || k.Role != "writer/afterput" ||
			time.Until(k.Expires) != 2*time.Hour || k.SecurityToken != a.Credentials.SecurityToken ||
			k.Expires.Format(time.RFC3339) != a.Credentials.Expiration {
			t.Errorf("%+v is the key %+v", a, k)
		}
		session := acs3.Keys{AccessKeyID: a.Credentials.AccessKeyID, AccessKeySecret: k.Secret,
			SecurityToken: k.SecurityToken}
		time.Sleep(2 * time.Hour)
		if a := w.assume(session, "RoleArn", other); a.Code != "" {
			t.Errorf("at the end of the session: %q", a.Code)
		}
		time.Sleep(time.Second)
		if a := w.assume(session, "RoleArn", other); a.Code != "InvalidSecurityToken.Expired" {
			t.Errorf("after the end of the session: %q", a.Code)
		}
	})
}
