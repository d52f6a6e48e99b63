package localoss

import (
	"sync"
	"sync/atomic"
	"time"

	"afterput/internal/localoss/ram"
)

// Versioning states of a bucket; a bucket that never had versioning has "".
const (
	versioningEnabled   = "Enabled"
	versioningSuspended = "Suspended"
)

// bucketConfig is a bucket's configuration. It is replaced as a whole, never changed in place.
type bucketConfig struct {
	Created    time.Time
	Region     string `json:",omitempty"` // "" is the server's
	ACL        string
	Class      string
	Redundancy string
	Versioning string `json:",omitempty"`
	Owner      string
	Payer      string `json:",omitempty"` // payerOwner, payerRequester, or "" if it was never set
	Tags       []Tag  `json:",omitempty"`
	Policy     string `json:",omitempty"` // the bucket policy; "" is none
	// CORS is replaced as a whole; nil is none.
	CORS *corsConfig `json:",omitempty"`
	// Inventories are those of the bucket's objects, by id.
	Inventories []inventoryConfig `json:",omitempty"`
	// ForbidOverwrite refuses to overwrite objects. It has no effect in a bucket with versioning.
	ForbidOverwrite bool `json:",omitempty"`
	// Retention is how long each version is protected after it was last modified; 0 is none.
	Retention time.Duration `json:",omitempty"`
}

// bucket is a bucket with its objects and uploads. mu guards every field but those before it. Versions and
// configurations are never changed once they are in it, so that a reader may use them after it
// has released the lock. An upload is changed in place.
type bucket struct {
	name, region, owner string
	policy              atomic.Pointer[ram.BucketPolicy] // nil is none

	mu         sync.RWMutex
	registered bool // the server lists it among its buckets
	deleted    bool // a goroutine that found the bucket before must not change it
	config     bucketConfig
	keys       orderedMap[string, *entry]
	uploads    orderedMap[uploadKey, *upload]
}

// newBucket makes a bucket that has its region and its owner, unlike its configuration, from the beginning.
func (s *Server) newBucket(name string, config *bucketConfig) *bucket {
	return &bucket{
		name:    name,
		region:  defaultTo(config.Region, s.config.Region),
		owner:   config.Owner,
		keys:    newOrderedMap[string, *entry](compareStrings),
		uploads: newOrderedMap[uploadKey, *upload](compareUploads),
	}
}

func (s *Server) bucket(name string) (*bucket, bool) {
	b, ok := s.byName.Load(name)
	if !ok {
		return nil, false
	}
	return b.(*bucket), true
}

// regionOf is the region of a bucket, or of a new one.
func (s *Server) regionOf(name string) string {
	if b, ok := s.bucket(name); ok {
		return b.region
	}
	return s.config.Region
}

// ownerOf is the account that owns a bucket, or a new one.
func (s *Server) ownerOf(name string) string {
	if b, ok := s.bucket(name); ok {
		return b.owner
	}
	return accountID
}

// lock finds a bucket and locks it for writing.
func (s *Server) lock(name string) (b *bucket, unlock func(), e *Error) {
	if b, ok := s.bucket(name); ok {
		b.mu.Lock()
		if !b.deleted {
			return b, b.mu.Unlock, nil
		}
		b.mu.Unlock()
	}
	return nil, nil, noSuchBucket(name)
}

// rlock finds a bucket and locks it for reading.
func (s *Server) rlock(name string) (b *bucket, unlock func(), e *Error) {
	if b, ok := s.bucket(name); ok {
		b.mu.RLock()
		if !b.deleted {
			return b, b.mu.RUnlock, nil
		}
		b.mu.RUnlock()
	}
	return nil, nil, noSuchBucket(name)
}

// readBucket makes an effect that calls do with the request's bucket locked for reading.
func (s *Server) readBucket(r *request, do func(*bucket) (*Response, *Error)) effect {
	return func() (*Response, *Error) {
		b, unlock, e := s.rlock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		return do(b)
	}
}

// changeBucket makes an effect that calls do with the request's bucket locked for writing.
func (s *Server) changeBucket(r *request, do func(*bucket) (*Response, *Error)) effect {
	return func() (*Response, *Error) {
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		return do(b)
	}
}

// readVersion makes an effect that finds the version the request names and calls do with it,
// the bucket locked for reading.
func (s *Server) readVersion(r *request, do func(*bucket, *version) (*Response, *Error)) effect {
	return s.readBucket(r, r.onVersion(do))
}

// changeVersion makes an effect that finds the version the request names and calls do with it,
// the bucket locked for writing.
func (s *Server) changeVersion(r *request, do func(*bucket, *version) (*Response, *Error)) effect {
	return s.changeBucket(r, r.onVersion(do))
}

func (r *request) onVersion(do func(*bucket, *version) (*Response, *Error)) func(*bucket) (*Response, *Error) {
	return func(b *bucket) (*Response, *Error) {
		v, e := b.findVersion(r.call.Key, r.call.VersionID, MethodNotAllowed)
		if e != nil {
			return nil, e
		}
		return do(b, v)
	}
}

func noSuchBucket(name string) *Error {
	return &Error{Code: NoSuchBucket, Detail: []Detail{{"BucketName", name}}}
}
