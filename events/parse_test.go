package events

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "events", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPublicSamplesGiveTheirObject(t *testing.T) {
	for _, c := range []struct {
		file string
		want []Object
	}{
		{"oss-native-fc3-template.json", []Object{{
			Event: "ObjectCreated:PutObject", Region: "cn-shanghai", Bucket: "testbucket", Key: "image/a.jpg",
			Size: Some[int64](122539), ETag: Some("688A7BF4F233DC9C88A80BF985AB7329"),
			Time:      time.Date(2017, 4, 21, 12, 46, 37, 0, time.UTC),
			Principal: "123456789", SourceIP: "140.205.***.***", RequestID: "58F9FF2D3DF792092E12044C",
		}}},
		{"oss-native-go-runtime-readme.json", []Object{{
			Event: "ObjectCreated:PutObject", Region: "cn-shenzhen", Bucket: "testbucket", Key: "image/a.jpg",
			Size: Some[int64](29203), ETag: Some("7D73E1052AF595535DE90994F4C3E6D5"),
			ContentType: Some("image/jpeg"),
			Time:        time.Date(2022, 6, 10, 6, 21, 35, 0, time.UTC),
			Principal:   "1581224182******", SourceIP: "106.23.**.**", RequestID: "62A2E2EFD0DEFE3930847A6E",
		}}},
		{"oss-native-fc-docs-2025-usermeta.json", []Object{{
			Event: "ObjectCreated:PutObject", Region: "cn-hangzhou", Bucket: "testbucket", Key: "source/a.png",
			Size: Some[int64](122539), ETag: Some("688A7BF4F233DC9C88A80BF985AB****"),
			ContentType: Some("application/zip"), Meta: map[string]string{"last-modified": "20250213"},
			Time:      time.Date(2022, 8, 13, 6, 45, 43, 0, time.UTC),
			Principal: "164901546557****", SourceIP: "140.205.XX.XX", RequestID: "58F9FF2D3DF792092E12044C",
		}}},
		{"oss-eventbridge-dataworks-real-2026.json", []Object{{
			Event: "ObjectCreated:PostObject", Region: "cn-hangzhou", Bucket: "******", Key: "input/***********.csv",
			Size: Some[int64](59537), ETag: Some("63***********D32"), ContentType: Some("text/csv"),
			Time:      time.Date(2026, 3, 11, 5, 40, 45, 0, time.UTC),
			Principal: "1***********9", SourceIP: "***********", RequestID: "69B1***********C0A8",
		}}},
	} {
		t.Run(c.file, func(t *testing.T) {
			got, err := Parse(sample(t, c.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryEnvelopeGivesTheSameObject(t *testing.T) {
	record := `{"eventName":"ObjectCreated:PutObject","eventTime":"2026-11-20T08:00:00.000Z","region":"cn-hangzhou",
		"requestParameters":{"sourceIPAddress":"10.1.2.3"},"responseElements":{"requestId":"R1"},
		"userIdentity":{"principalId":"42"},
		"oss":{"bucket":{"name":"b"},"object":{"key":"k","size":7,"eTag":"E"}}}`
	nested := `{"eventName":"ObjectCreated:PutObject","eventTime":"2026-11-20T08:00:00.000Z",
		"oss":{"region":"cn-hangzhou","requestParameters":{"sourceIPAddress":"10.1.2.3"},
		"responseElements":{"requestId":"R1"},
		"userIdentity":{"principalId":"42"},
		"bucket":{"name":"b"},"object":{"key":"k","size":7,"eTag":"\"E\""}}}`
	nameless := strings.Replace(record, `"eventName":"ObjectCreated:PutObject",`, "", 1)
	prefixed := strings.Replace(record, `"ObjectCreated`, `"oss:ObjectCreated`, 1)
	cloud := func(data string) string {
		return `{"specversion":"1.0","type":"oss:ObjectCreated:PutObject",` +
			`"time":"2020-08-17T16:04:46.149Asia/Shanghai","data":` + data + `}`
	}
	text := func(v string) string {
		quoted, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(quoted)
	}
	want := Object{
		Event: "ObjectCreated:PutObject", Region: "cn-hangzhou", Bucket: "b", Key: "k",
		Size: Some[int64](7), ETag: Some("E"),
		Time: time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC), Principal: "42", SourceIP: "10.1.2.3", RequestID: "R1",
	}
	for name, payload := range map[string]string{
		"native":                              `{"events":[` + record + `]}`,
		"native, fields nested inside oss":    `{"events":[` + nested + `]}`,
		"one CloudEvent":                      cloud(record),
		"CloudEvent whose data is text":       cloud(text(record)),
		"CloudEvent named by its type alone":  cloud(nameless),
		"CloudEvent around a native payload":  cloud(`{"events":[` + record + `]}`),
		"array of CloudEvents":                `[` + cloud(record) + `]`,
		"array of CloudEvents as text":        `[` + text(cloud(record)) + `]`,
		"raw data, one":                       record,
		"raw data, array of objects":          `[` + record + `]`,
		"raw data, array of text":             `[` + text(record) + `]`,
		"native with blanks around":           "\n " + `{"events":[` + record + `]}` + "\n",
		"native whose event name is prefixed": `{"events":[` + prefixed + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(payload))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]Object{want}, got); diff != "" {
				t.Errorf("objects (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheEndOfARestoreIsReadFromEventBridgesEnvelope(t *testing.T) {
	got, err := Parse([]byte(`{"specversion":"1.0","type":"oss:ObjectRestore:FinishRestore",
		"data":{"oss":{"bucket":{"name":"b"},"object":{"key":"k","size":0,"eTag":"","objectMeta":{"mimeType":""}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	// What it says of the object is not taken: it is about the restore.
	want := Object{Event: FinishRestore, Bucket: "b", Key: "k", Restored: true, MayBeCopied: true}
	if diff := cmp.Diff([]Object{want}, got); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
}

func native(object string) []byte {
	return []byte(`{"events":[{"eventName":"ObjectCreated:PutObject",` +
		`"oss":{"bucket":{"name":"b"},"object":` + object + `}}]}`)
}

func TestAMissingValueIsNeitherZeroNorEmpty(t *testing.T) {
	for _, c := range []struct {
		object string
		size   Opt[int64]
		etag   Opt[string]
	}{
		{`{"key":"k"}`, Opt[int64]{}, Opt[string]{}},
		{`{"key":"k","size":null,"eTag":null}`, Opt[int64]{}, Opt[string]{}},
		{`{"key":"k","size":0,"eTag":""}`, Some[int64](0), Some("")},
		{`{"key":"k","size":53687091200000,"eTag":"A-2"}`, Some[int64](53687091200000), Some("A-2")},
	} {
		got, err := Parse(native(c.object))
		if err != nil {
			t.Fatalf("%s: %v", c.object, err)
		}
		if got[0].Size != c.size || got[0].ETag != c.etag {
			t.Errorf("%s: size %v, etag %v; want %v, %v", c.object, got[0].Size, got[0].ETag, c.size, c.etag)
		}
	}
}

func TestKeysAreNeverDecoded(t *testing.T) {
	for text, want := range map[string]string{
		`a%2Fb+c d.txt`:  "a%2Fb+c d.txt",
		`\u62a5\u544a/è`: "报告/è",
		`..\\x`:          `..\x`,
		`a\tb`:           "a\tb",
	} {
		got, err := Parse(native(`{"key":"` + text + `"}`))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got[0].Key != want {
			t.Errorf("%s: key %q, want %q", text, got[0].Key, want)
		}
	}
}

func TestOnlyEventsThatCreateAWholeObjectOrMakeOneReadableAreNotIgnored(t *testing.T) {
	whole := []string{"ObjectCreated:PutObject", "ObjectCreated:PostObject", "ObjectCreated:CopyObject",
		"ObjectCreated:AppendObject", "ObjectCreated:PutSymlink", "ObjectCreated:CompleteMultipartUpload",
		"ObjectReplication:ObjectCreated", "ObjectCreated:SomethingNew", FinishRestore}
	others := []string{
		"ObjectCreated:InitiateMultipartUpload", "ObjectCreated:UploadPart", "ObjectCreated:UploadPartCopy",
		"ObjectRemoved:DeleteObject", "ObjectRemoved:DeleteObjects", "ObjectRemoved:AbortMultipartUpload",
		"ObjectDownloaded:GetObject", "ObjectModified:UpdateObjectMeta", "ObjectModified:ChangeStorageClass",
		"ObjectRestore:PostRestore",
		"ObjectReplication:ObjectRemoved", "ActionTrail:AliyunServiceEvent"}
	check := func(name string, want bool) {
		got, err := Parse([]byte(`{"events":[{"eventName":"` + name + `",` +
			`"oss":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}`))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if (got[0].Ignored == "") != want {
			t.Errorf("%s: ignored %q", name, got[0].Ignored)
		}
	}
	for _, name := range whole {
		check(name, true)
	}
	for _, name := range others {
		check(name, false)
	}
}

func TestOneBadRecordDoesNotHoldUpTheOthers(t *testing.T) {
	got, err := Parse([]byte(`{"events":[
		{"eventName":"ObjectCreated:PutObject","oss":{"bucket":{"name":"b"},"object":{"key":"one"}}},
		{"eventName":"ObjectCreated:PutObject","oss":{"bucket":{"name":"b"},"object":{}}},
		{"eventName":"ObjectCreated:PutObject","oss":{"bucket":{"name":"b"},"object":{"key":"three"}}}]}`))
	if err == nil || !strings.Contains(err.Error(), "events[1] lacks oss.object.key; expected") {
		t.Errorf("error %v", err)
	}
	if len(got) != 2 || got[0].Key != "one" || got[1].Key != "three" {
		t.Errorf("objects %v", got)
	}
}
