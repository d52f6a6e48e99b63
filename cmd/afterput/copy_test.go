package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/rules"
)

// copyCloud is a local OSS for the commands of a test: source has versioning, plain and target have not. arrives is
// called with each request; nil for nothing.
func copyCloud(t *testing.T, arrives func(*localoss.Call)) *localoss.Server {
	t.Helper()
	server := cloudWith(t, localoss.Config{
		Intercept: func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
			if arrives != nil {
				arrives(call)
			}
			return next()
		},
	}, "plain", "target")
	if err := server.CreateBucket("source", localoss.WithVersioning()); err != nil {
		t.Fatal(err)
	}
	return server
}

// putObject puts an object whose content its seed decides, and returns it.
func putObject(
	t *testing.T, s *localoss.Server, bucket, key string, size int64, seed uint64, headers ...string,
) *localoss.Object {
	t.Helper()
	options := []localoss.ObjectOption{localoss.WithSeed(seed)}
	for i := 0; i < len(headers); i += 2 {
		options = append(options, localoss.WithHeader(headers[i], headers[i+1]))
	}
	if err := s.PutSparse(bucket, key, size, options...); err != nil {
		t.Fatal(err)
	}
	return object(t, s, bucket, key)
}

func object(t *testing.T, s *localoss.Server, bucket, key string) *localoss.Object {
	t.Helper()
	o, ok := s.Object(bucket, key)
	if !ok {
		t.Fatalf("there is no oss://%s/%s", bucket, key)
	}
	return o
}

// good runs a command that is to succeed, and returns what it prints.
func good(t *testing.T, args ...string) string {
	t.Helper()
	code, out, problems := command(t, args...)
	if code != exitGood {
		t.Fatalf("%q: exit %d:\n%s%s", args, code, out, problems)
	}
	return out
}

// sentNames are the operations that were sent.
type sentNames struct {
	mu    sync.Mutex
	names []string
}

func (s *sentNames) add(call *localoss.Call) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = append(s.names, call.Name)
	return s.names
}

// take returns them, and forgets them.
func (s *sentNames) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.names
	s.names = nil
	return taken
}

// mib is a size of parts, so that a few MiB are a large object.
const mib = 1 << 20

var small = []string{"--part-size", "1MiB", "--single-copy-limit", "1MiB"}

func TestACopyPrintsWhatOSSAnsweredAndTakesEveryFlag(t *testing.T) {
	server := copyCloud(t, nil)
	src := putObject(t, server, "source", "dir/a.jpg", 10, 1, "x-oss-tagging", "a=1&b=2", "x-oss-meta-old", "x")
	out := good(t, "copy", "oss://source/dir/a.jpg", "oss://target/b.jpg",
		"--storage-class", "IA", "--object-acl", "private", "--tagging-directive", "MERGE", "--tagging", "c=3",
		"--tagging", "a", "--metadata-directive", "MERGE", "--meta", "new=y=$$z", "--cache-control", "no-cache",
		"--server-side-encryption", "AES256", "--traffic-limit", "819200", "--copy-source-if-match", src.ETag)
	dst := object(t, server, "target", "b.jpg")
	got := fmt.Sprint(dst.StorageClass, dst.ACL, dst.Tags, dst.Meta, dst.CacheControl, dst.ServerSideEncryption)
	if want := "IAprivate[{b 2} {c 3}] map[new:y=$z old:x]no-cacheAES256"; got != want {
		t.Errorf("the copy is %s, want %s", got, want)
	}
	for _, want := range []string{
		"copied     oss://source/dir/a.jpg → oss://target/b.jpg\n", " CopyObject\n",
		"status                         200\n", "request-id  ", "size                           10 bytes\n",
		" " + dst.ETag + "\n", fmt.Sprintf(" %d\n", dst.CRC64),
		"last-modified  ", "copy-source-version-id         " + src.VersionID, "server-side-encryption         AES256\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(good(t, "copy", "oss://source/dir/a.jpg", "oss://target/", "--json")),
		&line); err != nil {
		t.Fatal(err)
	}
	if line["outcome"] != "copied" || line["status"] != 200.0 || line["request_id"] == "" || line["etag"] != dst.ETag ||
		line["destination"] != "oss://target/a.jpg" || line["source_version_id"] != src.VersionID {
		t.Errorf("JSON %v", line)
	}
}

func TestAKeyThatIsMissingOrEndsWithASlashTakesTheLastPartOfTheSources(t *testing.T) {
	server := copyCloud(t, nil)
	for _, key := range []string{"dir/a$b.jpg", "dir/folder/", "a", "dir/two\nlines"} {
		putObject(t, server, "plain", key, 0, 1)
	}
	for _, c := range [][3]string{
		{"dir/a$b.jpg", "oss://target", "a$b.jpg"},
		{"dir/a$b.jpg", "oss://target/x/${key}/", "x/${key}/a$b.jpg"},
		{"dir/folder/", "oss://target/y/", "y/folder/"},
		{"dir/two\nlines", "oss://target", "two\nlines"},
		{"a", "oss://target", "a"},
	} {
		good(t, "copy", "oss://plain/"+c[0], c[1])
		object(t, server, "target", c[2])
	}
}

func TestAnOlderVersionIsCopiedToElsewhereOrBecomesTheCurrentOneAgain(t *testing.T) {
	for name, size := range map[string]int64{"one request": 10, "parts": 4 * mib} {
		t.Run(name, func(t *testing.T) {
			server := copyCloud(t, nil)
			older := putObject(t, server, "source", "k", size, 1, "x-oss-tagging", "v=old", "x-oss-storage-class", "IA")
			putObject(t, server, "source", "k", size, 2, "x-oss-tagging", "v=new")
			args := append([]string{"--version-id", older.VersionID}, small...)
			good(t, append([]string{"copy", "oss://source/k", "oss://target"}, args...)...)
			good(t, append([]string{"copy", "oss://source/k", "oss://source/k"}, args...)...)
			for _, bucket := range []string{"target", "source"} {
				if o := object(t, server, bucket, "k"); o.CRC64 != older.CRC64 || fmt.Sprint(o.Tags) != "[{v old}]" {
					t.Errorf("%s has %+v, want the content and the tags of %+v", bucket, o, older)
				}
			}
			if n := len(server.Versions("source", "k")); n != 3 {
				t.Errorf("%d versions, want 3", n)
			}
			now := object(t, server, "source", "k")
			out := good(t, "copy", "oss://source/k", "oss://source/k", "--version-id", now.VersionID)
			if !strings.Contains(out, "unchanged") || !strings.Contains(out, "is the current one already") ||
				len(server.Versions("source", "k")) != 3 {
				t.Errorf("the current version onto itself:\n%s", out)
			}
		})
	}
}

func TestAStoppedCopyGoesOnWhenTheSameCommandIsGivenAgain(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	var sent sentNames
	server := copyCloud(t, func(call *localoss.Call) {
		if call.Name == "UploadPartCopy" && len(sent.add(call)) == 4 && stopped.Err() == nil {
			stop()
			<-t.Context().Done() // the client has gone
		}
	})
	src := putObject(t, server, "plain", "k", 8*mib, 1)
	args := append([]string{"copy", "oss://plain/k", "oss://target", "--parts-in-flight", "1"}, small...)
	var out, problems bytes.Buffer
	code := run(stopped, args, console{out: &out, err: &problems})
	// Where requests take long, parts are larger.
	want := regexp.MustCompile(`stopped: [1-7]\.\d MiB of 8\.0 MiB are copied; the same command goes on from here`)
	if code != exitBad || !want.MatchString(problems.String()) {
		t.Fatalf("exit %d:\n%s%s", code, &out, &problems)
	}
	if _, there := server.Object("target", "k"); there || len(server.Uploads("target")) != 1 {
		t.Fatal("the copy is there, or its upload is not")
	}
	sent.take()
	parts := 0
	if _, after, ok := strings.Cut(good(t, args...), "UploadPartCopy × "); !ok {
		t.Error("the second run does not say how many parts there are")
	} else if _, err := fmt.Sscan(after, &parts); err != nil {
		t.Error(err)
	}
	// OSS may have carried out the fourth part when the command was stopped.
	if n := len(sent.take()); n != parts-3 && n != parts-4 {
		t.Errorf("%d of %d parts were sent, want all but the first three or four", n, parts)
	}
	if dst := object(t, server, "target", "k"); dst.CRC64 != src.CRC64 || len(server.Objects("target")) != 1 {
		t.Errorf("the target has %+v, and %d objects", dst, len(server.Objects("target")))
	}
}

func TestADryRunShowsTheRequestsThatTheCopySends(t *testing.T) {
	var sent sentNames
	server := copyCloud(t, func(call *localoss.Call) {
		if call.Name != "UploadPartCopy" || call.PartNumber == 1 { // a dry run shows the parts in one line
			sent.add(call)
		}
	})
	older := putObject(t, server, "source", "k", 3*mib, 1, "x-oss-tagging", "v=old", "x-oss-meta-a", "b",
		"x-oss-storage-class", "IA")
	putObject(t, server, "source", "k", 10, 2)
	for _, to := range []string{"oss://target/", "oss://source/k"} {
		args := append([]string{"copy", "oss://source/k", to, "--version-id", older.VersionID}, small...)
		before := len(server.Objects("target")) + len(server.Versions("source", "k"))
		shown := good(t, append(args, "--dry-run")...)
		for _, name := range sent.take() {
			if !slices.Contains([]string{"HeadObject", "GetObjectTagging"}, name) {
				t.Errorf("a dry run sends %s", name)
			}
		}
		if now := len(server.Objects("target")) + len(server.Versions("source", "k")); now != before {
			t.Errorf("%d objects and versions, %d before", now, before)
		}
		for _, want := range []string{"HEAD /source/k?versionId=" + older.VersionID, "x-oss-tagging: v=old",
			"x-oss-meta-a: b", "x-oss-copy-source: /source/k?versionId=" + older.VersionID} {
			if !strings.Contains(shown, want) {
				t.Errorf("%q is missing in:\n%s", want, shown)
			}
		}
		good(t, args...)
		sent := sent.take()
		if lines := strings.Count(shown, "\n  ") - strings.Count(shown, "\n   "); lines != len(sent) {
			t.Errorf("%d requests are shown, %d are sent: %v\n%s", lines, len(sent), sent, shown)
		}
	}
}

func TestWhatKeepsAnObjectFromBeingCopiedIsSaid(t *testing.T) {
	server := copyCloud(t, nil)
	o := putObject(t, server, "source", "k", 10, 1)
	putObject(t, server, "plain", "k", 10, 1)
	putObject(t, server, "plain", "archived", 10, 1, "x-oss-storage-class", "Archive")
	putObject(t, server, "source", "deleted", 10, 1)
	putObject(t, server, "target", "there", 10, 2)
	deleteObject(t, server, "source", "deleted")
	marker := server.Versions("source", "deleted")[0].VersionID
	from, to := "oss://source/k", "oss://target/"
	for _, c := range []struct {
		args  []string
		exits int
		want  string
	}{
		{[]string{from}, exitUsage, "the argument <destination> is missing"},
		{[]string{"source/k", to}, exitUsage, `SOURCE is "source/k"; want oss://BUCKET/KEY`},
		{[]string{"oss://source", to}, exitUsage, `SOURCE is "oss://source"; want oss://BUCKET/KEY`},
		{[]string{"oss:///k", to}, exitUsage, "want oss://BUCKET/KEY"},
		{[]string{"oss://Source/k", to}, exitUsage, "is not a valid bucket name"},
		{[]string{from, "oss://"}, exitUsage, "DESTINATION is"},
		{[]string{from, "oss://target//x"}, exitUsage, "the key of DESTINATION: \"/x\" begins with /"},
		{[]string{"oss://source/\xff", to}, exitUsage, "the key of SOURCE: it is not UTF-8"},
		{[]string{from, to + strings.Repeat("x", 1023) + "/"}, exitUsage, "OSS allows 1023"},
		{[]string{"oss://plain/k", "oss://plain/k", "--version-id", "null"}, exitGood, "is the current one already"},
		{[]string{"oss://plain/k", "oss://plain/k", "--version-id", "null", "--dry-run"}, exitGood, "unchanged"},
		{[]string{from, from, "--version-id", o.VersionID, "--tagging", "a=b"}, exitBad, "leave --version-id out"},
		{[]string{from, from}, exitUsage, "the destination is the source itself, and the copy changes nothing"},
		{[]string{from, from, "--storage-class", "IA"}, exitUsage, "write --rewrite-in-place if"},
		{[]string{from, to, "--storage-class", "ia"}, exitUsage, `--storage-class: "ia" is not one of Standard`},
		{[]string{from, to, "--traffic-limit", "1"}, exitUsage, "--traffic-limit must be a number of bit/s"},
		{[]string{from, to, "--cache-control", "x"}, exitUsage, "OSS ignores --cache-control under"},
		{[]string{from, to, "--tagging", "a=${nme}"}, exitUsage, `--tagging "a": `},
		{[]string{from, to, "--tagging", "a\nb: c"}, exitUsage, "--tagging"},
		{[]string{from, to, "--meta", "a=b\nc"}, exitUsage, "contains a line break"},
		{[]string{from, to, "--metadata-directive", "REPLACE", "--meta", "A=1", "--meta", "a=2"}, exitUsage,
			`--meta: "a" is already set: OSS ignores the case`},
		{[]string{from, to, "--expires", "tomorrow"}, exitUsage, `--expires: "tomorrow" is not a valid time`},
		{[]string{from, to, "--server-side-encryption-key-id", "x"}, exitUsage, "needs --server-side-encryption KMS"},
		{[]string{from, to, "--region", ""}, exitUsage, "the region is missing"},
		{[]string{from, to, "--version-id", ""}, exitUsage, "--version-id is empty"},
		{[]string{from, to, "--destination-region", "mars"}, exitUsage, `--destination-region: "mars" is not`},
		{[]string{from, to, "--region", "cn-beijing"}, exitBad, "another region: name it with --region)"},
		{[]string{from, to + ".afterput/x"}, exitUsage, "where large copies are remembered"},

		{[]string{"oss://source/none", to}, exitBad, "the source does not exist"},
		{[]string{"oss://no-bucket/k", to}, exitBad, "bucket no-bucket does not exist; correct its name"},
		{[]string{from, "oss://no-bucket/"}, exitBad, "does not exist; correct its name, or create it"},
		{[]string{from, to, "--state", "oss://no-bucket/s/", "--single-copy-limit", "1"}, exitBad,
			"(create the bucket no-bucket, or correct AFTERPUT_STATE)"},
		{[]string{"oss://source/deleted", to}, exitBad, "its current version is a delete marker"},
		{[]string{"oss://source/deleted", to, "--version-id", marker}, exitBad, "this version is a delete marker"},
		{[]string{from, to, "--version-id", "none"}, exitBad, "the source has no such version"},
		{[]string{"oss://plain/archived", to}, exitBad, "restore it, then give the command again"},
		{[]string{from, to + "there", "--forbid-overwrite"}, exitBad, "--forbid-overwrite keeps it"},
		{[]string{from, to, "--copy-source-if-match", "AB"}, exitBad, "--copy-source-if-match is not met: the source"},
		{[]string{from, to, "--copy-source-if-none-match", o.ETag}, exitBad, "--copy-source-if-none-match is not met"},
		{[]string{from, to, "--copy-source-if-modified-since", "2126-01-01T00:00:00Z"}, exitBad,
			"--copy-source-if-modified-since is not met"},
		{[]string{from, to, "--copy-source-if-modified-since", o.LastModified.Format(time.RFC3339)}, exitBad,
			"--copy-source-if-modified-since is not met: the source was last modified at"},
		{[]string{from, to, "--copy-source-if-unmodified-since", "2006-01-02T15:04:05Z"}, exitBad,
			"--copy-source-if-unmodified-since is not met"},
	} {
		code, out, problems := command(t, append([]string{"copy"}, c.args...)...)
		if code != c.exits || !strings.Contains(out+problems, c.want) {
			t.Errorf("%q: exit %d, want %d; want %q:\n%s%s", c.args, code, c.exits, c.want, out, problems)
		}
		if strings.Contains(problems, "function's role") || strings.Contains(problems, "rules file") {
			t.Errorf("%q speaks of rules or the function: %s", c.args, problems)
		}
	}
}

// deleteObject puts a delete marker.
func deleteObject(t *testing.T, server *localoss.Server, bucket, key string) {
	t.Helper()
	client := osscall.NewClient(assumedRegion, "http://127.0.0.1", server.Transport())
	_, err := client.DeleteObject(osscall.WithCredentials(t.Context(), localKeys),
		&oss.DeleteObjectRequest{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheCommandHasAFlagForEachFieldOfACopy(t *testing.T) {
	help := good(t, "copy", "--help")
	var missing []string
	for _, f := range rules.CopyFields() {
		if f.Name != "bucket" && f.Name != "key" && !strings.Contains(help, "--"+flagName(f.Name)+" ") &&
			!strings.Contains(help, "--"+flagName(f.Name)+"=") {
			missing = append(missing, f.Name)
		}
	}
	if diff := cmp.Diff([]string(nil), missing); diff != "" {
		t.Errorf("fields without a flag:\n%s", diff)
	}
}

func TestAVersionIsCopiedToAnotherRegion(t *testing.T) {
	server := copyCloud(t, nil)
	if err := server.CreateBucket("far", localoss.WithRegion("cn-beijing")); err != nil {
		t.Fatal(err)
	}
	older := putObject(t, server, "source", "k", 12*mib, 1, "x-oss-meta-v", "old")
	putObject(t, server, "source", "k", 12*mib, 2)
	args := []string{"copy", "oss://source/k", "oss://far", "--version-id", older.VersionID,
		"--destination-region", "cn-beijing", "--endpoints", "cn-beijing=" + os.Getenv("OSS_ENDPOINT")}
	shown := good(t, append(args, "--dry-run")...)
	if !strings.Contains(shown, "GET /source/k?versionId="+older.VersionID) {
		t.Errorf("a dry run shows:\n%s", shown)
	}
	if out := good(t, args...); !strings.Contains(out, "last-modified") || !strings.Contains(out, "status") {
		t.Errorf("it prints:\n%s", out)
	}
	if dst := object(t, server, "far", "k"); dst.CRC64 != older.CRC64 || dst.Meta["v"] != "old" {
		t.Errorf("the destination is %+v", dst)
	}
}

func TestTheRightThatIsMissingIsNamed(t *testing.T) {
	missing := ""
	allows := func(action, _ string) bool { return action != missing }
	server := cloudWith(t, localoss.Config{Authorize: localoss.Allowing("local", allows)}, "target")
	if err := server.CreateBucket("source", localoss.WithVersioning()); err != nil {
		t.Fatal(err)
	}
	o := putObject(t, server, "source", "k", 3*mib, 1, "x-oss-tagging", "a=b")
	putObject(t, server, "source", "k", 3*mib, 1)
	for right, args := range map[string][]string{
		"oss:GetObject":               nil,
		"oss:PutObject":               nil,
		"oss:GetObjectVersion":        {"--version-id", o.VersionID},
		"oss:GetObjectVersionTagging": {"--version-id", o.VersionID},
		"oss:PutObjectTagging":        {"--tagging", "a=b"},
		"oss:GetObjectAcl":            {"--object-acl", "source"},
		"oss:ListParts":               small,
	} {
		missing = right
		code, _, problems := command(t, append([]string{"copy", "oss://source/k", "oss://target"}, args...)...)
		want := "the credentials need " + right
		if code != exitBad || !strings.Contains(problems, want) || strings.Contains(problems, "RULES") {
			t.Errorf("without %s: exit %d; want %q:\n%s", right, code, want, problems)
		}
		if _, there := server.Object("target", "k"); there {
			t.Fatalf("without %s the copy was made", right)
		}
	}
}
