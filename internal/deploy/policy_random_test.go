package deploy_test

import (
	"bytes"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/deploy"
	"afterput/internal/localoss/ram"
	"afterput/internal/randomrules"
	"afterput/rules"
)

func TestThePolicyOfRandomRulesIsEnoughAndEachResourceInItIsNeeded(t *testing.T) {
	uploads, copies, complete := 0, 0, 0
	randomrules.Seeds(t, 60, func(t *testing.T, seed uint64) {
		r := randomrules.New(seed)
		set, text := loadRandom(r)
		s := setup{
			rules: text, sources: randomrules.Sources, buckets: slices.Concat(randomrules.Sources,
				randomrules.Destinations, []string{"one-far", "two-far"}),
		}
		inParts := seed%2 == 0
		if inParts {
			s.options = copier.Options{SingleCopyLimit: 1}
		}
		policy, notes, err := deploy.PolicyOf(set, deploy.PolicyOptions{SingleCopyLimit: s.options.SingleCopyLimit})
		if errors.Is(err, deploy.ErrNothingToCopy) {
			return
		}
		inWorld(t, s, policy, func(w *world) {
			missing := set.Accesses()
			// Objects that are copied by one request do not need all of the policy, nor copies that may be in place.
			judged := inParts && !slices.ContainsFunc(missing, func(a rules.Access) bool { return a.InPlace })
			for _, o := range objectsFor(r, set) {
				uploads++
				made := w.copyTwice(set, o)
				copies += len(made)
				inParts := o.Size.Value > s.options.SingleCopyLimit && o.Event != "ObjectCreated:PutSymlink"
				missing = slices.DeleteFunc(missing, func(a rules.Access) bool {
					return inParts && slices.Contains(made, a.Line) && isOf(o, a)
				})
			}
			if w.t.Failed() {
				w.t.Logf("%s\n%s", text, policy.JSON())
			} else if judged && len(missing) == 0 {
				complete++
				w.wantNeeded(policy, notes, text)
			}
		})
	})
	t.Logf("%d uploads, %d copies; all copies of %d files were made", uploads, copies, complete)
	if copies < uploads/4 || complete == 0 {
		t.Error("the test shows little")
	}
}

// copyTwice uploads an object, has its event handled twice, and returns the lines of the copies that were made. It
// fails the test if the policy refused anything.
func (w *world) copyTwice(set *rules.Set, o randomrules.Object) (lines []int) {
	w.t.Helper()
	plan, err := set.Plan(o.Object, factsOf{o})
	if err != nil {
		w.t.Fatal(err)
	}
	w.upload(o)
	for retries := range 2 {
		all, report := w.attempt(retries)
		// Without the right to read tags, HeadObject does not show their number.
		w.refused = slices.DeleteFunc(w.refused, func(s string) bool {
			return strings.HasPrefix(s, "oss:GetObjectTagging ")
		})
		if len(w.refused) > 0 || strings.Contains(report, "AccessDenied") {
			w.t.Errorf("oss://%s/%s: refused %q\n%s", o.Bucket, o.Key, w.refused, report)
		}
		for i, result := range all {
			if result == copier.Copied && len(all) == len(plan.Copies) {
				lines = append(lines, plan.Copies[i].Line)
			}
		}
	}
	return lines
}

// isOf reports whether an object is a source of an access.
func isOf(o randomrules.Object, a rules.Access) bool {
	return o.Bucket == a.Source.Bucket && strings.HasPrefix(o.Key, a.Source.Prefix)
}

// loadRandom makes rules until they load.
func loadRandom(r *randomrules.Random) (set *rules.Set, text string) {
	text = r.RulesThatLoad(randomrules.Everything, func(text string) (err error) {
		set, err = rules.Load("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
		return err
	})
	return set, text
}

// objectsFor makes objects, as far as possible one for each access.
func objectsFor(r *randomrules.Random, set *rules.Set) (all []randomrules.Object) {
	for range 3 {
		all = append(all, r.Object())
	}
	for _, a := range set.Accesses() {
		for range 30 {
			o := r.Object()
			o.Bucket, o.Key = a.Source.Bucket, a.Source.Prefix+o.Key
			o.Tags["z"] = "z" // without tags, a copy of them asks for nothing
			plan, err := set.Plan(o.Object, factsOf{o})
			made := func(c rules.Copy) bool { return c.Line == a.Line && c.Err == nil }
			if err == nil && slices.ContainsFunc(plan.Copies, made) {
				all = append(all, o)
				break
			}
		}
	}
	return all
}

// upload puts an object, whose event then says what the object's own event does.
func (w *world) upload(o randomrules.Object) {
	w.t.Helper()
	tags := url.Values{}
	for k, v := range o.Tags {
		tags.Set(k, v)
	}
	_, err := w.admin.PutObject(w.t.Context(), &oss.PutObjectRequest{
		Bucket: &o.Bucket, Key: &o.Key, Body: strings.NewReader(strings.Repeat("x", int(o.Size.Value))),
		ContentType: &o.ContentType.Value, StorageClass: oss.StorageClassType(o.StorageClass), Metadata: o.UserMeta,
		Tagging: oss.Ptr(tags.Encode()),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"ObjectCreated:PutObject", o.Event}, {"200011112222333344", o.Principal}, {"127.0.0.1", o.SourceIP},
	} {
		w.event = bytes.ReplaceAll(w.event, []byte(change[0]), []byte(change[1]))
	}
}

// ofSomeObjects are actions that only some objects need: archived ones, those without an ACL of their own, and those
// that lose their tags.
var ofSomeObjects = []string{"oss:RestoreObject", "oss:GetBucketAcl", "oss:DeleteObjectTagging"}

// wantNeeded fails if the role asked for nothing that it could not do without a resource of the policy. Resources for
// which each action has a note, because only some services, buckets or failures need it, are left out, as are those of
// actions that only some objects need, and those that only a copy by one request needs.
func (w *world) wantNeeded(policy deploy.Policy, notes []string, text string) {
	w.t.Helper()
	noted := func(action string) bool {
		return slices.Contains(ofSomeObjects, action) ||
			slices.ContainsFunc(notes, func(n string) bool { return strings.HasPrefix(n, action+": ") })
	}
	for i, s := range policy.Statement {
		for n, resource := range s.Resource {
			onlyNoted := !slices.ContainsFunc(s.Action, func(a string) bool { return !noted(a) })
			inSource := slices.ContainsFunc(randomrules.Sources, func(bucket string) bool {
				// Within a bucket only copies that change class or encryption are made in parts.
				return strings.HasSuffix(resource, ":"+bucket+"/.afterput/*")
			})
			if !onlyNoted && !inSource && !w.needs(withoutResource(policy, i, n)) {
				w.t.Errorf("nothing needs %q on %s\n%s\n%s", s.Action, resource, text, policy.JSON())
			}
		}
	}
}

// withoutResource returns a policy without one resource of one statement.
func withoutResource(policy deploy.Policy, statement, resource int) deploy.Policy {
	less := deploy.Policy{Version: policy.Version, Statement: slices.Clone(policy.Statement)}
	s := &less.Statement[statement]
	s.Resource = slices.Delete(slices.Clone(s.Resource), resource, resource+1)
	if len(s.Resource) == 0 {
		less.Statement = slices.Delete(less.Statement, statement, statement+1)
	}
	return less
}

// needs reports whether the role asked for something that a policy does not allow.
func (w *world) needs(less deploy.Policy) bool {
	w.t.Helper()
	allowed := &ram.Policy{}
	if len(less.Statement) > 0 {
		var err error
		if allowed, err = ram.Parse([]byte(less.JSON())); err != nil {
			w.t.Fatal(err)
		}
	}
	for asked := range w.asked {
		if !allowed.Allows(asked.action, asked.resource) {
			return true
		}
	}
	return false
}

// factsOf are the facts of a random object.
type factsOf struct{ randomrules.Object }

func (f factsOf) Head() (rules.Head, error) {
	return rules.Head{
		Size: f.Size.Value, ETag: f.ETag.Value, StorageClass: f.StorageClass, Meta: pairsOf(f.UserMeta),
		Headers: rules.ContentHeaders{ContentType: f.ContentType.Value},
	}, nil
}

func (f factsOf) Tags() ([]rules.Pair, error) { return pairsOf(f.Object.Tags), nil }

func (f factsOf) ACL() (string, error) { return "default", nil }

func (f factsOf) BucketACL() (string, error) { return "private", nil }

func pairsOf(m map[string]string) (pairs []rules.Pair) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		pairs = append(pairs, rules.Pair{Key: k, Value: m[k]})
	}
	return pairs
}
