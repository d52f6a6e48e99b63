package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/deploy"
	"afterput/internal/localoss"
)

// scenario is a use of the function that needs one action on one resource.
type scenario struct {
	name   string
	action string
	on     string // part of the resource
	match  string // default: {prefix: in/}
	copy   string // the copy's fields besides its bucket dst and key out/${key}
	whole  string // the whole list of copies, instead of copy
	large  bool   // everything is copied in parts
	kms    []string
	faults localoss.Intercept
	// refused is an operation whose first request is refused.
	refused string
	put     func(*oss.PutObjectRequest)
	// after is what must hold once the event is handled; default: every copy was made.
	after func(w *world, all []copier.Result) error
	// change makes the world another one; nil leaves it.
	change func(*setup)
	// versioned turns on versioning of src and dst.
	versioned bool
}

const (
	inSrc   = ":src/in/*"
	inDst   = ":dst/out/in/*"
	inState = ":dst/.afterput/*"
)

func (s *scenario) setup() setup {
	match, copies := s.match, s.whole
	if match == "" {
		match = "{prefix: in/}"
	}
	if copies == "" {
		copies = "[{bucket: dst, key: 'out/${key}'" + s.copy + "}]"
	}
	u := setup{intercept: s.faults, rules: oneRule(match, copies)}
	if s.large {
		u.options.SingleCopyLimit = 1
	}
	if s.refused != "" {
		u.intercept = refuseOnce(s.refused)
	}
	if s.change != nil {
		s.change(&u)
	}
	return u
}

// oneRule returns a rules file with one rule on the source bucket src.
func oneRule(match, copies string) string {
	const format = "version: 1\nsources: [src]\nrules:\n  - name: r\n    match: %s\n    copy: %s\n"
	return fmt.Sprintf(format, match, copies)
}

// run handles one upload under a policy, and returns what went wrong.
func (s *scenario) run(t *testing.T, policy deploy.Policy) (err error) {
	t.Helper()
	inWorld(t, s.setup(), policy, func(w *world) {
		if s.versioned {
			for _, bucket := range []string{"src", "dst"} {
				_, err := w.admin.PutBucketVersioning(t.Context(), &oss.PutBucketVersioningRequest{Bucket: &bucket,
					VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}})
				if err != nil {
					w.t.Fatal(err)
				}
			}
		}
		change := s.put
		if change == nil {
			change = func(*oss.PutObjectRequest) {}
		}
		w.put("in/a", change)
		all, report := w.handle()
		after := s.after
		if after == nil {
			after = func(_ *world, all []copier.Result) error { return onlyCopied(all) }
		}
		if err = after(w, all); err != nil {
			err = fmt.Errorf("%w; refused %q; report %s", err, w.refused, report)
		}
	})
	return err
}

func withTag(r *oss.PutObjectRequest) { r.Tagging = oss.Ptr("a=1") }

// loseResponse closes the connection after an operation took effect.
func loseResponse(name string) localoss.Intercept {
	return func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		r := next()
		if call.Name == name {
			return nil
		}
		return r
	}
}

func corrupt(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	if call.Name == "UploadPartCopy" {
		call.Corrupt(0)
	}
	return next()
}

// refuseOnce refuses the first request of an operation with an error that is not retried.
func refuseOnce(name string) localoss.Intercept {
	refused := false
	return func(_ context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
		if call.Name == name && !refused {
			refused = true
			return call.Refuse(&localoss.Error{Code: "KmsServiceNotEnabled", Status: 403, Message: "no KMS"})
		}
		return next()
	}
}

// copiedByRetry checks that a second attempt makes the copy that the first could not finish.
func copiedByRetry(w *world, _ []copier.Result) error {
	all, report := w.handle()
	if err := onlyCopied(all); err != nil {
		return fmt.Errorf("%w; %s", err, report)
	}
	return nil
}

// restoring checks that the source is being restored.
func restoring(_ *world, all []copier.Result) error {
	if len(all) != 1 || all[0] != copier.Restoring {
		return fmt.Errorf("outcomes %v", all)
	}
	return nil
}

// noLeftovers checks that no upload and no state object is left.
func noLeftovers(w *world, _ []copier.Result) error {
	if open := w.Uploads("dst"); len(open) > 0 {
		return fmt.Errorf("leftover uploads: %+v", open)
	}
	for _, o := range w.Objects("dst") {
		if strings.HasPrefix(o.Key, ".afterput/") {
			return errors.New("leftover state object: " + o.Key)
		}
	}
	return nil
}

// noVersionsLeft checks that no version and no delete marker of a state object is left.
func noVersionsLeft(w *world, all []copier.Result) error {
	versions, err := w.admin.ListObjectVersions(w.t.Context(),
		&oss.ListObjectVersionsRequest{Bucket: oss.Ptr("dst"), Prefix: oss.Ptr(".afterput/")})
	if err != nil {
		w.t.Fatal(err)
	}
	if n := len(versions.ObjectVersions) + len(versions.ObjectDeleteMarkers); n > 0 {
		return fmt.Errorf("%d versions and delete markers of state objects are left", n)
	}
	return onlyCopied(all)
}

var scenarios = []scenario{
	{name: "a copy reads its source", action: "oss:GetObject", on: inSrc},
	{name: "a copy writes its destination", action: "oss:PutObject", on: inDst},
	{name: "a condition reads the class", action: "oss:GetObject", on: inSrc,
		match: "{prefix: in/, storage-class: Standard}"},
	{name: "a condition reads tags", action: "oss:GetObjectTagging", on: inSrc,
		match: "{prefix: in/, tagging: {a: '1'}}", copy: ", tagging: {b: x}", put: withTag},
	{name: "a condition of a rule that makes no copy reads tags", action: "oss:GetObjectTagging", on: inSrc,
		match: "{prefix: in/, tagging: {a: '2'}}\n    stop: true\n    copy: []\n  - name: rest\n    match: {}",
		copy:  ", tagging: {b: x}", put: withTag},
	{name: "a template reads tags", action: "oss:GetObjectTagging", on: inSrc, copy: ", tagging: {b: '${tag.a}'}",
		put: withTag},
	{name: "tags are merged", action: "oss:GetObjectTagging", on: inSrc,
		copy: ", tagging-directive: MERGE, tagging: {b: x}", put: withTag},
	{name: "tags are carried over, reading", action: "oss:GetObjectTagging", on: inSrc, put: withTag},
	{name: "tags are carried over, writing", action: "oss:PutObjectTagging", on: inDst, put: withTag},
	{name: "tags are replaced", action: "oss:PutObjectTagging", on: inDst, copy: ", tagging: {b: x}"},
	{name: "tags are dropped", action: "oss:DeleteObjectTagging", on: inDst, copy: ", tagging: {}", put: withTag},
	{name: "the last tag is removed", action: "oss:DeleteObjectTagging", on: inDst,
		copy: ", tagging-directive: MERGE, tagging: {a: null}", put: withTag},
	{name: "an ACL is set", action: "oss:PutObjectAcl", on: inDst, copy: ", object-acl: private"},
	{name: "the source's ACL is read", action: "oss:GetObjectAcl", on: inSrc, copy: ", object-acl: source"},
	{name: "the ACL of the source's bucket is read", action: "oss:GetBucketAcl", on: ":src",
		copy: ", object-acl: source"},
	{name: "the destination's ACL is compared with the source's", action: "oss:GetObjectAcl", on: inDst,
		copy: ", object-acl: source", faults: loseResponse("CopyObject")},
	{name: "the destination's ACL is compared with the rule's", action: "oss:GetObjectAcl", on: inDst,
		copy: ", object-acl: private", faults: loseResponse("CopyObject")},
	{name: "a KMS key encrypts", action: "kms:GenerateDataKey", on: "key/9468da86",
		copy: ", server-side-encryption: KMS, server-side-encryption-key-id: 9468da86-3509-4f8d-a61e-6eab1eac0000"},
	{name: "the default KMS key encrypts", action: "kms:Decrypt", on: ":kms:", copy: ", server-side-encryption: KMS"},
	{name: "a lost response is resolved by reading the destination", action: "oss:GetObject", on: inDst,
		faults: loseResponse("CopyObject")},
	{name: "a lost response is resolved by comparing tags", action: "oss:GetObjectTagging", on: inDst,
		copy: ", tagging: {b: x}", faults: loseResponse("CopyObject")},
	{name: "parts are copied", action: "oss:PutObject", on: inDst, large: true},
	{name: "parts are listed", action: "oss:ListParts", on: inDst, large: true},
	{name: "a damaged upload is aborted", action: "oss:AbortMultipartUpload", on: inDst, large: true, faults: corrupt,
		after: noLeftovers},
	{name: "the state object of an interrupted copy is read", action: "oss:GetObject", on: inState, large: true,
		refused: "CompleteMultipartUpload", after: copiedByRetry},
	{name: "a large copy writes a state object", action: "oss:PutObject", on: inState, large: true},
	{name: "a large copy deletes its state object", action: "oss:DeleteObject", on: inState, large: true,
		after: noLeftovers},
	{name: "state objects are found by listing", action: "oss:ListObjects", on: ":dst",
		large: true},
	{name: "a state object is private", action: "oss:PutObjectAcl", on: inState, large: true},
	{name: "a large copy deletes all versions of its state object", action: "oss:DeleteObjectVersion", on: inState,
		large: true, versioned: true, after: noVersionsLeft},

	{name: "tags are set in place", action: "oss:PutObjectTagging", on: inSrc, whole: "[{tagging: {b: x}}]"},
	{name: "tags are dropped in place", action: "oss:DeleteObjectTagging", on: inSrc, whole: "[{tagging: {}}]",
		put: withTag},
	{name: "tags are read in place", action: "oss:GetObjectTagging", on: inSrc, whole: "[{tagging: {b: x}}]"},
	{name: "an ACL is set in place", action: "oss:PutObjectAcl", on: inSrc, whole: "[{object-acl: public-read}]"},
	{name: "an ACL is read in place", action: "oss:GetObjectAcl", on: inSrc, whole: "[{object-acl: public-read}]"},
	{name: "tags of a version are set", action: "oss:PutObjectVersionTagging", on: inSrc, whole: "[{tagging: {b: x}}]",
		versioned: true},
	{name: "tags of a version are dropped", action: "oss:DeleteObjectVersionTagging", on: inSrc,
		whole: "[{tagging: {}}]", put: withTag, versioned: true},
	{name: "an ACL of a version is set", action: "oss:PutObjectVersionAcl", on: inSrc,
		whole: "[{object-acl: public-read}]", versioned: true},
	{name: "an object is rewritten in place", action: "oss:PutObject", on: inSrc,
		whole: "[{storage-class: IA, rewrite-in-place: true}]"},
	{name: "an archived source is restored", action: "oss:RestoreObject", on: inSrc, copy: ", restore: {}",
		put:   func(r *oss.PutObjectRequest) { r.StorageClass = "ColdArchive" },
		after: restoring},
	{name: "an object rewritten in place keeps its ACL", action: "oss:PutObjectAcl", on: inSrc,
		whole: "[{storage-class: IA, rewrite-in-place: true}]"},
	{name: "an object rewritten in place keeps its tags", action: "oss:PutObjectTagging", on: inSrc,
		whole: "[{storage-class: IA, rewrite-in-place: true}]", put: withTag},
}

func TestThePolicyIsEnoughAndEveryActionInItIsNeeded(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			u := s.setup()
			policy := u.policy(t, deploy.PolicyOptions{SourceKMSKeys: s.kms})
			if err := s.run(t, policy); err != nil {
				t.Fatalf("with the whole policy: %v\n%s", err, policy.JSON())
			}
			err := s.run(t, without(t, policy, s.action, s.on))
			if err == nil {
				t.Fatalf("without %s on %s everything still works", s.action, s.on)
			}
			named := "needs " + s.action + ": give it the policy that afterput policy RULES prints"
			if s.after == nil && !strings.Contains(err.Error(), named) {
				t.Errorf("the missing action is not named: %v", err)
			}
		})
	}
}

func TestEveryActionHasAScenarioOrANote(t *testing.T) {
	tested := map[string]bool{}
	for _, s := range scenarios {
		tested[s.action] = true
	}
	for _, s := range scenarios {
		u := s.setup()
		policy, notes, err := deploy.PolicyOf(u.load(t), deploy.PolicyOptions{
			SingleCopyLimit: u.options.SingleCopyLimit,
			RulesBucket:     "cfg", RulesKey: "rules.yaml",
			OnFailure: "acs:mns:*:*:/queues/q/messages", LogProject: "p", SourceKMSKeys: []string{"k"},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range policy.Statement {
			for _, action := range st.Action {
				about := func(note string) bool { return strings.HasPrefix(note, action+": ") }
				if !tested[action] && !slices.ContainsFunc(notes, about) {
					t.Errorf("%s: %s has neither a scenario nor a note", s.name, action)
				}
			}
		}
	}
}

func TestARulesFileThatUsesEveryFieldNeedsNoMoreThanItsPolicy(t *testing.T) {
	text, err := os.ReadFile("../../testdata/rules/every-field.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string]copier.Options{"one request": {}, "in parts": {SingleCopyLimit: 1}} {
		t.Run(name, func(t *testing.T) {
			s := setup{
				rules:   strings.ReplaceAll(string(text), "every-source", "src"),
				options: options,
				buckets: []string{"every-merged", "every-plain", "every-twin", "every-rest"},
			}
			inWorld(t, s, s.policy(t, deploy.PolicyOptions{}), func(w *world) {
				for key, want := range map[string]int{"in/2026/alps.jpg": 3, "in/2026/alps.tmp.jpg": 1} {
					w.put(key, func(r *oss.PutObjectRequest) {
						r.ContentType, r.CacheControl = oss.Ptr("image/jpeg"), oss.Ptr("no-store")
						r.Metadata = map[string]string{"kind": "photo"}
						r.Tagging = oss.Ptr("review=approved&project=a%20b%2Bc")
						r.Acl, r.StorageClass = oss.ObjectACLPublicRead, oss.StorageClassIA
					})
					all, report := w.handle()
					if err := onlyCopied(all); err != nil || len(all) != want || len(w.refused) > 0 {
						t.Errorf("%s: %v, want %d copies; refused %q\n%s", key, err, want, w.refused, report)
					}
				}
			})
		})
	}
}

func TestCopiesMadeByOneRequestNeedNoActionsForParts(t *testing.T) {
	const limit = 128 << 20
	s := setup{rules: oneRule(fmt.Sprintf("{size: {below: %d}}", limit+1), "[{bucket: dst}]")}
	policy := s.policy(t, deploy.PolicyOptions{})
	if strings.Contains(policy.JSON(), "ListParts") {
		t.Fatalf("the policy allows parts:\n%s", policy.JSON())
	}
	inWorld(t, s, policy, func(w *world) {
		if err := w.PutSparse("src", "in/a", limit); err != nil {
			t.Fatal(err)
		}
		all, report := w.handle()
		if err := onlyCopied(all); err != nil || len(w.refused) > 0 {
			t.Errorf("%v; refused %q\n%s", err, w.refused, report)
		}
	})
}

func TestThePolicyAllowsReadingTheRulesAndNothingElseBesideThem(t *testing.T) {
	s := setup{rules: (&scenario{}).setup().rules, buckets: []string{"cfg"}}
	inWorld(t, s, s.policy(t, deploy.PolicyOptions{RulesBucket: "cfg", RulesKey: "a/rules.yaml"}), func(w *world) {
		for key, allowed := range map[string]bool{"a/rules.yaml": true, "a/rules.yaml2": false} {
			bucket := oss.Ptr("cfg")
			put := &oss.PutObjectRequest{Bucket: bucket, Key: &key, Body: strings.NewReader("x")}
			if _, err := w.admin.PutObject(t.Context(), put); err != nil {
				t.Fatal(err)
			}
			_, err := w.role.GetObject(t.Context(), &oss.GetObjectRequest{Bucket: bucket, Key: &key})
			if (err == nil) != allowed {
				t.Errorf("%s: %v", key, err)
			}
		}
	})
}
