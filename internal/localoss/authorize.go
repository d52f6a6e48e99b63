package localoss

import (
	"strings"
)

// accountID is the account that owns every bucket.
const accountID = "1234567890123456"

// actions returns the RAM actions that the request needs. The actions for tags that a copy takes
// from its source are not among them: they are checked when it turns out that there are tags.
func (r *request) actions(op *operation) []Action {
	c := &r.call
	var all []Action
	if src := c.Source; src != nil {
		all = append(all, r.onObject("GetObject", src.Bucket, src.Key))
		if src.VersionID != "" {
			all = append(all, r.onObject("GetObjectVersion", src.Bucket, src.Key))
		}
	}
	action := op.action
	if c.VersionID != "" && op.versioned != "" {
		action = op.versioned
	}
	switch {
	case action == "":
	case op.level == onObject:
		all = append(all, r.onObject(action, c.Bucket, c.Key))
	case op.level == onBucket:
		all = append(all, Action{"oss:" + action, r.arn("oss", c.Bucket)})
	default:
		all = append(all, Action{"oss:" + action, r.arn("oss", "*")})
	}
	if action != "PutObject" {
		return all
	}
	if r.header("x-oss-tagging") != "" && (op.name != "CopyObject" || replaces(r.header("x-oss-tagging-directive"))) {
		all = append(all, r.onObject("PutObjectTagging", c.Bucket, c.Key))
	}
	if r.header("x-oss-object-acl") != "" {
		all = append(all, r.onObject("PutObjectAcl", c.Bucket, c.Key))
	}
	if r.header("x-oss-server-side-encryption") == "KMS" {
		key := r.arn("kms", "key/"+defaultTo(r.header("x-oss-server-side-encryption-key-id"), defaultKMSKey))
		all = append(all, Action{"kms:GenerateDataKey", key}, Action{"kms:Decrypt", key})
	}
	return all
}

func (r *request) onObject(action, bucket, key string) Action {
	return Action{"oss:" + action, r.arn("oss", bucket+"/"+key)}
}

func (r *request) arn(service, resource string) string {
	return "acs:" + service + ":" + r.srv.regionOf(r.call.Bucket) + ":" + accountID + ":" + resource
}

// authorize refuses a request that its access key, or an anonymous client, may not make.
func (r *request) authorize(op *operation) *Error {
	if r.call.AccessKeyID == "" {
		return r.authorizeAnonymous(op)
	}
	return r.checkAllowed(r.call.Actions)
}

// checkAllowed calls the Authorize hook for actions of this request.
func (r *request) checkAllowed(actions []Action) *Error {
	hook := r.srv.config.Authorize
	if hook == nil || r.call.AccessKeyID == "" {
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

// authorizeAnonymous decides by the ACL of the object, or else of its bucket.
func (r *request) authorizeAnonymous(op *operation) *Error {
	denied := refuse(AccessDenied, "")
	b, unlock, e := r.srv.rlock(r.call.Bucket)
	if e != nil {
		return denied // an operation on the service, or PutBucket
	}
	defer unlock()
	acl := b.config.ACL
	if op.public == readObject || op.public == writeObject {
		e, _ := b.keys.get(r.call.Key)
		if v := e.current(); v != nil && !v.Marker && v.Attrs.ACL != "default" {
			acl = v.Attrs.ACL
		}
	}
	switch op.public {
	case readObject, readBucket:
		if acl == "public-read" || acl == "public-read-write" {
			return nil
		}
	case writeObject:
		if acl == "public-read-write" {
			return nil
		}
	}
	return denied
}

func replaces(directive string) bool { return strings.EqualFold(directive, "REPLACE") }
