package deploy_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/deploy"
)

// follow runs an upload, its removal, and the handling of both under a policy.
func follow(t *testing.T, s setup, versioned bool, policy deploy.Policy, want ...copier.Result) (err error) {
	t.Helper()
	inWorld(t, s, policy, func(w *world) {
		if versioned {
			w.enableVersioning("src", "dst")
		}
		w.put("in/a", withTag)
		all, report := w.handle()
		if !slices.Contains(want, copier.Kept) && len(want) > 1 { // a move
			if !slices.Equal(all, want) {
				err = fmt.Errorf("results %v; refused %q; %s", all, w.refused, report)
			}
			return
		}
		if _, err := w.admin.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr("src"),
			Key: oss.Ptr("in/a")}); err != nil {
			t.Fatal(err)
		}
		removed, report := w.handle()
		if !slices.Equal(removed, want) {
			err = fmt.Errorf("results %v, then %v; refused %q; %s", all, removed, w.refused, report)
		}
	})
	return err
}

func (w *world) enableVersioning(buckets ...string) {
	w.t.Helper()
	for _, bucket := range buckets {
		_, err := w.admin.PutBucketVersioning(w.t.Context(), &oss.PutBucketVersioningRequest{Bucket: &bucket,
			VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

func TestThePolicyIsEnoughToDeleteAndToMoveAndEveryActionForThatIsNeeded(t *testing.T) {
	const head = "version: 1\nsources: [src]\nrules:\n  - name: r\n    match: {prefix: in/}\n"
	deletes := setup{rules: head + "    delete: [{bucket: dst, without-versioning: true}]\n" +
		"  - name: copies\n    match: {prefix: in/}\n    copy: [{bucket: dst}]\n"}
	moves := setup{rules: head + "    copy: [{bucket: dst, delete-source: true}]\n"}
	movesUnversioned := setup{rules: head +
		"    copy: [{bucket: dst, delete-source: true, without-versioning: true}]\n"}
	moved := []copier.Result{copier.Copied, copier.Deleted}
	for _, c := range []struct {
		name       string
		setup      setup
		versioned  bool
		want       []copier.Result
		action, on string
	}{
		{"a removed source is looked at", deletes, false, []copier.Result{copier.Deleted}, "oss:GetObject", inSrc},
		{"its copy is read", deletes, false, []copier.Result{copier.Deleted}, "oss:GetObject", ":dst/in/*"},
		{"its copy is deleted", deletes, false, []copier.Result{copier.Deleted}, "oss:DeleteObject", ":dst/in/*"},
		{"a moved version is deleted", moves, true, moved, "oss:DeleteObjectVersion", inSrc},
		{"its older versions are listed", moves, true, moved, "oss:ListObjectVersions", ":src"},
		{"a moved object is deleted", movesUnversioned, false, moved, "oss:DeleteObject", inSrc},
		{"the copies of a moved object are read", movesUnversioned, false, moved, "oss:GetObject", ":dst/in/*"},
		{"the tags of a moved object's copies are read", movesUnversioned, false, moved,
			"oss:GetObjectTagging", ":dst/in/*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			policy := c.setup.policy(t, deploy.PolicyOptions{})
			if err := follow(t, c.setup, c.versioned, policy, c.want...); err != nil {
				t.Fatalf("with the whole policy: %v\n%s", err, policy.JSON())
			}
			if err := follow(t, c.setup, c.versioned, without(t, policy, c.action, c.on), c.want...); err == nil {
				t.Errorf("without %s on %s everything still works", c.action, c.on)
			}
		})
	}
}

func TestARuleThatOnlyDeletesMayNotWrite(t *testing.T) {
	s := setup{rules: `version: 1
sources: [src]
rules:
  - name: copies
    match: {prefix: in/}
    copy: [{bucket: dst, key: "a/${key}"}]
  - name: deletes
    match: {prefix: in/}
    delete: [{bucket: dst, key: "b/${key}"}]
`}
	for _, st := range s.policy(t, deploy.PolicyOptions{}).Statement {
		for _, r := range st.Resource {
			if r != "acs:oss:*:*:dst/b/in/*" {
				continue
			}
			slices.Sort(st.Action)
			if want := []string{"oss:DeleteObject", "oss:GetObject"}; !slices.Equal(st.Action, want) {
				t.Errorf("%s may be used for %q, want %q", r, st.Action, want)
			}
			return
		}
	}
	t.Error("the policy has nothing on what is deleted")
}

func TestTriggersBringRemovalsNatively(t *testing.T) {
	s := setup{rules: `version: 1
sources: [src]
rules:
  - name: mirror
    match: {prefix: in/}
    copy: [{bucket: dst}]
    delete: [{bucket: dst}]
`}
	triggers, notes := deploy.Triggers(s.load(t))
	if len(triggers) != 1 || triggers[0].Type != deploy.Native || len(notes) > 0 ||
		!slices.Contains(triggers[0].Events, "ObjectRemoved:DeleteObject") ||
		!slices.Contains(triggers[0].Events, "ObjectRemoved:DeleteObjects") {
		t.Errorf("%+v, notes %q", triggers, notes)
	}
}
