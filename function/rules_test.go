package main

import (
	"bytes"
	"context"
	"log/slog"
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

const ruleFile = "version: 1\nsources: [uploads]\nrules: [{name: NAME, match: {}, copy: [{bucket: replica}]}]\n"

// kept is a world in virtual time whose rules are in OSS.
type kept struct {
	t      *testing.T
	server *localoss.Server
	client *oss.Client
	ctx    context.Context
	log    bytes.Buffer
}

func inOSS(t *testing.T, test func(t *testing.T, k *kept), faults ...fault.Fault) {
	synctest.Test(t, func(t *testing.T) {
		server, err := localoss.New(localoss.Config{Intercept: fault.New(1, faults...).Intercept})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		if err := server.CreateBucket("settings"); err != nil {
			t.Fatal(err)
		}
		keys := osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}
		test(t, &kept{t: t, server: server, client: osscall.NewClient("cn-hangzhou", "http://127.0.0.1", server.Transport()),
			ctx: osscall.WithCredentials(t.Context(), keys)})
	})
}

func (k *kept) put(text string) {
	k.t.Helper()
	_, err := k.client.PutObject(k.ctx, &oss.PutObjectRequest{Bucket: oss.Ptr("settings"), Key: oss.Ptr("rules.yaml"), Body: strings.NewReader(text)})
	if err != nil {
		k.t.Fatal(err)
	}
	k.server.ResetCounts()
}

func (k *kept) start() (relay.RuleSource, error) {
	cfg := settings.Settings{Rules: "oss://settings/rules.yaml", Refresh: time.Minute,
		Credentials: osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}}
	return rulesFrom(cfg, from(nil), k.client, slog.New(slog.NewJSONHandler(&k.log, nil)))
}

// wantRule checks which rule is in force after an invocation, and how often OSS
// was asked since the rules were put.
func (k *kept) wantRule(source relay.RuleSource, name string, asked int) (version string) {
	k.t.Helper()
	_, _, done := source.Current(k.ctx)
	done()
	synctest.Wait()
	set, version, done := source.Current(k.ctx)
	done()
	if got := set.Rules()[0].Name; got != name {
		k.t.Errorf("rule %s is in force, want %s", got, name)
	}
	if got := k.server.Counts()["GetObject"]; got != asked {
		k.t.Errorf("asked %d times, want %d", got, asked)
	}
	return version
}

func named(name string) string { return strings.Replace(ruleFile, "NAME", name, 1) }

func TestFunctionDoesNotStartWithAnAnswerThatHoldsNoRules(t *testing.T) {
	odd := fault.Fault{Operations: []string{"GetObject"}, Error: &localoss.Error{Code: "NotModified", Status: 304}}
	inOSS(t, func(t *testing.T, k *kept) {
		k.put(named("first"))
		if _, err := k.start(); err == nil {
			t.Error("started after a 304 to the first request")
		}
	}, odd)
}

func TestRulesInOSSAreLookedAtAgainOnceAMinute(t *testing.T) {
	inOSS(t, func(t *testing.T, k *kept) {
		k.put(named("first"))
		source, err := k.start()
		if err != nil {
			t.Fatal(err)
		}
		first := k.wantRule(source, "first", 1)
		k.put(named("second"))
		time.Sleep(59 * time.Second)
		k.wantRule(source, "first", 0)
		time.Sleep(time.Second)
		second := k.wantRule(source, "second", 1)
		k.wantRule(source, "second", 1)
		time.Sleep(time.Minute)
		if again := k.wantRule(source, "second", 2); again != second || second == first || first == "" {
			t.Errorf("versions %q, %q, %q", first, second, again)
		}
	})
}

func TestABadVersionIsRefusedAndTheLastGoodOneStays(t *testing.T) {
	inOSS(t, func(t *testing.T, k *kept) {
		k.put(named("good"))
		source, err := k.start()
		if err != nil {
			t.Fatal(err)
		}
		good := k.wantRule(source, "good", 1)
		k.put("version: 1\nsources: [uploads]\nrules: [{name: bad, mach: {}}]\n")
		time.Sleep(time.Minute)
		if version := k.wantRule(source, "good", 1); version != good {
			t.Errorf("version %q, want %q", version, good)
		}
		if !strings.Contains(k.log.String(), `did you mean \"match\"?`) || !strings.Contains(k.log.String(), good) {
			t.Errorf("the log does not say what is wrong and what is in force: %s", &k.log)
		}
		logged := k.log.Len()
		time.Sleep(time.Minute)
		k.wantRule(source, "good", 2)
		if k.log.Len() != logged {
			t.Errorf("the same bad version is told again: %s", &k.log)
		}
		k.put(named("mended"))
		time.Sleep(time.Minute)
		k.wantRule(source, "mended", 1)
	})
}

func TestRulesThatCanNoLongerBeReadStayAndTheLogSaysWhy(t *testing.T) {
	inOSS(t, func(t *testing.T, k *kept) {
		k.put(named("good"))
		source, err := k.start()
		if err != nil {
			t.Fatal(err)
		}
		for what, c := range map[string]struct {
			change func()
			want   string
		}{
			"huge": {func() { k.put("#" + strings.Repeat("x", maxRules)) }, "rules"},
			"gone": {func() {
				if _, err := k.client.DeleteObject(k.ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr("settings"), Key: oss.Ptr("rules.yaml")}); err != nil {
					t.Fatal(err)
				}
				k.server.ResetCounts()
			}, "NoSuchKey"},
		} {
			k.log.Reset()
			c.change()
			time.Sleep(time.Minute)
			k.wantRule(source, "good", 1)
			if !strings.Contains(k.log.String(), `"level":"ERROR"`) || !strings.Contains(k.log.String(), c.want) {
				t.Errorf("%s: the log says %s", what, &k.log)
			}
		}
	})
}

func TestTheFunctionDoesNotStartWithoutRulesInOSS(t *testing.T) {
	inOSS(t, func(t *testing.T, k *kept) {
		if _, err := k.start(); err == nil || !strings.Contains(err.Error(), "NoSuchKey") {
			t.Errorf("without an object: %v", err)
		}
		k.put("version: 3\n")
		if _, err := k.start(); err == nil || !strings.Contains(err.Error(), "oss://settings/rules.yaml:1:") {
			t.Errorf("with bad rules: %v", err)
		}
		k.put("#" + strings.Repeat("x", maxRules))
		if _, err := k.start(); err == nil {
			t.Error("with a huge object it started")
		}
	})
}

// refusing answers one call of GetObject with 503.
func refusing(call int) fault.Fault {
	return fault.Fault{Operations: []string{"GetObject"}, Calls: fault.Nth(call),
		Error: &localoss.Error{Status: 503, Code: "ServiceUnavailable"}}
}

// hanging answers none from that call on.
func hanging(call int) fault.Fault {
	return fault.Fault{Operations: []string{"GetObject"}, Calls: fault.Calls{First: call}, Delay: time.Hour}
}

func TestOneRefusalForLoadKeepsNoInstanceFromStarting(t *testing.T) {
	inOSS(t, func(t *testing.T, k *kept) {
		k.put(named("first"))
		source, err := k.start()
		if err != nil {
			t.Fatal(err)
		}
		k.wantRule(source, "first", 2)
	}, refusing(1))
}

func TestOneRefusalForLoadIsNotWhatRenewingFailsOf(t *testing.T) {
	inOSS(t, func(t *testing.T, k *kept) {
		k.put(named("first"))
		source, err := k.start()
		if err != nil {
			t.Fatal(err)
		}
		k.put(named("second"))
		time.Sleep(time.Minute)
		k.wantRule(source, "second", 2)
	}, refusing(2))
}

func TestAStartThatOSSDoesNotAnswerEndsAndSaysSo(t *testing.T) {
	inOSS(t, func(t *testing.T, k *kept) {
		k.put(named("first"))
		began := time.Now()
		const want = "read the rules from oss://settings/rules.yaml: no answer within 25s"
		if _, err := k.start(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	}, hanging(1))
}

// asking is an invocation: the rules it is handled by, which took no time, and
// how long waiting for the look for newer ones took at its end.
func asking(ctx context.Context, t *testing.T, source relay.RuleSource) (rule string, waited time.Duration) {
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
	inOSS(t, func(t *testing.T, k *kept) {
		k.put(named("first"))
		source, err := k.start()
		if err != nil {
			t.Fatal(err)
		}
		k.put(named("second"))
		time.Sleep(time.Minute)
		if rule, _ := asking(k.ctx, t, source); rule != "first" {
			t.Errorf("handled by %s", rule)
		}
		if rule, waited := asking(k.ctx, t, source); rule != "second" || waited > 0 {
			t.Errorf("the next is handled by %s, after %s", rule, waited)
		}
	})
}

func TestWhereOSSHangsTheRulesInForceStayAndNoInvocationIsLate(t *testing.T) {
	inOSS(t, func(t *testing.T, k *kept) {
		k.put(named("first"))
		source, err := k.start()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if rule, waited := asking(k.ctx, t, source); rule != "first" || waited != 2*time.Second {
			t.Errorf("rule %s, waited %s", rule, waited)
		}
		if rule, waited := asking(k.ctx, t, source); rule != "first" || waited != 0 {
			t.Errorf("in the same minute: rule %s, waited %s", rule, waited)
		}
		time.Sleep(time.Minute)
		short, cancel := context.WithTimeout(k.ctx, 700*time.Millisecond)
		defer cancel()
		if rule, waited := asking(short, t, source); rule != "first" || waited != 700*time.Millisecond {
			t.Errorf("with little time: rule %s, waited %s", rule, waited)
		}
		synctest.Wait()
		if n := strings.Count(k.log.String(), "no answer in time"); n != 2 {
			t.Errorf("%d times in the log, want 2: %s", n, &k.log)
		}
	}, hanging(2))
}

func TestWhereOSSHangsTheResultOfAnInvocationIsWhatItWouldBe(t *testing.T) {
	inOSS(t, func(t *testing.T, k *kept) {
		k.put(named("first"))
		source, err := k.start()
		if err != nil {
			t.Fatal(err)
		}
		for _, bucket := range []string{"uploads", "replica"} {
			if err := k.server.CreateBucket(bucket); err != nil {
				t.Fatal(err)
			}
		}
		if err := k.server.PutSparse("uploads", "a", 10); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		handler := relay.New(relay.Config{Rules: source, Copier: copier.New(k.client, copier.Options{}),
			Log: slog.New(slog.DiscardHandler)})
		const limit = 3 * time.Second
		ctx, cancel := context.WithTimeout(k.ctx, limit)
		defer cancel()
		began := time.Now()
		keys := osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}
		answer, err := handler.Handle(ctx, relay.Invocation{Credentials: keys},
			[]byte(`{"events":[{"eventName":"ObjectCreated:PutObject",
				"oss":{"bucket":{"name":"uploads"},"object":{"key":"a"}}}]}`))
		if err != nil || !bytes.Contains(answer, []byte(`"outcome":"copied"`)) {
			t.Errorf("%s, %v", answer, err)
		}
		if took := time.Since(began); took > limit-limit/8 {
			t.Errorf("answered after %s of %s", took, limit)
		}
		synctest.Wait()
		if !strings.Contains(k.log.String(), "no answer in time") {
			t.Errorf("the log does not say it: %s", &k.log)
		}
	}, hanging(2))
}
