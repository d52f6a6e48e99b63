package localoss

import (
	"net/url"
	"strconv"
	"strings"
)

// accountID is the owner of every bucket.
const accountID = "1234567890123456"

// describe fills in what the hooks are told: the operation, its parameters and
// the RAM actions it needs.
func (r *request) describe(op *operation) *Error {
	c := &r.call
	c.Name = op.name
	c.VersionID = r.q("versionId")
	if op.sub == "uploadId" {
		c.UploadID = r.q("uploadId")
	}
	if op.name == "UploadPart" || op.name == "UploadPartCopy" {
		n, err := strconv.Atoi(r.q("partNumber"))
		if err != nil || n < 1 || n > mostParts {
			return &Error{Code: InvalidArgument, EC: "0042-00000208",
				Message: "Part number must be an integer between 1 and 10000, inclusive.",
				Detail:  []Detail{{"ArgumentName", "partNumber"}, {"ArgumentValue", r.q("partNumber")}}}
		}
		c.PartNumber = n
	}
	if op.copies {
		src, e := parseCopySource(r.h("x-oss-copy-source"))
		if e != nil {
			return e
		}
		c.Source = src
	}
	c.Actions = r.actions(op)
	return nil
}

// actions lists what RAM must allow. Tags that a copy takes over from its
// source are asked for once it is known that there are some.
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
	if r.h("x-oss-tagging") != "" && (op.name != "CopyObject" || replaces(r.h("x-oss-tagging-directive"))) {
		all = append(all, r.onObject("PutObjectTagging", c.Bucket, c.Key))
	}
	if r.h("x-oss-object-acl") != "" {
		all = append(all, r.onObject("PutObjectAcl", c.Bucket, c.Key))
	}
	if r.h("x-oss-server-side-encryption") == "KMS" {
		key := r.arn("kms", "key/"+defaultTo(r.h("x-oss-server-side-encryption-key-id"), defaultKMSKey))
		all = append(all, Action{"kms:GenerateDataKey", key}, Action{"kms:Decrypt", key})
	}
	return all
}

func (r *request) onObject(action, bucket, key string) Action {
	return Action{"oss:" + action, r.arn("oss", bucket+"/"+key)}
}

func (r *request) arn(service, resource string) string {
	return "acs:" + service + ":" + r.srv.config.Region + ":" + accountID + ":" + resource
}

// authorize refuses what the key may not do, and what nobody may do without one.
func (r *request) authorize(op *operation) *Error {
	if r.call.AccessKeyID == "" {
		return r.authorizeAnonymous(op)
	}
	return r.allow(r.call.Actions)
}

// allow asks the hook about actions of this request.
func (r *request) allow(actions []Action) *Error {
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

// authorizeAnonymous goes by the ACL of the object, or of its bucket.
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

// parseCopySource reads "/bucket/key?versionId=…", the key URL-encoded.
func parseCopySource(s string) (*Source, *Error) {
	bad := invalidArgument("Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.", "x-oss-copy-source", s)
	path, query, _ := strings.Cut(s, "?")
	path = strings.TrimPrefix(path, "/")
	rawBucket, rawKey, _ := strings.Cut(path, "/")
	bucket, err1 := url.PathUnescape(rawBucket)
	key, err2 := url.PathUnescape(rawKey)
	if err1 != nil || err2 != nil || !bucketName.MatchString(bucket) || key == "" || !validKey(key) {
		return nil, bad
	}
	src := &Source{Bucket: bucket, Key: key}
	for _, item := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(item, "=")
		if name == "versionId" {
			id, err := url.QueryUnescape(value)
			if err != nil {
				return nil, bad
			}
			src.VersionID = id
		}
	}
	return src, nil
}

func replaces(directive string) bool { return strings.EqualFold(directive, "REPLACE") }

func defaultTo(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
