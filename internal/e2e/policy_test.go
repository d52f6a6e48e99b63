package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/copier"
	"afterput/internal/localoss"
)

func TestGeneratedTriggersAndPolicyAreExactlyWhatTheRulesNeed(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "rules", "deployed.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	d := startDeployment(t, string(text), withIntercept(corruptOnePart()))
	tagged := func(tags string) func(*oss.PutObjectRequest) {
		return func(r *oss.PutObjectRequest) {
			r.Tagging, r.Acl, r.Metadata = &tags, oss.ObjectACLPublicRead, map[string]string{"by": "hand"}
		}
	}
	// Objects that pass a trigger …
	d.upload("camera", "in/a.jpg", tagged("a=1"))
	d.upload("camera", "urgent/b.png", nil)
	d.upload("papers", "hr/contract.pdf", tagged("review=approved"))
	d.upload("papers", "drafts/d.txt", nil)
	err = d.OSS.PutSparse("camera", "films/long.mov", 2<<30, localoss.WithSeed(1),
		localoss.WithHeader("x-oss-tagging", "a=1"))
	if err != nil {
		t.Fatal(err)
	}
	// … that pass a trigger, but match no rule, by a condition that triggers cannot filter by …
	d.upload("camera", "in/.tmp/c.jpg", nil)
	d.upload("camera", "films/short.mov", nil)
	d.upload("papers", "hr/new.pdf", tagged("review=open"))
	// … and that pass no trigger.
	d.upload("camera", "in/notes.txt", nil)
	d.upload("camera", "elsewhere/a.jpg", nil)
	d.upload("papers", "other.pdf", tagged("review=approved"))
	_, err = d.client.CopyObject(t.Context(), &oss.CopyObjectRequest{
		Bucket: oss.Ptr("papers"), Key: oss.Ptr("hr/copied.pdf"), SourceKey: oss.Ptr("hr/contract.pdf"),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.waitForEvents()

	invoked := map[string]int{}
	for _, r := range d.reports() {
		if r.RetryCount == 0 {
			invoked["oss://"+r.Objects[0].Bucket+"/"+r.Objects[0].Key]++
		}
		if r.Rules == "" {
			t.Errorf("the report does not name the rules file: %+v", r)
		}
	}
	for _, want := range []string{
		"camera/in/a.jpg", "camera/urgent/b.png", "papers/hr/contract.pdf", "papers/drafts/d.txt",
		"camera/films/long.mov", "camera/in/.tmp/c.jpg", "camera/films/short.mov", "papers/hr/new.pdf",
	} {
		if n := invoked["oss://"+want]; n != 1 {
			t.Errorf("%s: the function was invoked %d times, want 1", want, n)
		}
		delete(invoked, "oss://"+want)
	}
	if len(invoked) > 0 {
		t.Errorf("the function was also invoked for %v", invoked)
	}
	d.wantCopies()
	d.wantPolicyExact()
	if failed := d.FC.Failed(); len(failed) > 0 {
		t.Errorf("given up: %v", failed)
	}
	d.wantNothingElseAllowed()
}

// corruptOnePart corrupts the first part that OSS stores, so that its upload fails verification and is aborted.
func corruptOnePart() localoss.Intercept {
	var once sync.Once
	return func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "UploadPartCopy" {
			once.Do(func() { call.Corrupt(0) })
		}
		return next()
	}
}

// wantCopies compares the destinations with what deployed.yaml asks for.
func (d *deployment) wantCopies() {
	d.t.Helper()
	type want struct{ tags, acl, class, encryption, cache string }
	all := map[[2]string]want{
		{"photos", "in/a.jpg"}:      {tags: "a=1", acl: "private", class: "Standard", encryption: "AES256"},
		{"photos", "thumbs/a.jpg"}:  {acl: "public-read", class: "IA"},
		{"photos", "urgent/b.png"}:  {acl: "private", class: "Standard", encryption: "AES256"},
		{"photos", "thumbs/b.png"}:  {acl: "private", class: "IA"}, // as its source's bucket
		{"films", "films/long.mov"}: {tags: "a=1&by=keep-films", acl: "private", class: "Archive"},
		{"vault", "hr/contract.pdf"}: {
			tags: "review=approved", acl: "private", class: "Standard", encryption: "KMS", cache: "no-store",
		},
		{"papers", "drafts/d.txt"}: {tags: "state=draft", acl: "private", class: "Standard"},
	}
	for place, expected := range all {
		o, ok := d.OSS.Object(place[0], place[1])
		if !ok {
			d.t.Errorf("oss://%s/%s does not exist", place[0], place[1])
			continue
		}
		var tags []string
		for _, tag := range o.Tags {
			tags = append(tags, tag.Key+"="+tag.Value)
		}
		a := attributesOf(o)
		if got := (want{strings.Join(tags, "&"), a.ACL, a.Class, a.SSE, a.CacheControl}); got != expected {
			d.t.Errorf("oss://%s/%s is %+v, want %+v", place[0], place[1], got, expected)
		}
	}
	for bucket, n := range map[string]int{"photos": 4, "films": 1, "vault": 1} {
		if objects := d.OSS.Objects(bucket); len(objects) != n {
			d.t.Errorf("%s holds %d objects, want %d", bucket, len(objects), n)
		}
		if open := d.OSS.Uploads(bucket); len(open) > 0 {
			d.t.Errorf("leftover uploads in %s: %v", bucket, open)
		}
	}
}

// wantNothingElseAllowed checks that the role is denied what the rules do not need.
func (d *deployment) wantNothingElseAllowed() {
	d.t.Helper()
	role := oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(d.Endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("role", roleSecret, roleToken)))
	ctx := d.t.Context()
	vault, papers, camera := oss.Ptr("vault"), oss.Ptr("papers"), oss.Ptr("camera")
	for what, send := range map[string]func() error{
		"read outside the prefixes of the rules": func() error {
			_, err := role.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: papers, Key: oss.Ptr("other.pdf")})
			return err
		},
		"write outside the destinations": func() error {
			_, err := role.PutObject(ctx, &oss.PutObjectRequest{
				Bucket: vault, Key: oss.Ptr("other"), Body: strings.NewReader("x"),
			})
			return err
		},
		"delete a source": func() error {
			_, err := role.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: camera, Key: oss.Ptr("in/a.jpg")})
			return err
		},
		"change the rules": func() error {
			_, err := role.PutObject(ctx, &oss.PutObjectRequest{
				Bucket: oss.Ptr(settingsBucket), Key: oss.Ptr(rulesKey), Body: strings.NewReader("x"),
			})
			return err
		},
	} {
		if err := send(); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			d.t.Errorf("the role could %s: %v", what, err)
		}
	}
}

func TestGeneratedPolicyAllowsEveryFieldOfTheLanguage(t *testing.T) {
	text := everyField(t)
	d := startDeployment(t, text)
	d.upload("every-source", everyFieldObject, withEveryField)
	d.upload("every-source", "in/2026/alps.tmp.jpg", withEveryField)
	d.waitForEvents()
	d.wantOutcomes(copier.Copied, copier.Copied, copier.Copied, copier.Copied)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deniedActions != nil {
		t.Errorf("the policy denied %q", d.deniedActions)
	}
}
