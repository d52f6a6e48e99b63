package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"afterput/internal/existing"
	"afterput/internal/localoss"
)

const replicatePhotos = `version: 1
sources: [photos]
rules:
  - name: replicate
    match: {}
    copy: [{bucket: replica}]
`

func TestABackfillShowsFirstCopiesOnYesAndGoesOnWithItsJob(t *testing.T) {
	server := cloud(t, "photos", "replica")
	for i := range 30 {
		if err := server.PutSparse("photos", fmt.Sprintf("a/%02d.jpg", i), int64(i)); err != nil {
			t.Fatal(err)
		}
	}
	path := files(t, map[string]string{"rules.yaml": replicatePhotos,
		"keys": "oss://photos/a/01.jpg\na/02.jpg\nnone\n"})
	job := filepath.Join(t.TempDir(), "job")
	for _, c := range []struct {
		args  []string
		exits int
		want  string
		there int // objects at the destination then
	}{
		{[]string{"diff", path("rules.yaml")}, exitBad, "30 missing", 0},
		{[]string{"backfill", path("rules.yaml")}, exitBad, "run again with --yes to make them", 0},
		{[]string{"backfill", path("rules.yaml"), "--sample", "10"}, exitBad, "run again with --yes to make them", 0},
		{[]string{"backfill", path("rules.yaml"), "--sample", "10", "--yes"}, exitUsage, "cannot be combined", 0},
		{[]string{"backfill", path("rules.yaml"), "--qps=nan"}, exitUsage, "want a positive number", 0},
		{[]string{"backfill", path("rules.yaml"), "--inventory", "oss://lists/a"}, exitUsage, "manifest.json", 0},
		{[]string{"backfill", path("rules.yaml"), "--sample=-1"}, exitUsage, "want a number of objects", 0},
		{[]string{"backfill", path("rules.yaml"), "--keys", path("keys"), "--yes"}, exitGood, "2 copied", 2},
		{[]string{"backfill", path("rules.yaml"), "--job", job, "--status"}, exitBad, "there is no job", 2},
		{[]string{"backfill", path("rules.yaml"), "--job", job}, exitBad, "28 missing", 2},
		{[]string{"backfill", path("rules.yaml"), "--job", job, "--yes"}, exitGood, "28 copied", 30},
		{[]string{"backfill", path("rules.yaml"), "--job", job, "--status"}, exitGood, "complete: ", 30},
		{[]string{"backfill", path("rules.yaml"), "--job", job, "--yes"}, exitGood, "was complete before", 30},
		{[]string{"backfill", path("rules.yaml"), "--job", job, "--prefix", "b", "--yes"}, exitBad,
			"begun for other objects", 30},
		{[]string{"diff", path("rules.yaml"), "--deep", "--extra"}, exitGood, "30 same", 30},
		{[]string{"diff", path("rules.yaml"), "--extra", "--prefix", "a/1"}, exitUsage, "--extra needs all", 30},
		{[]string{"backfill", path("rules.yaml"), "--only", "extra"}, exitUsage, "missing, older, different", 30},
		{[]string{"backfill", path("rules.yaml"), "--job", "oss://photos/x/"}, exitUsage, "is a source", 30},
		{[]string{"backfill", path("rules.yaml"), "--rule", "replicat"}, exitUsage, "want one of replicate", 30},
		{[]string{"backfill", path("rules.yaml"), "--function", "f"}, exitUsage, "--fc-endpoint", 30},
	} {
		code, out, problems := command(t, c.args...)
		if code != c.exits || !strings.Contains(out+problems, c.want) || len(server.Objects("replica")) != c.there {
			t.Errorf("%v: exit %d, want %d; %d objects, want %d; want %q:\n%s%s", c.args, code, c.exits,
				len(server.Objects("replica")), c.there, c.want, out, problems)
		}
	}
}

func TestASecondProcessOnTheSameJobSaysSoAndStops(t *testing.T) {
	cloud(t, "photos", "replica")
	path := files(t, map[string]string{"rules.yaml": replicatePhotos})
	job := filepath.Join(t.TempDir(), "job")
	if err := os.Mkdir(job, 0o777); err != nil {
		t.Fatal(err)
	}
	folder, err := existing.NewFolder(job)
	if err != nil {
		t.Fatal(err)
	}
	unlock, err := folder.Lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	code, _, problems := command(t, "backfill", path("rules.yaml"), "--job", job, "--yes")
	if code != exitBad || !strings.Contains(problems, "another process is working on this job") {
		t.Errorf("exit %d: %s", code, problems)
	}
	unlock()
	if code, _, problems = command(t, "backfill", path("rules.yaml"), "--job", job, "--yes"); code != exitGood {
		t.Errorf("once it is free: exit %d: %s", code, problems)
	}
}

func TestAnObjectThatFailsStopsNothingAndItsEventCanBeReplayed(t *testing.T) {
	server := cloud(t, "photos", "replica")
	for key, class := range map[string]string{"a": "Standard", "b": "Archive", "c": "Standard"} {
		if err := server.PutSparse("photos", key, 1, localoss.WithHeader("x-oss-storage-class", class)); err != nil {
			t.Fatal(err)
		}
	}
	path := files(t, map[string]string{"rules.yaml": replicatePhotos})
	job := filepath.Join(t.TempDir(), "job")
	code, out, problems := command(t, "backfill", path("rules.yaml"), "--job", job, "--yes")
	if code != exitBad || !strings.Contains(out, "failed     oss://photos/b → oss://replica/b: InvalidObjectState") ||
		!strings.Contains(problems, "2 copied") || !strings.Contains(problems, "1 failed") {
		t.Errorf("exit %d: %s%s", code, out, problems)
	}
	code, out, problems = command(t, "replay", filepath.Join(job, "failed-000001.jsonl"), "--rules", path("rules.yaml"))
	if code != exitGood || !strings.Contains(out, "would copy  oss://photos/b → oss://replica/b") {
		t.Errorf("exit %d: %s%s", code, out, problems)
	}
}
