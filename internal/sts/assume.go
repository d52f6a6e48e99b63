// Package sts assumes roles of other accounts with Alibaba Cloud's Security Token Service.
package sts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"afterput/internal/acs3"
	"afterput/internal/osscall"
	"afterput/rules"
)

const (
	version = "2015-04-01"
	// duration is how long a session is asked for. Every role allows it, and it is the most that a role allows unless
	// its owner has raised that.
	// Source: STS API reference, AssumeRole.
	duration = time.Hour
	// sessionName is how the logs of the other account name the function.
	sessionName = "afterput"
	// answerTime is the longest that STS may take to answer.
	answerTime = 10 * time.Second
	// mostAnswer is more bytes than any answer of STS has.
	mostAnswer = 64 << 10
)

// assume sends AssumeRole, signed with the credentials. lifetime is how long the session is valid from now on, by the
// clock of STS.
// Source: STS API reference, AssumeRole.
func (r *Roles) assume(ctx context.Context, by osscall.Credentials, to rules.Remote) (
	c osscall.Credentials, lifetime time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	query := url.Values{"RoleArn": {to.Role}, "RoleSessionName": {sessionName},
		"DurationSeconds": {strconv.Itoa(int(duration.Seconds()))}}
	if to.ExternalID != "" {
		query.Set("ExternalId", to.ExternalID)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.endpoint+"/?"+query.Encode(), nil)
	if err != nil {
		return c, 0, osscall.NewError(osscall.KindPermanent, op, "WrongEndpoint", "the endpoint of STS: %v", err)
	}
	req.Header.Set("Accept", "application/json")
	acs3.Sign(req, "AssumeRole", version, nil, acs3.Keys(by))
	resp, err := r.http.Do(req)
	if err != nil {
		var whole *url.Error // has the URL, and the external id in it
		if errors.As(err, &whole) {
			err = whole.Err
		}
		return c, 0, unanswered(to, "%v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return c, 0, unanswered(to, "%v", err)
	}
	if resp.StatusCode != http.StatusOK {
		return c, 0, refusal(resp, body, to)
	}
	return session(resp, body, to)
}

// session reads an answer that is a success.
func session(resp *http.Response, body []byte, to rules.Remote) (
	c osscall.Credentials, lifetime time.Duration, err error) {
	var answer struct {
		Credentials struct {
			AccessKeyID, AccessKeySecret, SecurityToken string
			Expiration                                  time.Time
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return c, 0, unanswered(to, "the answer is not the JSON of STS")
	}
	given := answer.Credentials
	c = osscall.Credentials{AccessKeyID: given.AccessKeyID, AccessKeySecret: given.AccessKeySecret,
		SecurityToken: given.SecurityToken}
	now, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	lifetime = given.Expiration.Sub(now)
	if c.AccessKeyID == "" || c.AccessKeySecret == "" || c.SecurityToken == "" || lifetime <= 0 {
		return osscall.Credentials{}, 0, unanswered(to, "the answer has no credentials that are valid")
	}
	return c, lifetime, nil
}

// op names the request in errors.
const op = "AssumeRole"

// unanswered is the error of a request of which it is not known what STS says. Nothing was sent to OSS.
func unanswered(to rules.Remote, format string, args ...any) *osscall.Error {
	return osscall.NewError(osscall.KindUnsent, op, "NoAnswer", "STS did not give a session of %s: %s "+
		"(if the function cannot reach the endpoint of STS, name another with AFTERPUT_STS_ENDPOINT)", to.Role,
		fmt.Sprintf(format, args...))
}

// refusal reads an answer that is not a success.
func refusal(resp *http.Response, body []byte, to rules.Remote) *osscall.Error {
	var answer struct{ Code, Message, RequestID string }
	_ = json.Unmarshal(body, &answer) // without a code it is not an answer of STS
	e := osscall.NewError(osscall.KindPermanent, op, answer.Code, "%s (%s)", answer.Message, adviceFor(answer.Code, to))
	e.RequestID = answer.RequestID
	switch code := answer.Code; {
	case code == "":
		return unanswered(to, "the answer has status %d and no error code of STS", resp.StatusCode)
	case resp.StatusCode >= 500, resp.StatusCode == http.StatusTooManyRequests, strings.HasPrefix(code, "Throttling"):
		e.Kind = osscall.KindUnsent
	case strings.HasPrefix(code, "InvalidSecurityToken"), code == "InvalidTimeStamp.Expired",
		strings.HasPrefix(strings.ToLower(code), "invalidaccesskeyid"): // InvalidAccessKeyId.NotFound
		e.Kind = osscall.KindRenew // the next invocation has other credentials
	}
	e.Permanent = e.Kind == osscall.KindPermanent
	return e
}

// adviceFor says how to fix a refusal. STS does not say which side is missing.
func adviceFor(code string, to rules.Remote) string {
	switch {
	case code == "EntityNotExist.Role":
		return "there is no role " + to.Role + ": correct role under copy, or have its account create it"
	case code == "NoPermission" && to.ExternalID == "":
		return "either the function's role may not call sts:AssumeRole on " + to.Role + ", which the policy that " +
			"afterput policy prints allows; or that role does not trust the function's: its account sets the trust " +
			"policy that afterput policy --assumed-roles prints; if it asks for an external id, give external-id " +
			"under copy"
	case code == "NoPermission":
		return "either the function's role may not call sts:AssumeRole on " + to.Role + ", which the policy that " +
			"afterput policy prints allows; or that role does not trust the function's, or wants another " +
			"external-id: its account sets the trust policy that afterput policy --assumed-roles prints"
	}
	return "while assuming " + to.Role
}
