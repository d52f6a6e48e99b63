package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"afterput/internal/localoss"
)

func TestDeleteSourceMovesOneObject(t *testing.T) {
	server := copyCloud(t, nil)
	src := putObject(t, server, "source", "k", 10, 1)
	move := []string{"copy", "oss://source/k", "oss://target/moved", "--delete-source"}
	shown := good(t, append(move, "--dry-run")...)
	if !strings.Contains(shown, "DELETE /source/k?versionId=") || len(server.Versions("source", "k")) != 1 {
		t.Errorf("a dry run shows:\n%s", shown)
	}
	out := good(t, move...)
	if want := "deleted    oss://source/k?versionId=" + src.VersionID + "\n"; !strings.HasSuffix(out, want) {
		t.Errorf("it prints\n%swant %s", out, want)
	}
	if object(t, server, "target", "moved").CRC64 != src.CRC64 || len(server.Versions("source", "k")) != 0 {
		t.Errorf("%d versions are left, or the copy differs", len(server.Versions("source", "k")))
	}
	putObject(t, server, "source", "k", 10, 2)
	var line struct {
		Outcome string
		Moved   struct{ Outcome string } `json:"delete_source"`
	}
	if err := json.Unmarshal([]byte(good(t, append(move, "--json")...)), &line); err != nil {
		t.Fatal(err)
	}
	if line.Outcome != "copied" || line.Moved.Outcome != "deleted" {
		t.Errorf("JSON: %+v", line)
	}
}

func TestASourceThatMustNotBeDeletedStaysAndTheMessageSaysWhy(t *testing.T) {
	overwrite := false
	var server *localoss.Server
	server = copyCloud(t, func(call *localoss.Call) {
		if overwrite && call.Name == "CopyObject" {
			overwrite = false
			if err := server.PutSparse("source", "newer", 11, localoss.WithSeed(9)); err != nil {
				t.Error(err)
			}
		}
	})
	putObject(t, server, "plain", "k", 10, 1)
	putObject(t, server, "source", "older", 10, 1)
	putObject(t, server, "source", "older", 10, 2)
	putObject(t, server, "source", "newer", 10, 1)
	if err := putLink(server, "cn-hangzhou", "source", "link"); err != nil {
		t.Fatal(err)
	}
	for source, want := range map[string]string{
		"plain/k": "enable versioning of its bucket before objects are put there, or write --without-versioning",
		"source/older": "would be current again: delete the older versions, for example by a lifecycle rule, " +
			"then give the command again",
		"source/newer": "overwritten",
		"source/link":  "it is a symbolic link",
	} {
		overwrite = source == "source/newer"
		code, out, problems := command(t, "copy", "oss://"+source, "oss://target/", "--delete-source")
		if code != exitBad || !strings.Contains(problems, want) || strings.Contains(out, "deleted") {
			t.Errorf("%s: exit %d, want %q:\n%s%s", source, code, want, out, problems)
		}
		bucket, key, _ := strings.Cut(source, "/")
		if _, there := server.Object(bucket, key); !there {
			t.Errorf("%s was deleted", source)
		}
	}
	good(t, "copy", "oss://plain/k", "oss://target/", "--delete-source", "--without-versioning")
	if _, there := server.Object("plain", "k"); there {
		t.Error("the source is there although --without-versioning was given")
	}
	code, _, problems := command(t, "copy", "oss://source/older", "oss://target/", "--delete-source",
		"--version-id", "x")
	if code != exitUsage || !strings.Contains(problems, "--delete-source deletes the current version") {
		t.Errorf("with --version-id: exit %d:\n%s", code, problems)
	}
}

func TestAnArchivedSourceIsRestoredAsTheFlagSays(t *testing.T) {
	var restored []string // versions
	server := copyCloud(t, func(call *localoss.Call) {
		if call.Name == "RestoreObject" {
			restored = append(restored, call.VersionID)
		}
	})
	older := putObject(t, server, "source", "k", 10, 1, "x-oss-storage-class", "ColdArchive")
	putObject(t, server, "source", "k", 10, 2)
	putObject(t, server, "plain", "a", 10, 1, "x-oss-storage-class", "ColdArchive")
	putObject(t, server, "plain", "b", 10, 1, "x-oss-storage-class", "ColdArchive")
	for _, c := range []struct {
		args    []string
		takes   string
		version string
	}{
		{[]string{"copy", "oss://plain/a", "--restore", ""}, "2 to 5 hours", ""},
		{[]string{"copy", "oss://plain/b", "--restore", "days=2", "--restore", "tier=Bulk"}, "5 to 12 hours", ""},
		{[]string{"copy", "oss://source/k", "--restore", "tier=Expedited", "--version-id", older.VersionID},
			"up to 1 hour", older.VersionID},
	} {
		restored = nil
		code, out, problems := command(t, slices.Insert(c.args, 2, "oss://target/")...)
		want := "is ColdArchive and is being restored, which takes " + c.takes +
			"; give the command again when that has ended"
		if code != exitBad || !strings.Contains(problems, want) || !slices.Equal(restored, []string{c.version}) {
			t.Errorf("%q: exit %d, restored versions %q; want %q:\n%s%s", c.args, code, restored, want, out, problems)
		}
	}
}

func TestTheRightThatAMoveOrARestoreLacksIsNamed(t *testing.T) {
	missing := ""
	allows := func(action, _ string) bool { return action != missing }
	server := cloudWith(t, localoss.Config{Authorize: localoss.Allowing("local", allows)}, "plain", "target")
	if err := server.CreateBucket("source", localoss.WithVersioning()); err != nil {
		t.Fatal(err)
	}
	putObject(t, server, "plain", "k", 10, 1)
	putObject(t, server, "source", "k", 10, 1)
	cold := putObject(t, server, "source", "cold", 10, 1, "x-oss-storage-class", "ColdArchive")
	for right, args := range map[string][]string{
		"oss:DeleteObject":         {"oss://plain/k", "--delete-source", "--without-versioning"},
		"oss:ListObjectVersions":   {"oss://source/k", "--delete-source"},
		"oss:DeleteObjectVersion":  {"oss://source/k", "--delete-source"},
		"oss:RestoreObject":        {"oss://source/cold", "--restore", ""},
		"oss:RestoreObjectVersion": {"oss://source/cold", "--restore", "", "--version-id", cold.VersionID},
	} {
		missing = right
		code, _, problems := command(t, append([]string{"copy", args[0], "oss://target/"}, args[1:]...)...)
		if code != exitBad || !strings.Contains(problems, "the credentials need "+right) {
			t.Errorf("without %s: exit %d:\n%s", right, code, problems)
		}
	}
	for _, bucket := range []string{"plain", "source"} {
		object(t, server, bucket, "k")
	}
}
