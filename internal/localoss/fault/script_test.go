package fault

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"afterput/internal/localoss"
)

func TestLoadReadsEveryField(t *testing.T) {
	got, err := Load("faults.yaml", []byte(everyField))
	if err != nil {
		t.Fatal(err)
	}
	first := Conditions{Latency: 20 * time.Millisecond, Bandwidth: 80 << 20, TotalBandwidth: 10 << 30, MaxInFlight: 200,
		MaxPerSecond: 10000, Crowding: 64, Stragglers: Stragglers{0.01, 20}, Uneven: Stragglers{0.5, 2}}
	second, third := first, first
	second.Bandwidth, third.Bandwidth, third.MaxInFlight = 40<<20, 40<<20, 0
	want := &Script{
		Seed: 42,
		Faults: []Fault{
			{
				Operations: []string{"UploadPartCopy"}, Bucket: "archive-*", Key: "logs/**", Part: 7,
				Calls: Calls{2, 5}, Probability: 0.5, Delay: 2 * time.Second, ReplyDelay: 200 * time.Millisecond,
				Error: &localoss.Error{
					Code:    "InternalError",
					Status:  200,
					EC:      "0000-1",
					Message: "odd",
					Header:  headers(map[string]string{"X-Oss-Qos-Delay-Time": "100"}),
				},
			},
			{Operations: []string{"CopyObject", "CompleteMultipartUpload"}, Calls: Nth(3), Drop: true, Committed: true},
			{
				Operations: []string{"DeleteObject"},
				Error:      &localoss.Error{Code: "GatewayTimeout", Status: 504},
				Later:      3 * time.Second,
			},
			{
				Calls:       Calls{First: 4},
				Body:        Malformed,
				WithoutETag: true,
				Corrupt:     []int64{0, 1024},
				IgnoreRange: true,
				Header:      map[string]string{"Content-Range": "", "X-Oss-Hash-Crc64ecma": "1"},
			},
		},
		Model: &Model{
			Seed: 42, Conditions: first, Changes: []Change{{10 * time.Minute, second}, {20 * time.Minute, third}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestLoadReportsEveryProblemWithItsLocation(t *testing.T) {
	_, err := Load("f.yaml", []byte(`seeds: 1
faults:
  - operation: UploadPartCpoy
    part: x
    calls: 0
    delay: 3
    drop: 1
    drop: true
    corrupt: 5 apples
  - committed: true
    delay: 1s
  - {}
  - key: "["
    drop: true
  - body: odd
  - {later: 1s, delay: 1s}
model:
  latency: [1]
  bandwidth: -1
  stragglers: {probability: often, factor: 2}
  changes: {}
`))
	want := []string{
		`f.yaml:1:1: the file has no field "seeds"; its fields are faults, model, seed`,
		`f.yaml:3:16: "UploadPartCpoy" is not an operation of the local OSS`,
		`f.yaml:4:11: expected a whole number, 0 or more`,
		`f.yaml:5:12: expected the number of a call, counted from 1, or a range such as 2-5 or 3-`,
		`f.yaml:6:12: expected a duration such as 20ms, 1.5s or 10m`,
		`f.yaml:7:11: expected true or false`,
		`f.yaml:8:5: "drop" is already set on line 7`,
		`f.yaml:9:14: "5 apples" is not a valid size: write a whole number of bytes, or of B, KiB, MiB, GiB or TiB, ` +
			`such as 64KiB`,
		`f.yaml:10:5: committed needs an error or a drop`,
		`f.yaml:12:5: the fault does nothing`,
		`f.yaml:13:5: key "[" is not a valid glob`,
		`f.yaml:15:5: body "odd" is not one of empty, malformed, truncated, spoiled, html, other, error, hollow`,
		`f.yaml:16:5: later needs an error or a drop`,
		`f.yaml:18:12: expected a duration such as 20ms, 1.5s or 10m`,
		`f.yaml:19:14: "-1" is not a valid size: write a whole number of bytes, or of B, KiB, MiB, GiB or TiB, ` +
			`such as 64KiB`,
		`f.yaml:20:29: expected a number`,
		`f.yaml:21:12: expected a list`,
	}
	if err == nil {
		t.Fatal("loaded")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestLoadRefusesInvalidFiles(t *testing.T) {
	for _, test := range []struct{ name, file, want string }{
		{"empty", "", "f.yaml: the file is empty; it needs faults, a model, or both"},
		{"not YAML", "a: [", "f.yaml: line 1: did not find expected node content"},
		{"a string", "faults", "f.yaml:1:1: the file must be a mapping"},
		{"two documents", "seed: 1\n---\nseed: 2\n", "f.yaml: the file must have only one document"},
		{"an alias", "seed: &s 1\nfaults: *s\n", "f.yaml:2:9: expected a list"},
		{"a huge file", strings.Repeat("#", 2<<20), "f.yaml: the file has 2097152 bytes"},
		{"changes out of order", "model: {changes: [{after: 2s}, {after: 1s}]}",
			"f.yaml:1:8: change 2 comes after 1s, not later"},
		{"stragglers that are fast", "model: {stragglers: {probability: 0.5}}",
			"f.yaml:1:8: stragglers: a factor of 0"},
		{"decimal units", "model: {bandwidth: 83 MB}",
			`f.yaml:1:20: "83 MB" is not a valid size; did you mean 83MiB?`},
		{"units in lower case", "model: {bandwidth: 1gib}",
			`f.yaml:1:20: "1gib" is not a valid size; did you mean 1GiB?`},
		{"half of them fast", "model: {uneven: {probability: 0.5, factor: 0.5}}",
			"f.yaml:1:8: uneven: a factor of 0.5"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load("f.yaml", []byte(test.file))
			if err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestScriptRunsItsFaultsAndItsModel(t *testing.T) {
	script, err := Load(
		"f.yaml", []byte("faults: [{operation: CopyObject, calls: 1, drop: true}]\nmodel: {per-second: 1}\n"),
	)
	if err != nil {
		t.Fatal(err)
	}
	intercept := script.Intercept()
	if got := serve(t, intercept, call("CopyObject", "b", "k")); got.reply != nil {
		t.Error("the first copy was answered")
	}
	if got := serve(t, intercept, call("CopyObject", "b", "k")); got.reply == nil || got.reply.Status != 200 {
		t.Error("the second copy was not let through")
	}
	if got := serve(t, intercept, call("CopyObject", "b", "k")); got.reply == nil || got.reply.Status != 503 {
		t.Error("the third copy was not throttled")
	}
}

func FuzzLoadNeverCrashesAndRunsWhatItAccepts(f *testing.F) {
	f.Add([]byte(everyField))
	f.Add([]byte("faults: [{operation: CopyObject, drop: true}]"))
	f.Add([]byte("model: {changes: [{after: 1s}]}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		script, err := Load("f.yaml", data)
		if err == nil {
			script.Intercept()
		}
	})
}
