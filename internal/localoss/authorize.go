package localoss

import (
	"strings"
)

// accountID is the account that owns every bucket, unless it has another owner.
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
		all = append(all, Action{"oss:" + action, r.arn("oss", r.srv.ownerOf(c.Bucket), c.Bucket)})
	default:
		all = append(all, Action{"oss:" + action, r.arn("oss", r.account(), "*")})
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
		id := defaultTo(r.header("x-oss-server-side-encryption-key-id"), defaultKMSKey)
		key := r.arn("kms", r.account(), "key/"+id)
		all = append(all, Action{"kms:GenerateDataKey", key}, Action{"kms:Decrypt", key})
	}
	return all
}

func (r *request) onObject(action, bucket, key string) Action {
	return Action{"oss:" + action, r.arn("oss", r.srv.ownerOf(bucket), bucket+"/"+key)}
}

func (r *request) arn(service, account, resource string) string {
	return "acs:" + service + ":" + r.srv.regionOf(r.call.Bucket) + ":" + account + ":" + resource
}

// account is the account of the request's access key.
func (r *request) account() string { return r.srv.keyOf(r.call.AccessKeyID).AccountID() }

// authorize refuses a request that its access key, or an anonymous client, may not make.
func (r *request) authorize(op *operation) *Error {
	if r.call.AccessKeyID == "" {
		return r.authorizeAnonymous(op)
	}
	return r.checkAllowed(r.call.Actions)
}

// authorizeAnonymous decides by the ACL of the object, or else of its bucket.
func (r *request) authorizeAnonymous(op *operation) *Error {
	if !r.srv.isPublic(op.public, r.call.Bucket, r.call.Key) {
		return refuse(AccessDenied, "")
	}
	return nil
}

// isPublic reports whether ACLs allow an access to everybody.
func (s *Server) isPublic(access public, bucket, key string) bool {
	if access == never || access == anyone {
		return access == anyone
	}
	b, unlock, e := s.rlock(bucket)
	if e != nil {
		return false // an operation on the service, or PutBucket
	}
	defer unlock()
	acl := b.config.ACL
	if access == readObject || access == writeObject {
		e, _ := b.keys.get(key)
		if v := e.current(); v != nil && !v.Marker && v.Attrs.ACL != "default" {
			acl = v.Attrs.ACL
		}
	}
	switch access {
	case readObject, readBucket:
		return acl == "public-read" || acl == "public-read-write"
	case writeObject:
		return acl == "public-read-write"
	}
	return false
}

func replaces(directive string) bool { return strings.EqualFold(directive, "REPLACE") }
