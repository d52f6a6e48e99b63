package localoss

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
)

// maxBuckets is how many buckets an account may have.
const maxBuckets = 100000

type createXML struct {
	XMLName    xml.Name `xml:"CreateBucketConfiguration"`
	Class      string   `xml:"StorageClass"`
	Redundancy string   `xml:"DataRedundancyType"`
}

func defaultConfig() bucketConfig {
	return bucketConfig{ACL: "private", Class: "Standard", Redundancy: "LRS", Owner: accountID}
}

func (s *Server) putBucket(r *request) (effect, *Error) {
	config := defaultConfig()
	config.Owner = r.account()
	config.ACL = defaultTo(r.header("x-oss-acl"), config.ACL)
	if !slices.Contains(acls[1:], config.ACL) {
		return nil, invalidArgument("no such bucket access control exists", "x-oss-acl", config.ACL)
	}
	body, e := r.readBody(maxXMLBody)
	if e != nil {
		return nil, e
	}
	if len(strings.TrimSpace(string(body))) > 0 {
		var doc createXML
		if e := parseXML(body, &doc); e != nil {
			return nil, e
		}
		config.Class = defaultTo(doc.Class, config.Class)
		config.Redundancy = defaultTo(doc.Redundancy, config.Redundancy)
	}
	if !slices.Contains(classes, config.Class) || config.Redundancy != "LRS" && config.Redundancy != "ZRS" {
		return nil, refuse(InvalidStorageClass, "")
	}
	return func() (*Response, *Error) {
		return s.makeBucket(r, config, r.header("x-oss-acl") != "")
	}, nil
}

// makeBucket creates the request's bucket, as createBucket does, and makes the reply.
func (s *Server) makeBucket(r *request, config bucketConfig, setACL bool) (*Response, *Error) {
	if e := s.createBucket(r.call.Bucket, config, setACL); e != nil {
		return nil, e
	}
	resp := r.reply(http.StatusOK)
	resp.Header.Set("Location", "/"+r.call.Bucket)
	return resp, nil
}

// createBucket creates a bucket. For a bucket that exists it changes only the ACL, if setACL is
// true.
func (s *Server) createBucket(name string, config bucketConfig, setACL bool) *Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.buckets.get(name)
	if ok {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch {
		case defaultTo(config.Region, s.config.Region) != b.region, config.Owner != b.owner:
			return refuse(BucketAlreadyExists, "")
		case config.Class != b.config.Class:
			return refuse(BucketAlreadyExists, "Cannot modify existing bucket's storage class")
		case config.Redundancy != b.config.Redundancy:
			return refuse(BucketAlreadyExists, "Bucket already exists can't modify data redundancy type")
		case !setACL:
			return nil
		}
		changed := b.config
		changed.ACL = config.ACL
		return s.commit(b, mutation{Bucket: name, Config: &changed})
	}
	if s.buckets.count >= maxBuckets {
		return refuse(TooManyBuckets, "")
	}
	config.Created = s.now()
	return s.commit(s.newBucket(name, &config), mutation{Bucket: name, Config: &config})
}

func (s *Server) deleteBucket(r *request) (effect, *Error) {
	return func() (*Response, *Error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		b, ok := s.buckets.get(r.call.Bucket)
		if !ok {
			return nil, noSuchBucket(r.call.Bucket)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.keys.count > 0 {
			return nil, &Error{Code: BucketNotEmpty, Detail: []Detail{{"BucketName", b.name}}}
		}
		if b.uploads.count > 0 {
			return nil, &Error{
				Code:    BucketNotEmpty,
				EC:      "0015-00000302",
				Message: "The bucket you tried to delete is not empty. It has multipart uploads.",
				Detail:  []Detail{{"BucketName", b.name}},
			}
		}
		if e := s.commit(b, mutation{Bucket: b.name, Drop: true}); e != nil {
			return nil, e
		}
		return r.reply(http.StatusNoContent), nil
	}, nil
}

// changeConfig makes an effect that edits a bucket's configuration.
func (s *Server) changeConfig(r *request, status int, edit func(*bucketConfig)) effect {
	return s.changeBucket(r, func(b *bucket) (*Response, *Error) {
		config := b.config
		edit(&config)
		if e := s.commit(b, mutation{Bucket: b.name, Config: &config}); e != nil {
			return nil, e
		}
		return r.reply(status), nil
	})
}

// bucketDocument makes an effect that replies with a document about the bucket.
func (s *Server) bucketDocument(r *request, document func(*bucket) any) effect {
	return s.readBucket(r, func(b *bucket) (*Response, *Error) { return r.replyXML(document(b)), nil })
}

// putBucketACL sets the ACL of a bucket, and makes the bucket if it does not exist. The reply has Location, as that of
// PutBucket. All of it is asserted by the tests of ali-oss.
func (s *Server) putBucketACL(r *request) (effect, *Error) {
	acl, e := r.requestedACL("x-oss-acl")
	if e != nil {
		return nil, e
	}
	if !slices.Contains(acls[1:], acl) {
		return nil, invalidArgument("no such bucket access control exists", "x-oss-acl", acl)
	}
	return func() (*Response, *Error) {
		if _, ok := s.bucket(r.call.Bucket); ok {
			resp, e := s.changeConfig(r, http.StatusOK, func(c *bucketConfig) { c.ACL = acl })()
			if e == nil {
				resp.Header.Set("Location", "/"+r.call.Bucket)
			}
			return resp, e
		}
		config := defaultConfig()
		config.Owner, config.ACL = r.account(), acl
		return s.makeBucket(r, config, true)
	}, nil
}

// headBucket replies that the bucket exists.
func (s *Server) headBucket(r *request) (effect, *Error) {
	return s.readBucket(r, func(*bucket) (*Response, *Error) { return r.reply(http.StatusOK), nil }), nil
}

func (s *Server) getBucketACL(r *request) (effect, *Error) {
	return s.bucketDocument(r, func(b *bucket) any {
		return r.aclDocument(b.owner, b.config.ACL)
	}), nil
}

type versioningXML struct {
	XMLName xml.Name `xml:"VersioningConfiguration"`
	Status  string   `xml:",omitempty"`
}

func (s *Server) putBucketVersioning(r *request) (effect, *Error) {
	var doc versioningXML
	if e := r.readXML(&doc); e != nil {
		return nil, e
	}
	if doc.Status != versioningEnabled && doc.Status != versioningSuspended {
		return nil, refuse(MalformedXML, "")
	}
	return s.changeConfig(r, http.StatusOK, func(c *bucketConfig) { c.Versioning = doc.Status }), nil
}

func (s *Server) getBucketVersioning(r *request) (effect, *Error) {
	return s.bucketDocument(r, func(b *bucket) any { return versioningXML{Status: b.config.Versioning} }), nil
}

func (s *Server) putBucketTags(r *request) (effect, *Error) {
	var doc taggingXML
	if e := r.readXML(&doc); e != nil {
		return nil, e
	}
	if len(doc.Tags) > 20 {
		return nil, refuse(InvalidTag, "Bucket tags cannot be greater than 20")
	}
	return s.changeConfig(r, http.StatusOK, func(c *bucketConfig) { c.Tags = doc.Tags }), nil
}

func (s *Server) getBucketTags(r *request) (effect, *Error) {
	return s.bucketDocument(r, func(b *bucket) any { return taggingXML{Tags: b.config.Tags} }), nil
}

func (s *Server) deleteBucketTags(r *request) (effect, *Error) {
	keys := r.param("tagging") // to remove; "" is all
	return s.changeConfig(r, http.StatusNoContent, func(c *bucketConfig) {
		c.Tags = slices.DeleteFunc(slices.Clone(c.Tags), func(t Tag) bool {
			return keys == "" || slices.Contains(strings.Split(keys, ","), t.Key)
		})
	}), nil
}
