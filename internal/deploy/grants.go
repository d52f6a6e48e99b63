package deploy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"afterput/internal/copier"
	"afterput/internal/state"
	"afterput/rules"
)

// grants gathers what is allowed.
type grants struct {
	actions   []string // in the order they came up
	resources map[string][]string
	why       map[string]string // what is to be said of an action
	notes     []string
}

func newGrants() *grants {
	return &grants{resources: map[string][]string{}, why: map[string]string{}}
}

func (g *grants) allow(resource string, actions ...string) {
	for _, a := range actions {
		if !slices.Contains(g.actions, a) {
			g.actions = append(g.actions, a)
		}
		if !slices.Contains(g.resources[a], resource) {
			g.resources[a] = append(g.resources[a], resource)
		}
	}
}

func (g *grants) mark(action, why string) { g.why[action] = why }

func (g *grants) note(format string, args ...any) {
	g.notes = append(g.notes, fmt.Sprintf(format, args...))
}

// copy allows what one copy does. Which requests those are: internal/copier;
// which actions they need: OSS API reference, and RAM policies of OSS.
func (g *grants) copy(a rules.Access, o PolicyOptions) {
	src, dst := object(a.Source, ""), object(a.Destination, "")
	limit := copier.DefaultSingleCopyLimit
	if o.SingleCopyLimit > 0 {
		limit = min(o.SingleCopyLimit, copier.MostSingleCopyLimit)
	}
	inParts := a.Writes && (a.Below == 0 || a.Below-1 > limit)

	g.allow(src, "oss:GetObject")
	if a.ReadsTags {
		g.allow(src, "oss:GetObjectTagging")
	}
	if a.ReadsACL {
		g.allow(src, "oss:GetObjectAcl")
	}
	if a.Writes {
		// Looking at the destination tells whether a copy whose answer was lost, or
		// that is made again, is there already.
		g.allow(dst, "oss:PutObject", "oss:GetObject", "oss:GetObjectTagging")
		if a.SetsACL { // which is compared too
			g.allow(dst, "oss:GetObjectAcl")
		}
		g.touch(a, dst)
		g.missing(a.Destination.Bucket)
	}
	if inParts {
		g.allow(dst, "oss:ListParts", "oss:AbortMultipartUpload")
		g.state(a, o)
	}
	if a.InPlace {
		g.inPlace(a, src)
	}
	g.missing(a.Source.Bucket)
	if a.KMSKey != "" && a.Writes {
		g.kms(a.KMSKey, "kms:GenerateDataKey", "kms:Decrypt")
	}
	if strings.HasSuffix(a.Destination.Bucket, "*") {
		g.note("rule %s, line %d: the bucket hangs on the object, so that every bucket named %s is allowed", a.Rule, a.Line, a.Destination.Bucket)
	}
	if len(o.SourceKMSKeys) == 0 {
		g.note("sources that are encrypted with a KMS key: name it with --source-kms-key, for kms:Decrypt")
	}
}

// touch allows what sets tags and ACL.
func (g *grants) touch(a rules.Access, resource string) {
	if a.SetsTags {
		g.allow(resource, "oss:PutObjectTagging")
	}
	if a.RemovesTags {
		g.allow(resource, "oss:DeleteObjectTagging")
	}
	if a.SetsACL {
		g.allow(resource, "oss:PutObjectAcl")
		g.markACL()
	}
}

// inPlace allows what changes an object where it is. In a bucket with versioning
// that is done to the version the event speaks of.
func (g *grants) inPlace(a rules.Access, src string) {
	g.allow(src, "oss:GetObjectTagging")
	g.touch(a, src)
	version := func(plain, action string) {
		if slices.Contains(g.resources[plain], src) {
			g.allow(src, action)
			g.mark(action, "asked for in buckets with versioning only, to change tags or ACL in place")
		}
	}
	version("oss:PutObjectTagging", "oss:PutObjectVersionTagging")
	version("oss:DeleteObjectTagging", "oss:DeleteObjectVersionTagging")
	if a.SetsACL || a.Writes {
		g.allow(src, "oss:GetObjectAcl")
	}
	if a.Writes { // a rewrite sends the ACL again
		a.SetsACL = true
		g.touch(a, src)
		g.note("rule %s, line %d: an object rewritten in place keeps its encryption; if that is by a KMS key, kms:GenerateDataKey and kms:Decrypt on it are needed too", a.Rule, a.Line)
	}
	version("oss:PutObjectAcl", "oss:PutObjectVersionAcl")
}

// state allows to remember large copies: state objects are found by listing,
// written private, and deleted with all their versions.
func (g *grants) state(a rules.Access, o PolicyOptions) {
	if o.State.Off {
		return
	}
	where := rules.Objects{Bucket: o.State.Bucket, Prefix: o.State.Prefix}
	if where.Bucket == "" {
		where.Bucket = a.Destination.Bucket
	}
	if where.Prefix == "" {
		where.Prefix = state.DefaultPrefix
	}
	g.allow(object(where, ""), "oss:GetObject", "oss:PutObject", "oss:PutObjectAcl",
		"oss:DeleteObject", "oss:DeleteObjectVersion")
	g.markACL()
	g.mark("oss:DeleteObjectVersion",
		"asked for in buckets with versioning only, to forget a large copy without a trace")
	g.missing(where.Bucket)
}

func (g *grants) markACL() {
	g.mark("oss:PutObjectAcl", "not confirmed that OSS asks for it when a request that writes an object sends an ACL: "+
		"the pages of CopyObject and PutObject do not list it")
}

// missing lets OSS tell that an object is not there, whatever its key: the right
// to list goes beyond the state prefix.
func (g *grants) missing(name string) {
	g.allow(bucket(name), "oss:ListObjects")
	g.mark("oss:ListObjects", "not confirmed that OSS asks for it before it says that an object does not exist, "+
		"instead of AccessDenied; state objects of large copies are found by listing")
}

func (g *grants) kms(id string, actions ...string) {
	resource := "acs:kms:*:*:*"
	if id != "*" {
		resource = "acs:kms:*:*:key/" + id
	}
	g.allow(resource, actions...)
	for _, action := range actions {
		g.mark(action, "checked by KMS; the form of its resource is not confirmed")
	}
}

// JSON is the policy as RAM takes it.
func (p Policy) JSON() string { return document(p) }

// TrustPolicies are who may take the roles of a deployment: FC the function's,
// OSS the one its triggers call the function as.
// Source: FC user guide, RAM roles.
func TrustPolicies() string {
	trust := func(service string) any {
		type principal struct{ Service []string }
		return map[string]any{"Version": "1", "Statement": []any{struct {
			Action, Effect string
			Principal      principal
		}{"sts:AssumeRole", "Allow", principal{[]string{service}}}}}
	}
	return document(struct {
		Function any `json:"function"`
		Trigger  any `json:"trigger"`
	}{trust("fc.aliyuncs.com"), trust("oss.aliyuncs.com")})
}

func document(v any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // structs of texts
	}
	return b.String()
}
