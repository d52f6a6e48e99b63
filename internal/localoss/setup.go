package localoss

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"afterput/internal/localoss/ram"
)

// BucketOption is a property of a bucket that CreateBucket creates.
type BucketOption func(*bucketConfig)

// WithVersioning enables versioning.
func WithVersioning() BucketOption {
	return func(c *bucketConfig) { c.Versioning = versioningEnabled }
}

// WithRegion creates the bucket in another region than the server's. Requests to it are signed for its region, and OSS
// copies nothing between it and buckets of other regions.
func WithRegion(region string) BucketOption { return func(c *bucketConfig) { c.Region = region } }

// WithOwner gives the bucket to another account. See [AccessKey.Account].
func WithOwner(account string) BucketOption { return func(c *bucketConfig) { c.Owner = account } }

// WithPolicy sets the bucket's policy, in OSS's JSON.
func WithPolicy(text string) BucketOption { return func(c *bucketConfig) { c.Policy = text } }

// WithBucketACL sets the bucket's ACL: private (the default), public-read or public-read-write.
func WithBucketACL(acl string) BucketOption { return func(c *bucketConfig) { c.ACL = acl } }

// WithBucketClass sets the storage class of objects whose request names none.
func WithBucketClass(class string) BucketOption { return func(c *bucketConfig) { c.Class = class } }

// WithRequesterPays enables pay-by-requester: requests of other accounts than the owner need
// x-oss-request-payer.
func WithRequesterPays() BucketOption { return func(c *bucketConfig) { c.Payer = payerRequester } }

// WithForbidOverwrite forbids overwriting objects (PutBucketOverwriteConfig with one rule for all
// keys): a write to an existing key fails with 409 FileAlreadyExists. It has no effect with
// versioning.
func WithForbidOverwrite() BucketOption {
	return func(c *bucketConfig) { c.ForbidOverwrite = true }
}

// WithRetention gives the bucket a locked retention policy (WORM): a version cannot be overwritten
// or deleted until d after it was last modified. Both fail with 409 FileImmutable.
func WithRetention(d time.Duration) BucketOption {
	return func(c *bucketConfig) { c.Retention = d }
}

// CreateBucket creates a bucket. A bucket that exists is left as it is.
func (s *Server) CreateBucket(name string, options ...BucketOption) error {
	config := defaultConfig()
	for _, o := range options {
		o(&config)
	}
	known := slices.Contains(classes, config.Class) && slices.Contains(acls[1:], config.ACL)
	if !known || !bucketName.MatchString(name) {
		return fmt.Errorf("create bucket %q: invalid name, storage class %q or ACL %q", name, config.Class, config.ACL)
	}
	if config.Policy != "" {
		if _, err := ram.ParseBucketPolicy([]byte(config.Policy)); err != nil {
			return fmt.Errorf("create bucket %s: its policy: %w", name, err)
		}
	}
	if e := s.createBucket(name, config, false); e != nil {
		return fmt.Errorf("create bucket %s: %w", name, e)
	}
	return nil
}

// ObjectOption is a property of an object that PutSparse creates.
type ObjectOption func(*sparse)

type sparse struct {
	seed    uint64
	etag    string // "" is that of the content
	headers http.Header
}

// WithETag sets the ETag, which otherwise follows from the content. It has no quotes.
func WithETag(etag string) ObjectOption { return func(o *sparse) { o.etag = etag } }

// WithSeed fills the object with a pattern instead of zeros. Every seed has a pattern of its own.
func WithSeed(seed uint64) ObjectOption { return func(o *sparse) { o.seed = seed } }

// WithHeader sets a request header of the upload, such as "Content-Type", "x-oss-tagging",
// "x-oss-storage-class" or "x-oss-meta-…".
func WithHeader(name, value string) ObjectOption {
	return func(o *sparse) { o.headers.Set(name, value) }
}

// PutSparse creates an object of size bytes that needs no space, as if it had been uploaded in parts
// of 5 GiB. It raises ObjectCreated:CompleteMultipartUpload.
func (s *Server) PutSparse(bucket, key string, size int64, options ...ObjectOption) error {
	o := sparse{headers: http.Header{}}
	for _, option := range options {
		option(&o)
	}
	if size < 0 || size > maxObjectSize || key == "" || !validKey(key) {
		return fmt.Errorf("put sparse object %s/%s of %d bytes: invalid key or size", bucket, key, size)
	}
	r := &request{Request: &http.Request{Method: http.MethodPost, Header: o.headers}, srv: s}
	r.call.Bucket, r.call.Key, r.call.RequestID, r.call.SourceIP = bucket, key, s.requestID(), "127.0.0.1"
	if e := s.putSparse(r, &o, size); e != nil {
		return fmt.Errorf("put sparse object %s/%s: %w", bucket, key, e)
	}
	s.deliver(r.events)
	return nil
}

func (s *Server) putSparse(r *request, o *sparse, size int64) *Error {
	class, e := s.defaultClass(r)
	if e != nil {
		return e
	}
	a, e := r.readAttrs(class)
	if e != nil {
		return e
	}
	p := s.patterns.of(o.seed)
	crc, err := p.crc(0, size)
	if err != nil {
		return refuse(InternalError, "")
	}
	v := &version{Type: typeMultipart, Modified: s.now(), Attrs: a}
	v.Content = content{}.append(extent{p, 0, size, crc})
	if v.ETag = o.etag; v.ETag == "" {
		etag, err := v.Content.etag()
		if err != nil {
			return refuse(InternalError, "")
		}
		v.ETag = fmt.Sprintf("%s-%d", etag, max(1, (size+maxPutSize-1)/maxPutSize))
	}
	b, unlock, e := s.lock(r.call.Bucket)
	if e != nil {
		return e
	}
	defer unlock()
	return s.put(r, b, v, "ObjectCreated:CompleteMultipartUpload")
}
