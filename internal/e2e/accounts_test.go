package e2e_test

import (
	"strings"
	"testing"

	"afterput/internal/copier"
	"afterput/internal/deploy"
	"afterput/internal/localcloud"
	"afterput/internal/localoss"
	"afterput/internal/localoss/ram"
	"afterput/internal/localsts"
	"afterput/rules"
)

const (
	partner      = "9999888877776666"
	functionRole = "acs:ram::1234567890123456:role/afterput"
	partnerRole  = "acs:ram::" + partner + ":role/writer"
)

// toPartner copies to a bucket of another account.
const toPartner = `
version: 1
sources: [source-bucket]
rules:
  - name: deliver
    match: {prefix: in/}
    copy:
      - bucket: partner-bucket
        tagging: {from: us}
        object-acl: private
`

// asPartner copies there as a role of that account.
const asPartner = toPartner + `
        role: ` + partnerRole + `
        external-id: our-id
`

// inSmallParts has objects above 1 MiB copied in parts.
func inSmallParts(c *localcloud.Config) { c.Env = append(c.Env, "AFTERPUT_SINGLE_COPY_LIMIT=1MiB") }

// loaded is a rules file, and what the policies of its deployment depend on.
func loaded(t *testing.T, text string) (*rules.Set, deploy.PolicyOptions) {
	t.Helper()
	set, err := rules.Load("rules.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	return set, deploy.PolicyOptions{SingleCopyLimit: 1 << 20}
}

// owned gives the partner its bucket, with a policy; "" is none.
func owned(policy string) func(*localcloud.Config) {
	return func(c *localcloud.Config) {
		c.Owners = map[string]string{"partner-bucket": partner}
		c.Policies = map[string]string{"partner-bucket": policy}
	}
}

// uploadBoth puts a small object and one that is copied in parts, and waits for their events.
func (d *deployment) uploadBoth() {
	d.t.Helper()
	for key, size := range map[string]int64{"in/small.bin": 1000, "in/large.bin": 20 << 20} {
		err := d.OSS.PutSparse(sourceBucket, key, size, localoss.WithSeed(uint64(size)),
			localoss.WithHeader("x-oss-meta-own", "kept"))
		if err != nil {
			d.t.Fatal(err)
		}
	}
	d.waitForEvents()
}

// wantDelivered checks both copies, and that they were made by these methods and none by another.
func (d *deployment) wantDelivered(methods ...string) {
	d.t.Helper()
	for _, key := range []string{"in/small.bin", "in/large.bin"} {
		src, _ := d.OSS.Object(sourceBucket, key)
		dst, ok := d.OSS.Object("partner-bucket", key)
		if !ok || dst.CRC64 != src.CRC64 || dst.Size != src.Size || dst.Meta["own"] != "kept" || len(dst.Tags) != 1 {
			d.t.Errorf("%s is %+v, the source %+v", key, dst, src)
		}
	}
	all := d.copies()
	if len(all) != 2 {
		d.t.Errorf("%d copies", len(all))
	}
	for _, c := range all {
		if c.Outcome.Result != copier.Copied || !strings.Contains(strings.Join(methods, " "), c.Outcome.Method) {
			d.t.Errorf("reports %+v", c)
		}
	}
	if open := d.OSS.Uploads("partner-bucket"); len(open) > 0 {
		d.t.Errorf("leftover uploads: %v", open)
	}
}

func TestCopiesIntoABucketOfAnotherAccountNeedExactlyThePrintedPolicies(t *testing.T) {
	set, o := loaded(t, toPartner)
	policies, _, err := deploy.BucketPoliciesOf(set, o, map[string]string{"partner-bucket": partner}, functionRole)
	if err != nil {
		t.Fatal(err)
	}
	d := startDeployment(t, toPartner, inSmallParts, owned(policies["partner-bucket"].JSON()))
	d.uploadBoth()
	d.wantDelivered(copier.MethodCopyObject, copier.MethodUploadPartCopy)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.deniedActions != nil { // what the role's policy says of the partner's bucket has no effect
		t.Errorf("the policy denied %q", d.deniedActions)
	}
}

func TestABucketOfAnotherAccountThatRefusesIsAnErrorThatSaysWhatItsOwnerHasToDo(t *testing.T) {
	const want = "a bucket of another account must also allow the role in its bucket policy, " +
		"which --bucket-policies prints"
	d := startDeployment(t, toPartner, inSmallParts, owned(""))
	d.uploadBoth()
	for _, c := range d.copies() {
		if e := c.Outcome.Error; e == nil || !e.Permanent || !strings.Contains(e.Message, want) {
			t.Errorf("reports %+v, %+v", c, e)
		}
	}
}

// assuming lets the function assume the partner's role, which owns the bucket, with a trust policy.
func assuming(t *testing.T, role deploy.AssumedRole) func(*localcloud.Config) {
	t.Helper()
	policy, err := ram.Parse([]byte(role.Policy.JSON()))
	if err != nil {
		t.Fatal(err)
	}
	return func(c *localcloud.Config) {
		owned("")(c)
		c.Roles = map[string]localsts.Role{partnerRole: {Trust: role.Trust.JSON(), Policy: policy}}
	}
}

func TestCopiesAsARoleOfAnotherAccountNeedExactlyThePrintedPolicies(t *testing.T) {
	for region, text := range map[string]string{
		"":           asPartner,
		"cn-beijing": asPartner + "        region: cn-beijing\n",
	} {
		set, o := loaded(t, text)
		roles, _, err := deploy.AssumedRolesOf(set, o, functionRole)
		if err != nil {
			t.Fatal(err)
		}
		d := startDeployment(t, text, inSmallParts, assuming(t, roles[partnerRole]), func(c *localcloud.Config) {
			if region != "" {
				c.Regions = map[string][]string{region: {"partner-bucket"}}
			}
		})
		d.uploadBoth()
		d.wantDelivered(copier.MethodStream)
		d.wantPolicyExact()
		counts := d.OSS.Counts()
		if counts["CopyObject"]+counts["UploadPartCopy"] > 0 || counts["UploadPart"] < 2 {
			t.Errorf("requests %v", counts)
		}
		if n := d.STS.Assumed(); n == 0 || n > 2 {
			t.Errorf("%d sessions for two copies", n)
		}
		if log := d.output(); strings.Contains(log, "STS.") || strings.Contains(log, "our-id") {
			t.Errorf("the log has a session or the external id:\n%s", log)
		}
	}
}

func TestARoleThatTrustsNobodyIsAnErrorThatSaysWhatItsAccountHasToDo(t *testing.T) {
	set, o := loaded(t, asPartner)
	roles, _, err := deploy.AssumedRolesOf(set, o, functionRole)
	if err != nil {
		t.Fatal(err)
	}
	closed := roles[partnerRole]
	closed.Trust = deploy.Trusting(partnerRole, []string{"our-id"})
	d := startDeployment(t, asPartner, inSmallParts, assuming(t, closed))
	d.uploadBoth()
	for _, c := range d.copies() {
		if e := c.Outcome.Error; e == nil || !e.Permanent || e.Code != "NoPermission" || !strings.Contains(e.Message,
			"its account sets the trust policy that afterput policy --assumed-roles prints") {
			t.Errorf("reports %+v, %+v", c, e)
		}
	}
	if objects := d.OSS.Objects("partner-bucket"); len(objects) > 0 {
		t.Errorf("there are copies: %v", objects)
	}
}
