package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/settings"
)

// rulesNamed is a rules file with one rule of that name.
func rulesNamed(name string) string {
	return "version: 1\nsources: [uploads]\nrules: [{name: " + name + ", match: {}, copy: [{bucket: replica}]}]\n"
}

var credentials = osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}

// world is a local OSS in virtual time that holds the function's rules.
type world struct {
	t      *testing.T
	server *localoss.Server
	client *oss.Client
	ctx    context.Context
	log    bytes.Buffer
}

func inOSS(t *testing.T, test func(t *testing.T, w *world), faults ...fault.Fault) {
	synctest.Test(t, func(t *testing.T) {
		server, err := localoss.New(localoss.Config{Intercept: fault.New(1, faults...).Intercept})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		if err := server.CreateBucket("settings"); err != nil {
			t.Fatal(err)
		}
		client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", server.Transport())
		ctx := osscall.WithCredentials(t.Context(), credentials)
		test(t, &world{t: t, server: server, client: client, ctx: ctx})
	})
}

func (w *world) put(text string) {
	w.t.Helper()
	_, err := w.client.PutObject(w.ctx, &oss.PutObjectRequest{
		Bucket: oss.Ptr("settings"), Key: oss.Ptr("rules.yaml"), Body: strings.NewReader(text),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.server.ResetCounts()
}

func (w *world) start() (relay.RuleSource, error) {
	cfg := settings.Settings{Rules: "oss://settings/rules.yaml", Refresh: time.Minute, Credentials: credentials}
	return rulesFrom(cfg, from(nil), w.client, slog.New(slog.NewJSONHandler(&w.log, nil)))
}

// startWith puts a rules file with one rule of that name, and starts the function.
func (w *world) startWith(name string) relay.RuleSource {
	w.t.Helper()
	w.put(rulesNamed(name))
	source, err := w.start()
	if err != nil {
		w.t.Fatal(err)
	}
	return source
}

// wantRule checks which rule is in force after an invocation, and how many requests OSS
// received since the rules were put.
func (w *world) wantRule(source relay.RuleSource, name string, requests int) (version string) {
	w.t.Helper()
	_, _, done := source.Current(w.ctx)
	done()
	synctest.Wait()
	set, version, done := source.Current(w.ctx)
	done()
	if got := set.Rules()[0].Name; got != name {
		w.t.Errorf("rule %s is in force, want %s", got, name)
	}
	if got := w.server.Counts()["GetObject"]; got != requests {
		w.t.Errorf("%d requests, want %d", got, requests)
	}
	return version
}

func TestFunctionDoesNotStartWithAnAnswerThatHoldsNoRules(t *testing.T) {
	odd := fault.Fault{Operations: []string{"GetObject"}, Error: &localoss.Error{Code: "NotModified", Status: 304}}
	inOSS(t, func(t *testing.T, w *world) {
		w.put(rulesNamed("first"))
		if _, err := w.start(); err == nil {
			t.Error("started after a 304 to the first request")
		}
	}, odd)
}

func TestRulesInOSSAreCheckedOnceAMinute(t *testing.T) {
	inOSS(t, func(t *testing.T, w *world) {
		source := w.startWith("first")
		first := w.wantRule(source, "first", 1)
		w.put(rulesNamed("second"))
		time.Sleep(59 * time.Second)
		w.wantRule(source, "first", 0)
		time.Sleep(time.Second)
		second := w.wantRule(source, "second", 1)
		w.wantRule(source, "second", 1)
		time.Sleep(time.Minute)
		if again := w.wantRule(source, "second", 2); again != second || second == first || first == "" {
			t.Errorf("versions %q, %q, %q", first, second, again)
		}
	})
}

// OSS compresses long texts for clients that accept it, as Go's do over a socket, and then sends no ETag.
func TestRulesThatOSSWouldCompressHaveAVersion(t *testing.T) {
	server, err := localoss.New(localoss.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	if err := server.CreateBucket("settings"); err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewServer(server)
	defer listener.Close()
	w := &world{t: t, server: server, client: osscall.NewClient("cn-hangzhou", listener.URL, nil),
		ctx: osscall.WithCredentials(t.Context(), credentials)}
	text := rulesNamed("long") + strings.Repeat("# a comment\n", 1000)
	put := &oss.PutObjectRequest{Bucket: oss.Ptr("settings"), Key: oss.Ptr("rules.yaml"),
		Body: strings.NewReader(text), ContentType: oss.Ptr("text/plain"),
		Acl: oss.ObjectACLPublicRead}
	if _, err := w.client.PutObject(w.ctx, put); err != nil {
		t.Fatal(err)
	}
	compressed, err := http.Get(listener.URL + "/settings/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	compressed.Body.Close()
	if !compressed.Uncompressed {
		t.Fatal("the local OSS does not compress: the test tests nothing")
	}
	source, err := w.start()
	if err != nil {
		t.Fatal(err)
	}
	set, version, done := source.Current(w.ctx)
	done()
	if version == "" || set.Rules()[0].Name != "long" {
		t.Errorf("version %q of %v", version, set.Rules())
	}
}

func TestABadVersionIsRefusedAndTheLastGoodOneStays(t *testing.T) {
	inOSS(t, func(t *testing.T, w *world) {
		source := w.startWith("good")
		good := w.wantRule(source, "good", 1)
		w.put("version: 1\nsources: [uploads]\nrules: [{name: bad, mach: {}}]\n")
		time.Sleep(time.Minute)
		if version := w.wantRule(source, "good", 1); version != good {
			t.Errorf("version %q, want %q", version, good)
		}
		if !strings.Contains(w.log.String(), `did you mean \"match\"?`) || !strings.Contains(w.log.String(), good) {
			t.Errorf("the log does not say what is wrong and what is in force: %s", &w.log)
		}
		logged := w.log.Len()
		time.Sleep(time.Minute)
		w.wantRule(source, "good", 2)
		if w.log.Len() != logged {
			t.Errorf("the same bad version is logged again: %s", &w.log)
		}
		w.put(rulesNamed("fixed"))
		time.Sleep(time.Minute)
		w.wantRule(source, "fixed", 1)
	})
}

func TestRulesThatCanNoLongerBeReadStayAndTheLogSaysWhy(t *testing.T) {
	inOSS(t, func(t *testing.T, w *world) {
		source := w.startWith("good")
		for what, c := range map[string]struct {
			change func()
			want   string
		}{
			"huge": {func() { w.put("#" + strings.Repeat("x", maxRules)) }, "rules"},
			"gone": {func() {
				_, err := w.client.DeleteObject(w.ctx, &oss.DeleteObjectRequest{
					Bucket: oss.Ptr("settings"), Key: oss.Ptr("rules.yaml"),
				})
				if err != nil {
					t.Fatal(err)
				}
				w.server.ResetCounts()
			}, "NoSuchKey"},
		} {
			w.log.Reset()
			c.change()
			time.Sleep(time.Minute)
			w.wantRule(source, "good", 1)
			if !strings.Contains(w.log.String(), `"level":"ERROR"`) || !strings.Contains(w.log.String(), c.want) {
				t.Errorf("%s: the log says %s", what, &w.log)
			}
		}
	})
}

func TestTheFunctionDoesNotStartWithoutRulesInOSS(t *testing.T) {
	inOSS(t, func(t *testing.T, w *world) {
		if _, err := w.start(); err == nil || !strings.Contains(err.Error(), "NoSuchKey") {
			t.Errorf("without an object: %v", err)
		}
		w.put("version: 3\n")
		if _, err := w.start(); err == nil || !strings.Contains(err.Error(), "oss://settings/rules.yaml:1:") {
			t.Errorf("with bad rules: %v", err)
		}
		w.put("#" + strings.Repeat("x", maxRules))
		if _, err := w.start(); err == nil {
			t.Error("started with rules of 8 MiB")
		}
	})
}

// refusing answers one call of GetObject with 503.
func refusing(call int) fault.Fault {
	return fault.Fault{Operations: []string{"GetObject"}, Calls: fault.Nth(call),
		Error: &localoss.Error{Status: 503, Code: "ServiceUnavailable"}}
}

// hanging answers no call of GetObject from that call on.
func hanging(call int) fault.Fault {
	return fault.Fault{Operations: []string{"GetObject"}, Calls: fault.Calls{First: call}, Delay: time.Hour}
}

func TestAnInstanceStartsAfterOne503(t *testing.T) {
	inOSS(t, func(t *testing.T, w *world) {
		source := w.startWith("first")
		w.wantRule(source, "first", 2)
	}, refusing(1))
}

func TestNewerRulesAreReadAfterOne503(t *testing.T) {
	inOSS(t, func(t *testing.T, w *world) {
		source := w.startWith("first")
		w.put(rulesNamed("second"))
		time.Sleep(time.Minute)
		w.wantRule(source, "second", 2)
	}, refusing(2))
}

func TestAStartThatOSSDoesNotAnswerEndsAndSaysSo(t *testing.T) {
	inOSS(t, func(t *testing.T, w *world) {
		w.put(rulesNamed("first"))
		began := time.Now()
		const want = "read the rules from oss://settings/rules.yaml: no answer within 25s"
		if _, err := w.start(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	}, hanging(1))
}

// invoke takes the rules as an invocation does. It returns which rule is in force, and
// how long the invocation waited at its end for the check for newer rules.
func invoke(ctx context.Context, t *testing.T, source relay.RuleSource) (rule string, waited time.Duration) {
	t.Helper()
	began := time.Now()
	set, _, done := source.Current(ctx)
	if took := time.Since(began); took > 0 {
		t.Errorf("the rules in force were given after %s", took)
	}
	began = time.Now()
	done()
	return set.Rules()[0].Name, time.Since(began)
}

func TestAnInvocationIsHandledByTheRulesInForceWhileNewerOnesAreLookedFor(t *testing.T) {
	inOSS(t, func(t *testing.T, w *world) {
		source := w.startWith("first")
		w.put(rulesNamed("second"))
		time.Sleep(time.Minute)
		if rule, _ := invoke(w.ctx, t, source); rule != "first" {
			t.Errorf("handled by %s", rule)
		}
		if rule, waited := invoke(w.ctx, t, source); rule != "second" || waited > 0 {
			t.Errorf("the next is handled by %s, after %s", rule, waited)
		}
	})
}

func TestWhereOSSHangsTheRulesInForceStayAndNoInvocationIsLate(t *testing.T) {
	inOSS(t, func(t *testing.T, w *world) {
		source := w.startWith("first")
		time.Sleep(time.Minute)
		if rule, waited := invoke(w.ctx, t, source); rule != "first" || waited != 2*time.Second {
			t.Errorf("rule %s, waited %s", rule, waited)
		}
		if rule, waited := invoke(w.ctx, t, source); rule != "first" || waited != 0 {
			t.Errorf("in the same minute: rule %s, waited %s", rule, waited)
		}
		time.Sleep(time.Minute)
		short, cancel := context.WithTimeout(w.ctx, 700*time.Millisecond)
		defer cancel()
		if rule, waited := invoke(short, t, source); rule != "first" || waited != 700*time.Millisecond {
			t.Errorf("with little time: rule %s, waited %s", rule, waited)
		}
		synctest.Wait()
		if n := strings.Count(w.log.String(), "no answer in time"); n != 2 {
			t.Errorf("%d times in the log, want 2: %s", n, &w.log)
		}
	}, hanging(2))
}

func TestWhereOSSHangsTheResultOfAnInvocationIsWhatItWouldBe(t *testing.T) {
	inOSS(t, func(t *testing.T, w *world) {
		source := w.startWith("first")
		for _, bucket := range []string{"uploads", "replica"} {
			if err := w.server.CreateBucket(bucket); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.server.PutSparse("uploads", "a", 10); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		handler := relay.New(relay.Config{Rules: source, Copier: copier.New(w.client, copier.Options{}),
			Log: slog.New(slog.DiscardHandler)})
		const limit = 3 * time.Second
		ctx, cancel := context.WithTimeout(w.ctx, limit)
		defer cancel()
		began := time.Now()
		answer, err := handler.Handle(ctx, relay.Invocation{Credentials: credentials},
			[]byte(`{"events":[{"eventName":"ObjectCreated:PutObject",
				"oss":{"bucket":{"name":"uploads"},"object":{"key":"a"}}}]}`))
		if err != nil || !bytes.Contains(answer, []byte(`"outcome":"copied"`)) {
			t.Errorf("%s, %v", answer, err)
		}
		if took := time.Since(began); took > limit-limit/8 {
			t.Errorf("answered after %s of %s", took, limit)
		}
		synctest.Wait()
		if !strings.Contains(w.log.String(), "no answer in time") {
			t.Errorf("the log does not say that OSS did not answer: %s", &w.log)
		}
	}, hanging(2))
}
