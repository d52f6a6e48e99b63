package deploy_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"afterput/internal/copier"
	"afterput/internal/deploy"
	"afterput/internal/existing"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

const inSweep = ":dst/.afterput/sweep/*"

// sweep puts an object whose event is lost, and sweeps an hour later.
func (w *world) sweep(s *setup) error {
	w.put("in/a")
	time.Sleep(time.Hour)
	client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w.Transport())
	sweeper := existing.Sweeper{Rules: relay.Fixed(s.load(w.t)), Handler: w.handler, OSS: client, Region: "cn-hangzhou",
		Copier: copier.New(client, s.options), State: s.options.State, Log: slog.New(slog.DiscardHandler)}
	inv := relay.Invocation{RequestID: "1",
		Credentials: osscall.Credentials{AccessKeyID: "role", AccessKeySecret: "secret"}}
	answer, err := sweeper.Sweep(w.t.Context(), inv, existing.WindowFor(time.Hour, 0), nil)
	switch _, there := w.Object("dst", "out/in/a"); {
	case err != nil:
		return err
	case !there:
		return fmt.Errorf("the copy is missing: %s", answer)
	}
	return noLeftovers(w, nil)
}

// sweepSetup copies in one request, so that copies keep no state, and has a source that no rule copies from.
func sweepSetup() setup {
	rule := oneRule("{bucket: src, prefix: in/, size: {below: 10MiB}}", "[{bucket: dst, key: 'out/${key}'}]")
	return setup{buckets: []string{"idle"}, rules: strings.Replace(rule, "[src]", "[src, idle]", 1)}
}

func TestThePolicyIsEnoughForASweepAndNothingThatItAddsIsUnneeded(t *testing.T) {
	s := sweepSetup()
	policy := s.policy(t, deploy.PolicyOptions{Sweep: true})
	try := func(p deploy.Policy) (err error) {
		inWorld(t, s, p, func(w *world) {
			if err = w.sweep(&s); err == nil && len(w.refused) > 0 {
				err = fmt.Errorf("refused %q", w.refused)
			}
		})
		return err
	}
	if err := try(policy); err != nil {
		t.Fatalf("with the whole policy: %v\n%s", err, policy.JSON())
	}
	for _, needed := range [][2]string{
		{"oss:ListObjects", ":src"}, {"oss:ListObjects", ":idle"}, {"oss:ListObjects", ":dst"},
		{"oss:GetObject", inSweep}, {"oss:PutObject", inSweep}, {"oss:PutObjectAcl", inSweep},
		{"oss:DeleteObject", inSweep},
	} {
		if try(without(t, policy, needed[0], needed[1])) == nil {
			t.Errorf("without %s on %s everything still works", needed[0], needed[1])
		}
	}
	if less := s.policy(t, deploy.PolicyOptions{}); strings.Contains(less.JSON(), "sweep/") {
		t.Errorf("without a sweep the policy allows one:\n%s", less.JSON())
	} else if try(less) == nil {
		t.Error("the policy without a sweep is enough for one")
	}
}

func TestASweepThatIsDeniedAnActionNamesIt(t *testing.T) {
	s := sweepSetup()
	policy := s.policy(t, deploy.PolicyOptions{Sweep: true})
	inWorld(t, s, without(t, policy, "oss:ListObjects", ":idle"), func(w *world) {
		err := w.sweep(&s)
		for _, want := range []string{"AccessDenied", "idle",
			"needs oss:ListObjects: give it the policy that afterput policy --sweep RULES"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v\nwant %s", err, want)
			}
		}
	})
}
