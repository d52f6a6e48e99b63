package localoss

import (
	"strings"

	"afterput/internal/localoss/ram"
)

// checkAllowed decides about actions of this request, as OSS does from RAM policies, bucket policies and ACLs: what a
// policy denies is refused, what a policy allows is allowed. RAM policies reach the buckets of their own account only.
// Source: OSS help, authorization process.
func (r *request) checkAllowed(actions []Action) *Error {
	if r.call.AccessKeyID == "" {
		return nil
	}
	var byRAM, byOwner []Action // what RAM must allow, and what it must not deny
	for _, a := range actions {
		bucket, key, ofBucket := a.bucketAndKey()
		decision := ram.ImplicitDeny
		if ofBucket {
			decision = r.bucketPolicyOn(a, bucket)
		}
		switch own := !ofBucket || r.srv.ownerOf(bucket) == r.account(); {
		case decision == ram.ExplicitDeny:
			return refuse(AccessDenied, "Access denied by bucket policy.")
		case own && decision == ram.Allow:
			byOwner = append(byOwner, a)
		case own:
			byRAM = append(byRAM, a)
		case decision != ram.Allow && !r.srv.isPublic(publicAccess[a.Name], bucket, key):
			return refuse(AccessDenied, "")
		}
	}
	if len(byOwner) > 0 {
		if e := r.askHook(byOwner); e != nil && e.DeniedExplicitly {
			return e
		}
	}
	if len(actions) > 0 && len(byRAM) == 0 {
		return nil
	}
	return r.askHook(byRAM)
}

// askHook calls the Authorize hook, which stands for the RAM policies of the access key.
func (r *request) askHook(actions []Action) *Error {
	hook := r.srv.config.Authorize
	if hook == nil {
		return nil
	}
	op := r.call.Operation
	op.Actions = actions
	if err := hook(op); err != nil {
		if e, ok := err.(*Error); ok {
			return e
		}
		return refuse(AccessDenied, "")
	}
	return nil
}

// bucketPolicyOn is what the policy of a bucket says about an action of this request.
func (r *request) bucketPolicyOn(a Action, name string) ram.Decision {
	b, ok := r.srv.bucket(name)
	if !ok {
		return ram.ImplicitDeny // refused when the operation uses the bucket
	}
	policy := b.policy.Load()
	if policy == nil {
		return ram.ImplicitDeny
	}
	who := r.srv.keyOf(r.call.AccessKeyID).principal()
	return policy.Decide(b.owner, who, a.Name, a.Resource)
}

// publicAccess is the access that ACLs can grant to everybody, by action.
var publicAccess = map[string]public{
	"oss:GetObject":    readObject,
	"oss:PutObject":    writeObject,
	"oss:DeleteObject": writeObject,
	"oss:ListObjects":  readBucket,
}

// bucketAndKey are those of the action's resource. ok is false if it is not a bucket or an object.
func (a Action) bucketAndKey() (bucket, key string, ok bool) {
	rest, ok := strings.CutPrefix(a.Resource, "acs:oss:")
	if !ok {
		return "", "", false
	}
	_, rest, _ = strings.Cut(rest, ":") // the region
	_, rest, _ = strings.Cut(rest, ":") // the account
	bucket, key, _ = strings.Cut(rest, "/")
	return bucket, key, bucket != "*"
}
