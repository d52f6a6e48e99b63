package main

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"afterput/internal/localoss"
)

// refusing is a local OSS that refuses some operations on some bucket.
func refusing(t *testing.T, operation, bucket string, e *localoss.Error, buckets ...string) *localoss.Server {
	t.Helper()
	return cloudWith(t, localoss.Config{Intercept: func(
		_ context.Context, call *localoss.Call, next func() *localoss.Response,
	) *localoss.Response {
		if call.Name == operation && call.Bucket == bucket {
			return call.Refuse(e)
		}
		return next()
	}}, buckets...)
}

func TestAPersonWhoMayNotDoWhatDiffOrBackfillDoesReadsWhichRightIsMissing(t *testing.T) {
	denied := &localoss.Error{Code: "AccessDenied", Status: http.StatusForbidden, Message: "You have no right"}
	for _, c := range []struct {
		operation, bucket string
		args              []string
		want              []string
	}{
		{"ListObjectsV2", "replica", []string{"diff"}, []string{"list replica: ", "AccessDenied",
			"this access key needs oss:ListObjects: give it the policy that afterput policy --diff RULES prints"}},
		{"ListObjectsV2", "photos", []string{"backfill"}, []string{"list photos: ",
			"oss:ListObjects: give it the policy that afterput policy --backfill RULES prints"}},
		{"CopyObject", "replica", []string{"backfill", "--yes"}, []string{"oss://photos/a",
			"oss:PutObject on the destination", "afterput policy --backfill RULES", "1 failed"}},
		{"PutObject", "jobs", []string{"backfill", "--job", "oss://jobs/a/"}, []string{"--job oss://jobs/a/: ",
			"needs oss:PutObject"}},
	} {
		server := refusing(t, c.operation, c.bucket, denied, "photos", "replica", "jobs")
		if err := server.PutSparse("photos", "a", 1); err != nil {
			t.Fatal(err)
		}
		path := files(t, map[string]string{"rules.yaml": replicatePhotos})
		code, out, problems := command(t, append(c.args, path("rules.yaml"))...)
		for _, want := range c.want {
			if code != exitBad || !strings.Contains(out+problems, want) {
				t.Errorf("%s of %s denied: exit %d, want %q:\n%s%s", c.operation, c.bucket, code, want, out, problems)
			}
		}
	}
}

func TestAMissingBucketOrAWrongClockIsNamedWithTheFix(t *testing.T) {
	skewed := &localoss.Error{Code: "RequestTimeTooSkewed", Status: http.StatusForbidden,
		Message: "The difference between the request time and the current time is too large."}
	for name, c := range map[string]struct {
		server func() *localoss.Server
		want   string
	}{
		"no destination": {func() *localoss.Server { return cloud(t, "photos") },
			"create the bucket replica, or correct its name in the rules file"},
		"no source": {func() *localoss.Server { return cloud(t, "replica") }, "list photos: "},
		"clock": {func() *localoss.Server {
			return refusing(t, "ListObjectsV2", "photos", skewed, "photos", "replica")
		},
			"clock"},
	} {
		server := c.server()
		if name != "no source" {
			if err := server.PutSparse("photos", "a", 1); err != nil {
				t.Fatal(err)
			}
		}
		path := files(t, map[string]string{"rules.yaml": replicatePhotos})
		for _, args := range [][]string{{"diff"}, {"backfill", "--yes"}} {
			code, out, problems := command(t, append(args, path("rules.yaml"))...)
			if code != exitBad || !strings.Contains(problems, c.want) {
				t.Errorf("%s, %v: exit %d, want %q:\n%s%s", name, args, code, c.want, out, problems)
			}
		}
	}
}

func TestAListOfKeysThatIsNoListIsRefused(t *testing.T) {
	server := cloud(t, "photos", "replica")
	if err := server.PutSparse("photos", "a\nb", 1); err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(findingLine{Verdict: "missing", Source: "oss://photos/a\nb"})
	if err != nil {
		t.Fatal(err)
	}
	path := files(t, map[string]string{
		"rules.yaml": replicatePhotos, "empty": "", "blank": "\n\n", "latin1": "caf\xe9\n",
		"ofS3":      "s3://photos/a\n",
		"binary":    "\x1f\x8b\x08\x00\xff",
		"elsewhere": "a\n\noss://others/a\n", "torn": "{\"source\":\"oss://pho", "found": string(line) + "\n",
		"counts": `{"counts":{"objects":0}}` + "\n",
	})
	for keys, c := range map[string]struct {
		exits int
		want  string
	}{
		path("empty"): {exitBad, "empty"}, path("blank"): {exitBad, "empty"},
		path("latin1"): {exitBad, "UTF-8"}, path("binary"): {exitBad, "UTF-8"},
		path("elsewhere"):           {exitBad, "line 3: bucket others is not one of the sources: photos"},
		path("ofS3"):                {exitBad, `line 1: "s3://photos/a": write oss://BUCKET/KEY`},
		path("torn"):                {exitBad, "line 1: want a key, oss://BUCKET/KEY, or a line of"},
		filepath.Dir(path("empty")): {exitBad, "is a directory; name a file"},
		path("none"):                {exitBad, "no such file"},
		path("counts"):              {exitGood, "nothing is to be copied"},
		path("found"):               {exitBad, "1 missing"},
	} {
		code, out, problems := command(t, "backfill", path("rules.yaml"), "--keys", keys)
		if code != c.exits || !strings.Contains(problems, c.want) {
			t.Errorf("%s: exit %d, want %d and %q:\n%s%s", keys, code, c.exits, c.want, out, problems)
		}
	}
	code, out, problems := command(t, "diff", path("rules.yaml"))
	if code != exitBad || !strings.Contains(out, `missing    oss://photos/a\nb → oss://replica/a\nb`) {
		t.Errorf("exit %d: %s%s", code, out, problems)
	}
}

func TestAJobInAPlaceThatCannotKeepItIsRefusedWithTheFix(t *testing.T) {
	cloud(t, "photos", "replica")
	path := files(t, map[string]string{"rules.yaml": replicatePhotos, "file": ""})
	for job, want := range map[string]string{
		path("file"):        "not a directory",
		path("file") + "/a": "not a directory",
		"/proc/afterput":    "--job /proc/afterput: ",
	} {
		code, out, problems := command(t, "backfill", path("rules.yaml"), "--job", job, "--yes")
		const fix = "name a folder that you may write to"
		if code != exitBad || !strings.Contains(problems, want) || !strings.Contains(problems, fix) {
			t.Errorf("%s: exit %d, want %q:\n%s%s", job, code, want, out, problems)
		}
	}
}

func TestAMissingBucketIsPutDownToWhatNamesIt(t *testing.T) {
	cloud(t, "photos", "replica")
	path := files(t, map[string]string{"rules.yaml": replicatePhotos})
	for what, args := range map[string][]string{
		"--job":                 {"backfill", path("rules.yaml"), "--job", "oss://none/job/"},
		"--job, for its status": {"backfill", path("rules.yaml"), "--job", "oss://none/job/", "--status"},
		"--inventory":           {"diff", path("rules.yaml"), "--inventory", "oss://none/a/manifest.json"},
		"BUCKET":                {"gc", "none"},
		"--state":               {"gc", "replica", "--state", "oss://none/a/"},
	} {
		what, _, _ = strings.Cut(what, ",")
		code, _, problems := command(t, args...)
		if code != exitBad || !strings.Contains(problems, "(create the bucket none, or correct "+what+")") {
			t.Errorf("%v: exit %d, want %s:\n%s", args, code, what, problems)
		}
	}
}
