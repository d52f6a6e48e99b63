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

func TestDeployedWithTheGeneratedTriggersAndExactlyTheGeneratedPolicyEveryCopyIsMade(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "rules", "deployed.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	d := deployed(t, string(text), intercepting(damageOnce()))
	tagged := func(tags string) func(*oss.PutObjectRequest) {
		return func(r *oss.PutObjectRequest) {
			r.Tagging, r.Acl, r.Metadata = &tags, oss.ObjectACLPublicRead, map[string]string{"by": "hand"}
		}
	}
	// What passes a trigger …
	d.upload("camera", "in/a.jpg", tagged("a=1"))
	d.upload("camera", "urgent/b.png", nil)
	d.upload("papers", "hr/contract.pdf", tagged("review=approved"))
	d.upload("papers", "drafts/d.txt", nil)
	if err := d.OSS.PutSparse("camera", "films/long.mov", 2<<30, localoss.WithSeed(1), localoss.WithHeader("x-oss-tagging", "a=1")); err != nil {
		t.Fatal(err)
	}
	// … and is wanted by no rule, for what no trigger can tell …
	d.upload("camera", "in/.tmp/c.jpg", nil)
	d.upload("camera", "films/short.mov", nil)
	d.upload("papers", "hr/new.pdf", tagged("review=open"))
	// … and what passes none.
	d.upload("camera", "in/notes.txt", nil)
	d.upload("camera", "elsewhere/a.jpg", nil)
	d.upload("papers", "other.pdf", tagged("review=approved"))
	_, err = d.client.CopyObject(t.Context(), &oss.CopyObjectRequest{Bucket: oss.Ptr("papers"), Key: oss.Ptr("hr/copied.pdf"), SourceKey: oss.Ptr("hr/contract.pdf")})
	if err != nil {
		t.Fatal(err)
	}
	d.settle()

	invoked := map[string]int{}
	for _, r := range d.reports() {
		if r.RetryCount == 0 {
			invoked["oss://"+r.Objects[0].Bucket+"/"+r.Objects[0].Key]++
		}
		if r.Rules == "" {
			t.Errorf("the report does not name the rules in force: %+v", r)
		}
	}
	for _, want := range []string{"camera/in/a.jpg", "camera/urgent/b.png", "papers/hr/contract.pdf", "papers/drafts/d.txt", "camera/films/long.mov",
		"camera/in/.tmp/c.jpg", "camera/films/short.mov", "papers/hr/new.pdf"} {
		if n := invoked["oss://"+want]; n != 1 {
			t.Errorf("the event of %s came %d times", want, n)
		}
		delete(invoked, "oss://"+want)
	}
	if len(invoked) > 0 {
		t.Errorf("the function was called for %v too", invoked)
	}
	d.wantCopies()
	d.wantExactly()
	if failed := d.FC.Failed(); len(failed) > 0 {
		t.Errorf("given up: %v", failed)
	}
	d.wantNoMore()
}

// damageOnce stores one part of one upload wrongly, so that it is aborted.
func damageOnce() localoss.Intercept {
	var once sync.Once
	return func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == "UploadPartCopy" {
			once.Do(func() { call.Corrupt(0) })
		}
		return next()
	}
}

// wantCopies compares the destinations with what the rules say, by hand.
func (d *deployment) wantCopies() {
	d.t.Helper()
	type want struct{ tags, acl, class, encryption, cache string }
	all := map[[2]string]want{
		{"photos", "in/a.jpg"}:       {tags: "a=1", acl: "private", class: "Standard", encryption: "AES256"},
		{"photos", "thumbs/a.jpg"}:   {acl: "public-read", class: "IA"},
		{"photos", "urgent/b.png"}:   {acl: "private", class: "Standard", encryption: "AES256"},
		{"photos", "thumbs/b.png"}:   {acl: "default", class: "IA"},
		{"films", "films/long.mov"}:  {tags: "a=1&by=keep-films", acl: "private", class: "Archive"},
		{"vault", "hr/contract.pdf"}: {tags: "review=approved", acl: "private", class: "Standard", encryption: "KMS", cache: "no-store"},
		{"papers", "drafts/d.txt"}:   {tags: "state=draft", acl: "private", class: "Standard"},
	}
	for where, want := range all {
		o, ok := d.OSS.Object(where[0], where[1])
		if !ok {
			d.t.Errorf("there is no oss://%s/%s", where[0], where[1])
			continue
		}
		got := seenOf(o)
		var tags []string
		for _, tag := range o.Tags {
			tags = append(tags, tag.Key+"="+tag.Value)
		}
		if strings.Join(tags, "&") != want.tags || got.ACL != want.acl || got.Class != want.class || got.SSE != want.encryption || got.CacheControl != want.cache {
			d.t.Errorf("oss://%s/%s is %+v, want %+v", where[0], where[1], got, want)
		}
	}
	for bucket, n := range map[string]int{"photos": 4, "films": 1, "vault": 1} {
		if objects := d.OSS.Objects(bucket); len(objects) != n {
			d.t.Errorf("%s holds %d objects, want %d", bucket, len(objects), n)
		}
		if open := d.OSS.Uploads(bucket); len(open) > 0 {
			d.t.Errorf("%s has open uploads: %v", bucket, open)
		}
	}
}

// wantNoMore checks that the role may not do what the rules do not ask for.
func (d *deployment) wantNoMore() {
	d.t.Helper()
	role := oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(d.Endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("role", roleSecret, roleToken)))
	ctx := d.t.Context()
	for what, try := range map[string]func() error{
		"read beside the prefixes": func() error {
			_, err := role.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr("papers"), Key: oss.Ptr("other.pdf")})
			return err
		},
		"write beside the destinations": func() error {
			_, err := role.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr("vault"), Key: oss.Ptr("other"), Body: strings.NewReader("x")})
			return err
		},
		"delete a source": func() error {
			_, err := role.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr("camera"), Key: oss.Ptr("in/a.jpg")})
			return err
		},
		"change the rules": func() error {
			_, err := role.PutObject(ctx, &oss.PutObjectRequest{Bucket: oss.Ptr(settings), Key: oss.Ptr(rulesKey), Body: strings.NewReader("x")})
			return err
		},
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			d.t.Errorf("the role may %s: %v", what, err)
		}
	}
}

func TestEveryFieldOfTheLanguageRunsAsDeployedWithItsPolicy(t *testing.T) {
	text := everyField(t)
	d := deployed(t, text)
	d.upload("every-source", everyFieldObject, withEveryField)
	d.upload("every-source", "in/2026/alps.tmp.jpg", withEveryField)
	d.settle()
	d.wantOutcomes(copier.Copied, copier.Copied, copier.Copied)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refused != nil {
		t.Errorf("refused: %q", d.refused)
	}
}
