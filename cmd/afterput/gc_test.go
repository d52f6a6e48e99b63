package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

// interrupt leaves an upload behind as a killed invocation does: it runs out of time while the parts are under way.
func interrupt(t *testing.T, options copier.Options) *localoss.Server {
	t.Helper()
	server := cloud(t, "photos", "replica", "states")
	if err := server.PutSparse("photos", "huge", 2<<30); err != nil {
		t.Fatal(err)
	}
	stop := &stopper{OSS: osscall.NewClient("cn-hangzhou", "http://127.0.0.1", server.Transport())}
	ctx := osscall.WithCredentials(t.Context(), osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"})
	ctx, stop.stop = context.WithCancel(ctx)
	engine := copier.New(stop, options)
	out := engine.Copy(ctx, engine.Source(ctx, events.Object{Bucket: "photos", Key: "huge"}),
		&rules.Copy{Bucket: "replica", Key: "huge"})
	if out.Result != copier.Failed || len(server.Uploads("replica")) != 1 {
		t.Fatalf("outcome %+v, open uploads %+v; want a copy that was stopped", out, server.Uploads("replica"))
	}
	return server
}

func TestGCShowsFirstAndAbortsOnlyOnYes(t *testing.T) {
	server := interrupt(t, copier.Options{})
	code, out, problems := command(t, "gc", "replica")
	if code != exitGood || !strings.Contains(out, "may be resumed") ||
		!strings.Contains(problems, "no leftover uploads in replica") {
		t.Errorf("exit %d, out %s, problems %s", code, out, problems)
	}
	code, out, problems = command(t, "gc", "replica", "--older-than", "1ns")
	if code != exitBad || !strings.Contains(out, "leftover oss://replica/huge from oss://photos/huge") ||
		!strings.Contains(problems, "--yes") {
		t.Errorf("exit %d, out %s, problems %s", code, out, problems)
	}
	if len(server.Uploads("replica")) != 1 {
		t.Error("it was aborted without --yes")
	}
	code, out, _ = command(t, "gc", "replica", "--older-than", "1ns", "--yes")
	if code != exitGood || !strings.Contains(out, "removed") {
		t.Errorf("exit %d, out %s", code, out)
	}
	if len(server.Uploads("replica")) != 0 || len(server.Objects("replica")) != 0 {
		t.Errorf("left: uploads %+v, objects %+v", server.Uploads("replica"), server.Objects("replica"))
	}
}

func TestGCSaysWhatIsMissingInTheEnvironment(t *testing.T) {
	for _, name := range []string{"OSS_REGION", "ALIBABA_CLOUD_ACCESS_KEY_ID"} {
		t.Setenv(name, "")
	}
	if code, _, problems := command(t, "gc", "replica"); code != exitUsage ||
		!strings.Contains(problems, "OSS_REGION") {
		t.Errorf("exit %d, %s", code, problems)
	}
	t.Setenv("OSS_REGION", "cn-hangzhou")
	if code, _, problems := command(t, "gc", "replica"); code != exitUsage ||
		!strings.Contains(problems, "ALIBABA_CLOUD_ACCESS_KEY_ID") {
		t.Errorf("exit %d, %s", code, problems)
	}
}

func TestGCReadsTheFunctionsVariableUnlessAFlagSaysOtherwise(t *testing.T) {
	at := state.Location{Bucket: "states", Prefix: "of/afterput/"}
	interrupt(t, copier.Options{State: at})
	t.Setenv("AFTERPUT_STATE", "oss://states/of/afterput/")
	code, out, problems := command(t, "gc", "replica", "--older-than", "1ns")
	if code != exitBad || !strings.Contains(out, "oss://replica/huge") {
		t.Errorf("by the variable: exit %d, out %s, problems %s", code, out, problems)
	}
	code, out, problems = command(t, "gc", "replica", "--older-than", "1ns", "--state", "oss://states/others/")
	if code != exitGood {
		t.Errorf("by the flag: exit %d, out %s, problems %s", code, out, problems)
	}
	const slash = `--state (AFTERPUT_STATE) is "oss://states/of"; want a prefix that ends with a slash`
	code, _, problems = command(t, "gc", "replica", "--state", "oss://states/of")
	if code != exitUsage || !strings.Contains(problems, slash) {
		t.Errorf("without a slash: exit %d, %s", code, problems)
	}
	code, _, problems = command(t, "gc", "replica", "--older-than=-1h")
	if code != exitUsage || !strings.Contains(problems, "--older-than is -1h") {
		t.Errorf("a time before now: exit %d, %s", code, problems)
	}
}

func TestGCSaysWhatMayStillBecomeOfWhatItKeeps(t *testing.T) {
	started := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	for want, upload := range map[string]state.Upload{
		"begun 2026-11-20T08:00:00Z, may be resumed":                             {Started: started},
		"CopyObject sent 2026-11-20T08:00:00Z, OSS may still be carrying it out": {Started: started, Single: true},
	} {
		if got := whyKept(&state.Leftover{Upload: upload}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
