package copier

import (
	"errors"
	"sync"

	"afterput/internal/osscall"
)

// BucketACLs are the ACLs of buckets, each read once, when first needed. The zero value is ready to use. Its
// sources may be used from many goroutines; they should be of one invocation, since an ACL can be changed.
type BucketACLs struct {
	mu   sync.Mutex
	acls map[string]*readOnce[string]
}

// get gives the ACL of a bucket, and reads it if nobody has. A failure that a later request may not meet is not
// kept, so that it fails only the objects that wait for it.
func (b *BucketACLs) get(bucket string, read func() (string, error)) (string, error) {
	one := b.of(bucket)
	acl, err := one.get(read)
	if e := (*osscall.Error)(nil); err != nil && !(errors.As(err, &e) && e.Permanent) {
		b.forget(bucket, one)
	}
	return acl, err
}

// of is the entry of a bucket.
func (b *BucketACLs) of(bucket string) *readOnce[string] {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.acls == nil {
		b.acls = map[string]*readOnce[string]{}
	}
	if b.acls[bucket] == nil {
		b.acls[bucket] = new(readOnce[string])
	}
	return b.acls[bucket]
}

// forget removes the entry of a bucket, unless another one has taken its place.
func (b *BucketACLs) forget(bucket string, one *readOnce[string]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.acls[bucket] == one {
		delete(b.acls, bucket)
	}
}
