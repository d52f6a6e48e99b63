package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"afterput/internal/copier"
	"afterput/internal/localcloud"
	"afterput/internal/localfc"
	"afterput/internal/localoss"
	"afterput/internal/localsts"
	"afterput/internal/osscall"
	"afterput/internal/randomrules"
	"afterput/internal/relay"
	"afterput/rules"
)

// The compiled function gets the event of a random upload, and explain the same event: what explain says is what the
// function does.
func TestExplainSaysOfRandomRulesWhatTheFunctionDoes(t *testing.T) {
	copies := 0
	randomrules.Seeds(t, 12, func(t *testing.T, seed uint64) {
		r := randomrules.New(seed)
		var set *rules.Set
		text := r.RulesThatLoad(randomrules.Everything, func(text string) (err error) {
			set, err = rules.Load("rules.yaml", []byte(text), none)
			return err
		})
		o := objectTaken(r, set)
		path := files(t, map[string]string{"rules.yaml": text})("rules.yaml")
		report, event, sent := functionDoes(t, path, o, set)
		says := explained(t, path, event, o)
		copies += len(says.Copies)
		done := report.Objects[0]
		if diff := cmp.Diff(copiesMade(done.Copies, says.Copies), copiesSaid(says.Copies)); diff != "" {
			t.Errorf("copies (-function +explain):\n%s\n%s\n%s", diff, event, text)
		}
		for _, r := range sent {
			for _, pin := range []string{"x-oss-copy-source-if-match", "if-match"} {
				if done.ETag != nil && r.Headers[pin] == *done.ETag {
					r.Headers[pin] = "(the event's ETag)"
				}
			}
		}
		sends, shows := sorted(sent), sorted(says.Requests)
		if slices.ContainsFunc(copiesPlanned(t, set, o), func(c rules.Copy) bool { return c.Role != "" }) {
			sends, shows = withoutLooks(sends), withoutLooks(shows)
		}
		if diff := cmp.Diff(sends, shows); diff != "" {
			t.Errorf("requests (-function +explain):\n%s\n%s\n%s", diff, event, text)
		}
	})
	if copies == 0 {
		t.Error("no rule took an object: the test shows nothing")
	}
}

// explained is what explain says of an event, given what the event does not say of the object.
func explained(t *testing.T, rulesFile string, event []byte, o randomrules.Object) explanation {
	t.Helper()
	path := files(t, map[string]string{"event.json": string(event)})
	args := []string{
		"explain", rulesFile, "--json", "--event", path("event.json"), "--storage-class", o.StorageClass,
	}
	for flag, pairs := range map[string]map[string]string{"--meta": o.UserMeta, "--tag": o.Tags} {
		for k, v := range pairs {
			args = append(args, flag, k+"="+v)
		}
	}
	code, out, problems := command(t, args...)
	var all []explanation
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != exitGood || len(all) != 1 {
		t.Fatalf("exit %d, %v\n%s%s", code, err, out, problems)
	}
	if strings.Contains(out, "null") {
		t.Errorf("the JSON contains null\n%s", out)
	}
	return all[0]
}

// copiesMade lists the copies of a report, with why those could not be made that failed by the plan. One that was not
// tried, because another failed, has the reason that explain gives.
func copiesMade(made []relay.CopyReport, said []explainedCopy) (lines []string) {
	for i, c := range made {
		if c.Result == copier.Deleted || c.Result == copier.Kept { // the source of a move
			continue
		}
		why := planned(c.Outcome)
		if waits := c.Error != nil && c.Error.Code == "OtherCopyFailed"; waits && i < len(said) {
			why = said[i].Error
		}
		lines = append(lines, c.Rule+" "+c.Destination+" "+why)
	}
	return lines
}

func copiesSaid(said []explainedCopy) (lines []string) {
	for _, c := range said {
		lines = append(lines, c.Rule+" "+c.Destination+" "+c.Error+c.Skipped)
	}
	return lines
}

// planned is why a copy could not be made according to the plan; "" if it could, whatever OSS answered.
func planned(o copier.Outcome) string {
	switch {
	case o.Error != nil && o.Error.Code == "RuleFailed":
		return o.Error.Message
	case o.Result == copier.Skipped:
		return o.Reason
	}
	return ""
}

// objectTaken makes an object, as far as possible one that a rule takes.
func objectTaken(r *randomrules.Random, set *rules.Set) randomrules.Object {
	for tries := 0; ; tries++ {
		o := r.Object()
		o.UserMeta["z"], o.Tags["z"] = "z", "z" // says that the others are known
		plan, err := set.Plan(o.Object, nil)
		if o.Event == "ObjectCreated:PutSymlink" { // it is not a link
			continue
		}
		if err == nil && len(plan.Copies) > 0 || tries > 200 {
			return o
		}
	}
}

// functionDoes uploads an object to a local cloud, and returns the report of its event, the event itself, and the
// requests that the function sent.
func functionDoes(
	t *testing.T, rulesFile string, o randomrules.Object, set *rules.Set,
) (*relay.Report, []byte, []sentRequest) {
	t.Helper()
	const none = "-" // nothing is shown in its place
	recorder := &recorder{next: http.DefaultTransport, parts: map[string]bool{}, uploaded: none, etag: none, pin: none}
	target := &url.URL{}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Transport: recorder,
		Rewrite:   func(p *httputil.ProxyRequest) { p.SetURL(target) },
	})
	defer proxy.Close()
	var event []byte
	var results []localfc.Result
	copies := copiesPlanned(t, set, o)
	owners, policies := ofRoles(copies)
	cloud, err := localcloud.Start(t.Context(), localcloud.Config{
		Function: function, Rules: rulesFile, Owners: owners, Policies: policies,
		Destinations: slices.Concat(randomrules.Sources, randomrules.Destinations, []string{"one-far", "two-far"}),
		Roles: map[string]localsts.Role{randomrules.Role: {Trust: `{"Version": "1", "Statement": [{"Effect": "Allow",
			"Action": "sts:AssumeRole", "Principal": {"RAM": ["acs:ram::1234567890123456:root"]}}]}`}},
		Env: []string{"OSS_ENDPOINT=" + proxy.URL, "AFTERPUT_CONFIRM=never"},
		OSS: localoss.Config{OnEvent: func(payload []byte) {
			if event == nil {
				event = payload
			}
		}},
		FC: localfc.Config{
			MaxRetries: -1, Initializer: true, OnResult: func(r localfc.Result) { results = append(results, r) },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer cloud.Close()
	if target, err = url.Parse(cloud.Endpoint); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(copies, needsVersioning) {
		enableVersioning(t, cloud, o.Bucket)
	}
	upload(t, cloud, o)
	event = bytes.ReplaceAll(event, []byte("ObjectCreated:PutObject"), []byte(o.Event))
	cloud.FC.Invoke(event)
	if err := cloud.FC.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	report, err := relay.ReadReport(results[0].Response)
	if err != nil {
		t.Fatalf("%v\n%s", err, results[0].Response)
	}
	return report, event, recorder.sent
}

// copiesPlanned are the copies that rules make of an object.
func copiesPlanned(t *testing.T, set *rules.Set, o randomrules.Object) []rules.Copy {
	t.Helper()
	// As its event will say.
	o.Region, o.Principal, o.SourceIP = "cn-hangzhou", "1234567890123456", "127.0.0.1"
	plan, err := set.Plan(o.Object, nil)
	if err != nil {
		t.Fatal(err)
	}
	return plan.Copies
}

// ofRoles are the accounts of the buckets into which copies go as a role, and policies for those that go there too.
func ofRoles(copies []rules.Copy) (owners, policies map[string]string) {
	owners, policies = map[string]string{}, map[string]string{}
	for _, c := range copies {
		if c.Role != "" {
			const account = "9999888877776666"
			owners[c.Bucket], policies[c.Bucket] = account, fmt.Sprintf(`{"Version": "1", "Statement": [{
				"Effect": "Allow", "Action": "oss:*", "Principal": ["*"],
				"Resource": ["acs:oss:*:%[1]s:%[2]s", "acs:oss:*:%[1]s:%[2]s/*"]}]}`, account, c.Bucket)
		}
	}
	return owners, policies
}

// needsVersioning reports whether the object is moved, which takes a bucket with versioning.
func needsVersioning(c rules.Copy) bool { return c.DeleteSource && !c.WithoutVersioning }

func enableVersioning(t *testing.T, cloud *localcloud.Cloud, bucket string) {
	t.Helper()
	if _, err := cloud.Client().PutBucketVersioning(t.Context(), &oss.PutBucketVersioningRequest{Bucket: &bucket,
		VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}}); err != nil {
		t.Fatal(err)
	}
}

func upload(t *testing.T, cloud *localcloud.Cloud, o randomrules.Object) {
	t.Helper()
	tags := url.Values{}
	for k, v := range o.Tags {
		tags.Set(k, v)
	}
	client := osscall.NewClient("cn-hangzhou", cloud.Endpoint, http.DefaultTransport)
	ctx := osscall.WithCredentials(t.Context(), osscall.Credentials{
		AccessKeyID: cloud.AccessKeyID, AccessKeySecret: cloud.AccessKeySecret,
	})
	_, err := client.PutObject(ctx, &oss.PutObjectRequest{
		Bucket: &o.Bucket, Key: &o.Key, Body: bytes.NewReader(make([]byte, o.Size.Value)), Metadata: o.UserMeta,
		ContentType: &o.ContentType.Value, StorageClass: oss.StorageClassType(o.StorageClass),
		Tagging: oss.Ptr(tags.Encode()),
	})
	if err != nil {
		t.Fatal(err)
	}
}

// varying is what differs between two runs of the same requests.
var varying = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// sorted writes requests in an order that does not depend on which of two at the same time came first.
func sorted(sent []sentRequest) (lines []string) {
	for _, r := range sent {
		line := fmt.Sprintf("%s %s × %d", r.Method, r.Path, r.Times)
		delete(r.Headers, "content-length") // a header for servers only
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			line += "\n" + name + ": " + r.Headers[name]
		}
		lines = append(lines, varying.ReplaceAllString(line, "TIME"))
	}
	slices.Sort(lines)
	return lines
}

// withoutLooks leaves out requests of HeadObject. A streamed copy sends them unless another one has shown the same
// before: explain makes one copy after the other, the function several at the same time.
func withoutLooks(lines []string) []string {
	return slices.DeleteFunc(lines, func(s string) bool { return strings.HasPrefix(s, "HEAD ") })
}
