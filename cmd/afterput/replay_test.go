package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/settings"
	"afterput/internal/state"
)

// cloud is a local OSS with the bucket photos and, unless something is wrong,
// replica; the environment names it.
func cloud(t *testing.T, buckets ...string) *localoss.Server {
	t.Helper()
	return cloudWith(t, localoss.Config{}, buckets...)
}

func cloudWith(t *testing.T, config localoss.Config, buckets ...string) *localoss.Server {
	t.Helper()
	server, err := localoss.New(config)
	if err != nil {
		t.Fatal(err)
	}
	front := httptest.NewServer(server)
	t.Cleanup(func() { front.Close(); _ = server.Close() })
	for _, b := range buckets {
		if err := server.CreateBucket(b); err != nil {
			t.Fatal(err)
		}
	}
	for name, value := range map[string]string{
		"OSS_ENDPOINT": front.URL, "OSS_REGION": "cn-hangzhou",
		"ALIBABA_CLOUD_ACCESS_KEY_ID": "local", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "local",
	} {
		t.Setenv(name, value)
	}
	return server
}

// files writes files into a folder and returns their paths.
func files(t *testing.T, content map[string]string) func(name string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return func(name string) string { return filepath.Join(dir, name) }
}

// command runs afterput in this process.
func command(t *testing.T, args ...string) (code int, out, problems string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, console{out: &stdout, err: &stderr})
	return code, stdout.String(), stderr.String()
}

const (
	replicateAll = "version: 1\nsources: [photos]\nrules: [{name: all, match: {}, copy: [{bucket: replica}]}]\n"
	// Two events as Function Compute gives them up, one as an OSS trigger sends it.
	givenUp = `{"requestContext":{"requestId":"1"},"requestPayload":"{\"events\":[{` +
		`\"eventName\":\"ObjectCreated:PutObject\",` +
		`\"oss\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"a\"}}}]}"}` + "\n" +
		`[{"requestPayload":"{\"events\":[{\"eventName\":\"ObjectCreated:PutObject\",` +
		`\"oss\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"gone\"}}}]}"},` + "\n" +
		` {"events":[{"eventName":"ObjectCreated:PutObject",` +
		`"oss":{"bucket":{"name":"photos"},"object":{"key":"b"}}}]}]`
)

func TestReplayShowsFirstAndCopiesOnlyOnYes(t *testing.T) {
	server := cloud(t, "photos", "replica")
	for _, key := range []string{"a", "b"} {
		if err := server.PutSparse("photos", key, 10); err != nil {
			t.Fatal(err)
		}
	}
	server.ResetCounts()
	path := files(t, map[string]string{"rules.yaml": replicateAll, "failed.json": givenUp})

	code, out, problems := command(t, "replay", path("failed.json"), "--rules", path("rules.yaml"))
	if code != exitGood || strings.Count(out, "would copy") != 3 ||
		!strings.Contains(problems, "3 events: 3 copies; run again with --yes") {
		t.Errorf("exit %d, out %s, problems %s", code, out, problems)
	}
	if counts := server.Counts(); len(counts) != 0 {
		t.Errorf("showing sent %v", counts)
	}

	code, out, problems = command(t, "replay", path("failed.json"), "--rules", path("rules.yaml"), "--yes")
	if code != exitGood || !strings.Contains(problems, "3 events replayed: 3 succeeded, 0 failed") ||
		!strings.Contains(out, "superseded oss://photos/gone") {
		t.Errorf("exit %d, out %s, problems %s", code, out, problems)
	}
	for _, key := range []string{"a", "b"} {
		if _, ok := server.Object("replica", key); !ok {
			t.Errorf("%s was not copied", key)
		}
	}
}

func TestReplayShowsWhatItWouldDeleteAndDeletesNoMoreInAnHourThanItMay(t *testing.T) {
	server := cloud(t, "photos", "replica", "intake", "moved")
	for _, key := range []string{"a", "b"} {
		name := localoss.WithHeader("x-oss-meta-afterput-source", "oss://photos/"+key)
		if err := server.PutSparse("replica", key, 10, name); err != nil {
			t.Fatal(err)
		}
	}
	event := func(name, bucket, key string) string {
		return fmt.Sprintf(`{"events":[{"eventName":%q,"oss":{"bucket":{"name":%q},"object":{"key":%q}}}]}`+"\n",
			name, bucket, key)
	}
	path := files(t, map[string]string{"rules.yaml": `version: 1
sources: [photos, intake]
rules:
  - name: follow
    match: {bucket: photos}
    copy: [{bucket: replica}]
    delete: [{bucket: replica, without-versioning: true}]
  - name: move
    match: {bucket: intake}
    copy: [{bucket: moved, delete-source: true, without-versioning: true}]
`,
		"removals.json": event("ObjectRemoved:DeleteObject", "photos", "a") +
			event("ObjectRemoved:DeleteObjects", "photos", "b"),
		"move.json": event("ObjectCreated:PutObject", "intake", "c") +
			event("ObjectRemoved:DeleteObject", "intake", "d")})
	for _, c := range []struct {
		args  []string
		exits int
		wants []string
	}{
		{[]string{"removals.json"}, exitGood, []string{
			"would delete  oss://replica/a, if it is the copy of oss://photos/a and that is gone  rule follow\n",
			"2 events: 0 copies, 2 copies to delete; run again with --yes to replay\n"}},
		{[]string{"move.json"}, exitGood, []string{
			"would delete  oss://intake/c, when all of its copies are made  rule move\n",
			"no rule     oss://intake/d\n",
			"2 events: 1 copy, 1 source to delete; run again with --yes to replay\n"}},
		{[]string{"removals.json", "--yes", "--deletes-an-hour", "none"}, exitUsage,
			[]string{"AFTERPUT_DELETES_AN_HOUR"}},
		{[]string{"removals.json", "--yes", "--deletes-an-hour", "1"}, exitBad, []string{"TooManyDeletions",
			"1 succeeded, 1 failed"}},
		{[]string{"removals.json", "--yes", "--deletes-an-hour", "2"}, exitGood, []string{"2 succeeded, 0 failed"}},
	} {
		args := append([]string{"replay", path(c.args[0]), "--rules", path("rules.yaml")}, c.args[1:]...)
		code, out, problems := command(t, args...)
		for _, want := range c.wants {
			if code != c.exits || !strings.Contains(out+problems, want) {
				t.Errorf("%v: exit %d, want %d; want %q:\n%s%s", c.args, code, c.exits, want, out, problems)
			}
		}
	}
	if n := len(server.Objects("replica")); n != 0 {
		t.Errorf("%d copies are left", n)
	}
}

func TestFailedEventsAreReadInEveryFormTheyAreDeliveredIn(t *testing.T) {
	const event = `{"events":[{"eventName":"ObjectCreated:PutObject",` +
		`"oss":{"bucket":{"name":"photos"},"object":{"key":"KEY"}}}]}`
	text := func(key string) string {
		quoted, err := json.Marshal(strings.Replace(event, "KEY", key, 1))
		if err != nil {
			t.Fatal(err)
		}
		return `{"requestContext":{"requestId":"1"},"requestPayload":` + string(quoted) + `}`
	}
	encoded := func(key string) string { return base64.StdEncoding.EncodeToString([]byte(text(key))) }
	path := files(t, map[string]string{
		"rules.yaml": replicateAll,
		"failed": "\ufeff" + text("bare") + "\n" +
			encoded("encoded") + "\r\n" +
			"[" + text("listed") + ",\n" + strings.Replace(event, "KEY", "itself", 1) + "] " +
			`{"specversion":"1.0","data":` + text("bridged") + "}\n\n" +
			encoded("encoded") + "\n" +
			`["` + encoded("queued") + `"]` + "\n" +
			`{"SubscriptionName":"s","Message":"` + encoded("topical") + `"}`,
	})
	code, out, problems := command(t, "replay", path("failed"), "--rules", path("rules.yaml"))
	for _, key := range []string{"bare", "listed", "itself", "bridged", "encoded", "queued", "topical"} {
		if !strings.Contains(out, "would copy  oss://photos/"+key+" ") {
			t.Errorf("%s was not read", key)
		}
	}
	if code != exitGood || !strings.Contains(problems, "8 events: 8 copies; run again") {
		t.Errorf("exit %d, %s%s", code, out, problems)
	}
}

func TestAMessageInBase64IsReadHoweverItIsWrapped(t *testing.T) {
	message := func(key string) string {
		return `{"requestPayload":"{\"events\":[{\"eventName\":\"ObjectCreated:PutObject\",` +
			`\"oss\":{\"bucket\":{\"name\":\"photos\"},\"object\":{\"key\":\"` + key + `\"}}}]}"}`
	}
	wrapped := func(encoding *base64.Encoding, width int, lineBreak, message string) string {
		var lines []string
		for line := range slices.Chunk([]byte(encoding.EncodeToString([]byte(message))), width) {
			lines = append(lines, string(line))
		}
		return strings.Join(lines, lineBreak)
	}
	std, raw := base64.StdEncoding, base64.RawStdEncoding
	var file, keys []string
	for i := range 7 { // of every length modulo 3, and of some that end with a whole line
		for name, text := range map[string]string{
			"lines":       wrapped(std, 76, "\n", message("lines"+strings.Repeat("x", i))),
			"crlf":        wrapped(std, 64, "\r\n", message("crlf"+strings.Repeat("x", i))),
			"spaces":      wrapped(std, 10, " ", message("spaces"+strings.Repeat("x", i))),
			"indented":    wrapped(std, 76, "\n\n\t ", message("indented"+strings.Repeat("x", i))),
			"unpadded":    wrapped(raw, 76, "\n", message("unpadded"+strings.Repeat("x", i))),
			"ended":       wrapped(std, 76, "\n", message("ended"+strings.Repeat("x", i))+"\n"),
			"line":        std.EncodeToString([]byte(message("line" + strings.Repeat("x", i)))),
			"narrow":      wrapped(std, 1, "\n", message("narrow"+strings.Repeat("x", i))+"\n"),
			"in a string": `"` + wrapped(std, 76, `\r\n `, message("in a string"+strings.Repeat("x", i))) + `"`,
		} {
			keys, file = append(keys, name+strings.Repeat("x", i)), append(file, text)
		}
	}
	cut := wrapped(std, 40, "\n", message("cut"))[:130]
	path := files(t, map[string]string{"rules.yaml": replicateAll, "good": strings.Join(file, "\n"),
		"damaged": file[0] + "\n" + cut + "\n" + strings.Join(file[1:], "\n")})
	code, out, problems := command(t, "replay", path("good"), "--rules", path("rules.yaml"))
	for _, key := range keys {
		if !strings.Contains(out, "would copy  oss://photos/"+key+" ") {
			t.Errorf("%s was not read", key)
		}
	}
	if code != exitGood || !strings.Contains(problems, "63 events: 63 copies; run again") {
		t.Errorf("exit %d, %s%s", code, out, problems)
	}
	code, out, problems = command(t, "replay", path("damaged"), "--rules", path("rules.yaml"))
	if code != exitBad || !strings.Contains(problems, "64 events: 63 copies, 1 unreadable event") {
		t.Errorf("one is cut off: exit %d, %s%s", code, out, problems)
	}
}

func TestReplayThatFailsSaysSoAndExitsWith1(t *testing.T) {
	server := cloud(t, "photos")
	if err := server.PutSparse("photos", "a", 10); err != nil {
		t.Fatal(err)
	}
	path := files(t, map[string]string{"rules.yaml": replicateAll, "failed.json": givenUp, "empty.json": "\ufeff\n",
		"none.json": "[]", "broken.json": "{"})
	code, out, problems := command(t, "replay", path("failed.json"), "--rules", path("rules.yaml"), "--yes")
	if code != exitBad || !strings.Contains(out, "NoSuchBucket") || !strings.Contains(problems, "failed") {
		t.Errorf("exit %d, out %s, problems %s", code, out, problems)
	}
	for file, want := range map[string]string{"empty.json": "empty.json is empty",
		"none.json": "none.json holds no event", "broken.json": "1 event: 0 copies, 1 unreadable event\n"} {
		code, _, problems := command(t, "replay", path(file), "--rules", path("rules.yaml"))
		if code != exitBad || !strings.Contains(problems, want) {
			t.Errorf("%s: exit %d, %s", file, code, problems)
		}
	}
}

func TestADamagedMessageCostsNoneOfTheOthers(t *testing.T) {
	server := cloud(t, "photos", "replica")
	for _, key := range []string{"a", "b"} {
		if err := server.PutSparse("photos", key, 10); err != nil {
			t.Fatal(err)
		}
	}
	first, rest, _ := strings.Cut(givenUp, "\n")
	path := files(t, map[string]string{"rules.yaml": replicateAll,
		"mixed.json": first + "\n{\"requestPayload\": \"cut o\nnull\n" + rest})
	code, out, problems := command(t, "replay", path("mixed.json"), "--rules", path("rules.yaml"))
	if code != exitBad || strings.Count(out, "would copy") != 3 || strings.Count(out, "unreadable") != 2 ||
		!strings.Contains(problems, "5 events: 3 copies, 2 unreadable events") {
		t.Errorf("exit %d\n%s%s", code, out, problems)
	}
	code, out, problems = command(t, "replay", path("mixed.json"), "--rules", path("rules.yaml"), "--yes")
	if code != exitBad || strings.Count(out, "copied") != 2 ||
		!strings.Contains(problems, "5 events replayed: 3 succeeded, 2 failed") {
		t.Errorf("exit %d\n%s%s", code, out, problems)
	}
}

const failedHuge = `{"events":[{"eventName":"ObjectCreated:PutObject",
	"oss":{"bucket":{"name":"photos"},"object":{"key":"huge"}}}]}`

func TestReplayGoesOnWithWhatTheFunctionRemembered(t *testing.T) {
	for name, args := range map[string][]string{
		"by the variable": nil, "by the flag": {"--state", "oss://states/of/afterput/"},
	} {
		t.Run(name, func(t *testing.T) {
			server := interrupt(t, copier.Options{State: state.Location{Bucket: "states", Prefix: "of/afterput/"}})
			begun := server.Uploads("replica")[0].ID
			t.Setenv("AFTERPUT_STATE", "oss://states/of/afterput/")
			if args != nil {
				t.Setenv("AFTERPUT_STATE", "oss://states/of/others/")
			}
			path := files(t, map[string]string{"rules.yaml": replicateAll, "failed.json": failedHuge})
			server.ResetCounts()
			replay := []string{"replay", path("failed.json"), "--rules", path("rules.yaml"), "--yes"}
			code, out, problems := command(t, append(replay, args...)...)
			if code != exitGood || !strings.Contains(out, "copied     oss://photos/huge") {
				t.Fatalf("exit %d, out %s, problems %s", code, out, problems)
			}
			if n := server.Counts()["InitiateMultipartUpload"]; n != 0 {
				t.Errorf("another upload was begun instead of %s", begun)
			}
			if len(server.Uploads("replica"))+len(server.Objects("states")) > 0 {
				t.Errorf("left: uploads %+v, state %+v", server.Uploads("replica"), server.Objects("states"))
			}
		})
	}
}

func TestReplayTakesTheEnginesSettingsFromVariablesAndFlags(t *testing.T) {
	server := cloud(t, "photos", "replica")
	if err := server.PutSparse("photos", "huge", 1<<20); err != nil {
		t.Fatal(err)
	}
	path := files(t, map[string]string{"rules.yaml": replicateAll, "failed.json": failedHuge})
	replay := []string{"replay", path("failed.json"), "--rules", path("rules.yaml"), "--yes"}
	t.Setenv("AFTERPUT_SINGLE_COPY_LIMIT", "1KiB")
	if code, out, problems := command(t, replay...); code != exitGood || !strings.Contains(out, "UploadPartCopy") {
		t.Errorf("exit %d, out %s, problems %s", code, out, problems)
	}
	if err := server.PutSparse("photos", "huge", 1<<20+1); err != nil {
		t.Fatal(err)
	}
	code, out, problems := command(t, append(replay, "--single-copy-limit", "2MiB")...)
	if code != exitGood || !strings.Contains(out, "  CopyObject") {
		t.Errorf("exit %d, out %s, problems %s", code, out, problems)
	}
	t.Setenv("AFTERPUT_PARTS_IN_FLIGHT", "100B")
	t.Setenv("AFTERPUT_CONFIRM", "perhaps")
	code, _, problems = command(t, replay[:4]...)
	for _, want := range []string{
		`--parts-in-flight (AFTERPUT_PARTS_IN_FLIGHT) is "100B"; want a whole number`,
		`--confirm (AFTERPUT_CONFIRM) is "perhaps"`,
	} {
		if code != exitUsage || !strings.Contains(problems, want) {
			t.Errorf("exit %d, %s", code, problems)
		}
	}
}

func TestTheHelpOfEveryCommandThatCopiesNamesTheVariablesAndDefaults(t *testing.T) {
	variables := []string{
		settings.State, settings.Confirm, settings.PartSize, settings.PartsInFlight, settings.SingleCopyLimit,
		settings.Prefer,
	}
	for _, name := range []string{"replay", "local", "explain"} {
		_, out, _ := command(t, name, "--help")
		out = strings.Join(strings.Fields(out), " ")
		for _, variable := range variables {
			flag := flagOf(variable)
			at := strings.Index(out, flag+"=")
			if at < 0 || !strings.Contains(out[at:], "default") || !strings.Contains(out[at:], "($"+variable+")") {
				t.Errorf("%s --help does not tell of %s, its default and %s", name, flag, variable)
			}
		}
	}
}
