package deploy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/deploy"
	"afterput/internal/existing"
	"afterput/internal/fcapi"
	"afterput/internal/localoss"
	"afterput/internal/localoss/ram"
	"afterput/internal/osscall"
	"afterput/internal/relay"
)

// userSetup has a copy in whose place an object is that only HeadObject, GetObjectTagging and GetObjectAcl can compare.
func userSetup() setup {
	rule := oneRule("{bucket: src, prefix: in/, size: {below: 10MiB}}",
		"[{bucket: dst, key: 'out/${key}', object-acl: private}]")
	return setup{buckets: []string{"idle", "jobs"}, rules: strings.Replace(rule, "[src]", "[src, idle]", 1)}
}

var role = osscall.Credentials{AccessKeyID: "role", AccessKeySecret: "secret"}

// functionCompute answers requests to Function Compute that a policy allows.
type functionCompute struct {
	policy  *ram.Policy
	refused []string
	batches int
}

func (f *functionCompute) RoundTrip(r *http.Request) (*http.Response, error) {
	answer := func(status int, body any) (*http.Response, error) {
		text, err := json.Marshal(body)
		return &http.Response{StatusCode: status, Header: http.Header{},
			Body: io.NopCloser(strings.NewReader(string(text)))}, err
	}
	action := "fc:" + r.Header.Get("x-acs-action")
	if resource := "acs:fc:cn-hangzhou:1:functions/f"; !f.policy.Allows(action, resource) {
		f.refused = append(f.refused, action+" on "+resource)
		return answer(http.StatusForbidden, map[string]string{"Code": "AccessDenied", "Message": "denied: " + action})
	}
	if action == "fc:InvokeFunction" {
		f.batches++
		return answer(http.StatusAccepted, nil)
	}
	return answer(http.StatusOK, map[string]any{"tasks": []any{}})
}

// backfill does what a person does: it compares, has the missing copy made, and looks at the job.
func (w *world) backfill(s *setup, u deploy.UserOptions, policy deploy.Policy) error {
	const same, missing = "in/same", "in/missing"
	for _, key := range []string{same, missing} {
		w.put(key, withTag)
	}
	for _, key := range []string{same, "idle"} { // uploaded in parts: the ETag is no digest
		if err := w.uploadInParts("dst", "out/"+key); err != nil {
			return err
		}
	}
	time.Sleep(time.Hour)
	parsed, err := ram.Parse([]byte(policy.JSON()))
	if err != nil {
		return err
	}
	fc := &functionCompute{policy: parsed}
	for range 2 { // the second run finds the job complete, and its lock free
		if err := w.runJob(s, u, fc); err != nil {
			return err
		}
	}
	if _, there := w.Object("dst", "out/"+missing); u.Backfill && u.Function == "" && !there {
		return fmt.Errorf("the copy was not made")
	}
	if u.Function != "" && fc.batches != 1 {
		return fmt.Errorf("%d batches were handed over", fc.batches)
	}
	if all := append(w.refused, fc.refused...); len(all) > 0 {
		return fmt.Errorf("refused: %q", all)
	}
	return nil
}

// uploadInParts makes an object with the content and the tag of those in src.
func (w *world) uploadInParts(bucket, key string) error {
	ctx := w.t.Context()
	begun, err := w.admin.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: &bucket, Key: &key,
		Tagging: oss.Ptr("a=1")})
	if err != nil {
		return err
	}
	part, err := w.admin.UploadPart(ctx, &oss.UploadPartRequest{Bucket: &bucket, Key: &key, UploadId: begun.UploadId,
		PartNumber: 1, Body: strings.NewReader("every field\n")})
	if err != nil {
		return err
	}
	_, err = w.admin.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{Bucket: &bucket, Key: &key,
		UploadId: begun.UploadId, Acl: oss.ObjectACLPrivate,
		CompleteMultipartUpload: &oss.CompleteMultipartUpload{
			Parts: []oss.UploadPart{{PartNumber: 1, ETag: part.ETag}}}})
	return err
}

func (w *world) runJob(s *setup, u deploy.UserOptions, fc *functionCompute) error {
	ctx := osscall.WithCredentials(w.t.Context(), role)
	client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", w.Transport())
	set := s.load(w.t)
	engine := copier.New(client, s.options)
	var store existing.Store = existing.NewMemory()
	if u.JobBucket != "" {
		store = &existing.Bucket{OSS: client, Bucket: u.JobBucket, Prefix: u.JobPrefix}
	}
	unlock, err := store.Lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	job, err := existing.Open(ctx, existing.Config{Rules: set, Copier: engine, Store: store,
		Lister: existing.Lister(client, engine, set), Keep: []existing.Verdict{existing.Missing, existing.Older}})
	if err != nil {
		return err
	}
	if err := job.Compare(ctx); err != nil {
		return err
	}
	c := job.Counts()
	if c.Of(existing.Same).Copies != 1 || c.Of(existing.Missing).Copies != 1 || c.Objects != 2 {
		return fmt.Errorf("counts %+v", c)
	}
	if u.Function == "" {
		if !u.Backfill {
			return nil
		}
		handler := relay.New(relay.Config{Rules: relay.Fixed(set), Copier: engine, Log: slog.New(slog.DiscardHandler)})
		return job.ByEngine(ctx, handler, relay.Invocation{RequestID: "1", Credentials: role}, 1, nil)
	}
	api := &fcapi.Client{Endpoint: "http://1.cn-hangzhou.fc.aliyuncs.com", Credentials: role,
		HTTP: &http.Client{Transport: fc}}
	if err := job.ByFunction(ctx, existing.Function{Client: api, Name: u.Function}); err != nil {
		return err
	}
	_, _, err = api.Tasks(ctx, u.Function, "", existing.TaskPrefix(job.ID()), "")
	return err
}

func TestThePolicyOfAPersonIsEnoughForDiffAndBackfillAndNothingInItIsUnneeded(t *testing.T) {
	reading := [][2]string{
		{"oss:ListObjects", ":src"}, {"oss:ListObjects", ":idle"}, {"oss:ListObjects", ":dst"},
		{"oss:GetObject", inSrc}, {"oss:GetObjectTagging", inSrc},
		{"oss:GetObject", inDst}, {"oss:GetObjectTagging", inDst}, {"oss:GetObjectAcl", inDst},
	}
	job := [][2]string{
		{"oss:ListObjects", ":jobs"}, {"oss:GetObject", ":jobs/a/*"}, {"oss:PutObject", ":jobs/a/*"},
		{"oss:PutObjectAcl", ":jobs/a/*"}, {"oss:DeleteObject", ":jobs/a/*"},
	}
	for name, c := range map[string]struct {
		user   deploy.UserOptions
		needed [][2]string
		rest   []string // what PolicyOf is proved to need
	}{
		"diff": {deploy.UserOptions{}, reading, nil},
		"backfill by the function": {
			deploy.UserOptions{Backfill: true, Function: "f", JobBucket: "jobs", JobPrefix: "a/"},
			slices.Concat(reading, job, [][2]string{
				{"fc:InvokeFunction", ":functions/f"}, {"fc:ListAsyncTasks", ":functions/f"}}), nil},
		"backfill": {deploy.UserOptions{Backfill: true, JobBucket: "jobs", JobPrefix: "a/"},
			slices.Concat(reading, job, [][2]string{{"oss:PutObject", inDst}, {"oss:PutObjectAcl", inDst}}),
			[]string{"oss:PutObjectTagging"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := userSetup()
			policy, _, err := deploy.UserPolicy(s.load(t), c.user, deploy.PolicyOptions{})
			if err != nil {
				t.Fatal(err)
			}
			try := func(p deploy.Policy) (err error) {
				s.intercept = hidesMissing(t, p)
				inWorld(t, s, p, func(w *world) { err = w.backfill(&s, c.user, p) })
				return err
			}
			if err := try(policy); err != nil {
				t.Fatalf("with the whole policy: %v\n%s", err, policy.JSON())
			}
			for _, needed := range c.needed {
				if try(without(t, policy, needed[0], needed[1])) == nil {
					t.Errorf("without %s on %s everything still works", needed[0], needed[1])
				}
			}
			if n := grantsOf(policy); n != len(c.needed)+len(c.rest) {
				t.Errorf("the policy has %d rights, and %d of them were shown to be needed:\n%s", n, len(c.needed),
					policy.JSON())
			}
		})
	}
}

// hidesMissing answers AccessDenied about a key that does not exist, unless the policy allows listing its bucket: OSS
// may do so.
func hidesMissing(t *testing.T, p deploy.Policy) localoss.Intercept {
	parsed, err := ram.Parse([]byte(p.JSON()))
	if err != nil {
		t.Fatal(err)
	}
	return func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		r := next()
		if r.Code == "NoSuchKey" && !parsed.Allows("oss:ListObjects", "acs:oss:oss-cn-hangzhou:1:"+call.Bucket) {
			denied := &localoss.Error{Code: "AccessDenied", Status: http.StatusForbidden, Message: "denied"}
			return call.Refuse(denied)
		}
		return r
	}
}

// grantsOf counts the pairs of an action and a resource.
func grantsOf(p deploy.Policy) (n int) {
	for _, s := range p.Statement {
		n += len(s.Action) * len(s.Resource)
	}
	return n
}
