package localoss

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// BucketOption is a property of a bucket that CreateBucket makes.
type BucketOption func(*bucketConfig)

// WithVersioning makes a bucket with versioning enabled.
func WithVersioning() BucketOption {
	return func(c *bucketConfig) { c.Versioning = versioningEnabled }
}

// WithBucketACL gives the bucket an ACL: private (the default), public-read or
// public-read-write.
func WithBucketACL(acl string) BucketOption { return func(c *bucketConfig) { c.ACL = acl } }

// WithBucketClass gives the storage class of objects that name none.
func WithBucketClass(class string) BucketOption { return func(c *bucketConfig) { c.Class = class } }

// WithRequesterPays makes a bucket whose requests are paid by who sends them:
// other accounts than the owner must say so in each of them.
func WithRequesterPays() BucketOption { return func(c *bucketConfig) { c.Payer = payerRequester } }

// WithForbidOverwrite makes a bucket in which nothing is overwritten
// (PutBucketOverwriteConfig with one rule for everything): a write to a key that
// is there answers 409 FileAlreadyExists. It has no effect with versioning.
func WithForbidOverwrite() BucketOption {
	return func(c *bucketConfig) { c.ForbidOverwrite = true }
}

// WithRetention makes a bucket with a locked retention policy (WORM): for d from
// when it was last modified no version can be overwritten or deleted; both answer
// 409 FileImmutable.
func WithRetention(d time.Duration) BucketOption {
	return func(c *bucketConfig) { c.Retention = d }
}

// CreateBucket makes a bucket; one that is there stays as it is.
func (s *Server) CreateBucket(name string, options ...BucketOption) error {
	config := bucketConfig{ACL: "private", Class: "Standard", Redundancy: "LRS", Owner: accountID}
	for _, o := range options {
		o(&config)
	}
	if !bucketName.MatchString(name) || !slices.Contains(classes, config.Class) || !slices.Contains(acls[1:], config.ACL) {
		return fmt.Errorf("create bucket %q: bad name, class %q or acl %q", name, config.Class, config.ACL)
	}
	if e := s.makeBucket(name, config, false); e != nil {
		return fmt.Errorf("create bucket %s: %w", name, e)
	}
	return nil
}

// ObjectOption is a property of an object that PutSparse makes.
type ObjectOption func(*sparse)

type sparse struct {
	seed    uint64
	headers http.Header
}

// WithSeed fills the object with a pattern of its own instead of zeros: two
// seeds never give the same content.
func WithSeed(seed uint64) ObjectOption { return func(o *sparse) { o.seed = seed } }

// WithHeader sets a request header of the upload, in OSS's words:
// "Content-Type", "x-oss-tagging", "x-oss-storage-class", "x-oss-meta-…".
func WithHeader(name, value string) ObjectOption {
	return func(o *sparse) { o.headers.Set(name, value) }
}

// PutSparse makes an object of size bytes that takes no room, as if it had
// been uploaded in parts of 5 GiB; it raises ObjectCreated:CompleteMultipartUpload.
func (s *Server) PutSparse(bucket, key string, size int64, options ...ObjectOption) error {
	o := sparse{headers: http.Header{}}
	for _, option := range options {
		option(&o)
	}
	if size < 0 || size > maxObjectSize || key == "" || !validKey(key) {
		return fmt.Errorf("put sparse object %s/%s of %d bytes: bad key or size", bucket, key, size)
	}
	r := &request{Request: &http.Request{Method: http.MethodPost, Header: o.headers}, srv: s}
	r.call.Bucket, r.call.Key, r.call.RequestID, r.call.SourceIP = bucket, key, s.requestID(), "127.0.0.1"
	if e := s.putSparse(r, o.seed, size); e != nil {
		return fmt.Errorf("put sparse object %s/%s: %w", bucket, key, e)
	}
	s.deliver(r.events)
	return nil
}

func (s *Server) putSparse(r *request, seed uint64, size int64) *Error {
	class, e := s.defaultClass(r)
	if e != nil {
		return e
	}
	a, e := r.readAttrs(class)
	if e != nil {
		return e
	}
	p := s.zeroes
	if seed != 0 {
		p = newPattern(seed)
	}
	crc, err := p.crc(0, size)
	if err != nil {
		return refuse(InternalError, "")
	}
	v := &version{Type: typeMultipart, Modified: s.now(), Attrs: a}
	v.Content = content{}.append(extent{p, 0, size, crc})
	etag, err := v.Content.etag()
	if err != nil {
		return refuse(InternalError, "")
	}
	v.ETag = fmt.Sprintf("%s-%d", etag, max(1, (size+maxPutSize-1)/maxPutSize))
	b, unlock, e := s.lock(r.call.Bucket)
	if e != nil {
		return e
	}
	defer unlock()
	return s.put(r, b, v, "ObjectCreated:CompleteMultipartUpload")
}
