package sts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/localsts"
	"afterput/internal/osscall"
	"afterput/rules"
)

const (
	writer   = "acs:ram::9999888877776666:role/writer"
	reader   = "acs:ram::9999888877776666:role/reader"
	trusting = `{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
		"Principal": {"RAM": "acs:ram::1234567890123456:role/afterput"}%s}]}`
	withID = `, "Condition": {"StringEquals": {"sts:ExternalId": ["our-id"]}}`
)

// world is an STS whose answers a test may replace.
type world struct {
	*localsts.Server
	roles  *Roles
	answer func(*http.Request) (*http.Response, error) // nil for the server's
}

// inWorld runs a test in virtual time. The keys "first" and "second" are those of two sessions of the function's role;
// "other" is one of another role, and "account" that of the account itself.
func inWorld(t *testing.T, test func(t *testing.T, w *world)) {
	synctest.Test(t, func(t *testing.T) {
		key := func(role string) localoss.AccessKey {
			return localoss.AccessKey{Secret: "the secret", SecurityToken: "the token", Role: role}
		}
		server, err := localsts.New(localsts.Config{
			AccessKeys: map[string]localoss.AccessKey{"first": key("afterput/1"), "second": key("afterput/2"),
				"other": key("other/1"), "account": key("")},
			Roles: map[string]localsts.Role{
				writer: {Trust: fmt.Sprintf(trusting, withID)},
				reader: {Trust: fmt.Sprintf(trusting, "")},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		w := &world{Server: server}
		w.roles = New("https://sts.example.com", w)
		test(t, w)
	})
}

// RoundTrip serves a request in this process.
func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.answer != nil {
		return w.answer(req)
	}
	recorder := httptest.NewRecorder()
	served := req.Clone(req.Context())
	served.Host = req.URL.Host
	w.ServeHTTP(recorder, served)
	return recorder.Result(), nil
}

// session asks for a session as an access key.
func (w *world) session(t *testing.T, key string, to rules.Remote) (osscall.Credentials, error) {
	ctx := osscall.WithCredentials(t.Context(), osscall.Credentials{
		AccessKeyID: key, AccessKeySecret: "the secret", SecurityToken: "the token"})
	return w.roles.As(to).Credentials(ctx)
}

func (w *world) mustGet(t *testing.T, key string, to rules.Remote) osscall.Credentials {
	t.Helper()
	c, err := w.session(t, key, to)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := w.AccessKey(c.AccessKeyID); !ok || got.Secret != c.AccessKeySecret ||
		got.SecurityToken != c.SecurityToken || !time.Now().Before(got.Expires) {
		t.Fatalf("the session %s is not one that is valid", c.AccessKeyID)
	}
	return c
}

func (w *world) wantAssumed(t *testing.T, want int) {
	t.Helper()
	if got := w.Assumed(); got != want {
		t.Errorf("%d sessions were given, want %d", got, want)
	}
}

func TestAllWhoNeedASessionShareOneRequest(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { _, _ = w.session(t, "first", rules.Remote{Role: reader}) })
		}
		all.Wait()
		w.mustGet(t, "first", rules.Remote{Role: reader, Region: "cn-beijing"})
		w.wantAssumed(t, 1)
	})
}

func TestSessionsOfTwoInvocationsRolesOrExternalIDsAreNeverMixed(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		seen := map[osscall.Credentials]string{}
		for _, key := range []string{"first", "second"} {
			for _, to := range []rules.Remote{{Role: writer, ExternalID: "our-id"}, {Role: reader},
				{Role: reader, ExternalID: "our-id"}} {
				c := w.mustGet(t, key, to)
				if other := seen[c]; other != "" {
					t.Errorf("%s and %v have the session of %s", key, to, other)
				}
				seen[c] = fmt.Sprint(key, to)
				if again := w.mustGet(t, key, to); again != c {
					t.Errorf("%s, %v: another session", key, to)
				}
			}
		}
	})
}

func TestASessionIsRenewedBeforeItEnds(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		began, requests := time.Now(), 0
		for time.Since(began) < 5*time.Hour {
			w.mustGet(t, "first", rules.Remote{Role: reader})
			requests++
			time.Sleep(10 * time.Second)
		}
		if n := w.Assumed(); n < 5 || n > 6 {
			t.Errorf("%d sessions for %d requests in 5 hours", n, requests)
		}
	})
}

func TestASessionThatCannotBeRenewedIsUsedUntilItEnds(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		to := rules.Remote{Role: reader}
		first := w.mustGet(t, "first", to)
		w.answer = func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }
		time.Sleep(59 * time.Minute)
		if c := w.mustGet(t, "first", to); c != first {
			t.Error("another session")
		}
		time.Sleep(2 * time.Minute)
		if _, err := w.session(t, "first", to); !osscall.Is(err, osscall.KindUnsent) {
			t.Errorf("after its end: %v", err)
		}
		w.answer = nil
		w.mustGet(t, "first", to)
		w.wantAssumed(t, 2)
	})
}

func TestWhoStopsWaitingDoesNotFailTheOthers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		served := w.RoundTrip
		w.roles.http.Transport = roundTripper(func(req *http.Request) (*http.Response, error) {
			time.Sleep(3 * time.Second)
			return served(req)
		})
		ctx, stop := context.WithCancel(osscall.WithCredentials(t.Context(), osscall.Credentials{
			AccessKeyID: "first", AccessKeySecret: "the secret", SecurityToken: "the token"}))
		var both sync.WaitGroup
		both.Go(func() {
			_, err := w.roles.As(rules.Remote{Role: reader}).Credentials(ctx)
			if !osscall.Is(err, osscall.KindStopped) {
				t.Errorf("who has stopped gets %v", err)
			}
		})
		both.Go(func() {
			time.Sleep(2 * time.Second)
			w.mustGet(t, "first", rules.Remote{Role: reader})
		})
		time.Sleep(time.Second)
		stop()
		both.Wait()
		w.wantAssumed(t, 1)
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestSessionsThatHaveEndedAreForgotten(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.mustGet(t, "first", rules.Remote{Role: reader})
		time.Sleep(2 * time.Hour)
		w.mustGet(t, "second", rules.Remote{Role: reader})
		if n := len(w.roles.sessions); n != 1 {
			t.Errorf("%d sessions are kept, want 1", n)
		}
	})
}

func TestARefusalSaysWhatEachAccountHasToDoAndNoSecret(t *testing.T) {
	for name, c := range map[string]struct {
		key  string
		to   rules.Remote
		code string
		kind osscall.Kind
		want []string
	}{
		"the role trusts somebody else": {"other", rules.Remote{Role: reader}, "NoPermission", osscall.KindPermanent,
			[]string{"does not trust the function's", "--assumed-roles", "give external-id"}},
		"no external id": {"first", rules.Remote{Role: writer}, "NoPermission", osscall.KindPermanent,
			[]string{"if it asks for an external id, give external-id under copy"}},
		"another external id": {"first", rules.Remote{Role: writer, ExternalID: "their-id"}, "NoPermission",
			osscall.KindPermanent, []string{"or wants another external-id"}},
		"no such role": {"first", rules.Remote{Role: writer + "s"}, "EntityNotExist.Role", osscall.KindPermanent,
			[]string{"there is no role " + writer + "s: correct role under copy"}},
		"an account": {"account", rules.Remote{Role: reader}, "NoPermission", osscall.KindPermanent,
			[]string{"Roles may not be assumed by root accounts."}},
		"an access key that is gone": {"gone", rules.Remote{Role: reader}, "InvalidAccessKeyID", osscall.KindRenew,
			[]string{"while assuming " + reader}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				_, err := w.session(t, c.key, c.to)
				wantError(t, err, c.kind, append(c.want, c.code+": ")...)
			})
		})
	}
}

func wantError(t *testing.T, err error, kind osscall.Kind, texts ...string) {
	t.Helper()
	var e *osscall.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Permanent != (kind == osscall.KindPermanent) {
		t.Fatalf("got %v", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not say %q", err, text)
		}
	}
	for _, secret := range []string{"the secret", "the token"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q has %s", err, secret)
		}
	}
}

// Nothing was sent to OSS then, so that the request is sent again like one that had no connection.
func TestAnAnswerThatIsNotOneOfSTSIsRepeated(t *testing.T) {
	const valid = `{"Credentials": {"AccessKeyId": "i", "AccessKeySecret": "s", "SecurityToken": "t", ` +
		`"Expiration": "2000-01-01T01:00:00Z"}}`
	for name, c := range map[string]struct {
		status int
		body   string
		failed error
	}{
		"no connection":       {failed: errors.New("connection refused")},
		"a page":              {200, "<html>welcome</html>", nil},
		"an empty answer":     {200, "", nil},
		"a cut answer":        {200, valid[:60], nil},
		"no token":            {200, strings.Replace(valid, `"t"`, `""`, 1), nil},
		"an end in the past":  {200, strings.Replace(valid, "2000", "1999", 1), nil},
		"a front end's error": {502, "<html>Bad Gateway</html>", nil},
		"a failure of STS":    {500, `{"Code": "InternalError", "Message": "failed"}`, nil},
		"too many requests":   {429, `{"Code": "Throttling.User", "Message": "denied due to flow control"}`, nil},
		"throttled":           {400, `{"Code": "Throttling.User", "Message": "denied due to flow control"}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.answer = func(*http.Request) (*http.Response, error) {
					if c.failed != nil {
						return nil, c.failed
					}
					return &http.Response{StatusCode: c.status, Header: http.Header{},
						Body: io.NopCloser(strings.NewReader(c.body))}, nil
				}
				_, err := w.session(t, "first", rules.Remote{Role: reader})
				wantError(t, err, osscall.KindUnsent, reader)
				w.answer = nil
				w.mustGet(t, "first", rules.Remote{Role: reader})
			})
		})
	}
}

func TestAnSTSThatCannotBeReachedIsAnErrorWithoutTheExternalID(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.answer = func(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }
		_, err := w.session(t, "first", rules.Remote{Role: writer, ExternalID: "our-id"})
		if err == nil || strings.Contains(err.Error(), "our-id") || !strings.Contains(err.Error(), "refused") {
			t.Error(err)
		}
	})
}
