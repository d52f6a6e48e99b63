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

func (s *Server) putBucket(r *request) (effect, *Error) {
	config := bucketConfig{ACL: defaultTo(r.header("x-oss-acl"), "private"), Class: "Standard", Redundancy: "LRS", Owner: accountID}
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
		if e := s.makeBucket(r.call.Bucket, config, r.header("x-oss-acl") != ""); e != nil {
			return nil, e
		}
		resp := r.reply(http.StatusOK)
		resp.Header.Set("Location", "/"+r.call.Bucket)
		return resp, nil
	}, nil
}

// makeBucket makes a bucket. Making one again that is there changes nothing
// but its ACL, if one is given.
func (s *Server) makeBucket(name string, config bucketConfig, setACL bool) *Error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.buckets.get(name)
	if ok {
		b.mu.Lock()
		defer b.mu.Unlock()
		switch {
		case config.Class != b.config.Class:
			return refuse(BucketAlreadyExists, "Cannot modify existing bucket's storage class")
		case config.Redundancy != b.config.Redundancy:
			return refuse(BucketAlreadyExists, "Bucket already exists can't modify data redundancy type")
		case !setACL:
			return nil
		}
		again := b.config
		again.ACL = config.ACL
		return s.commit(b, mutation{Bucket: name, Config: &again})
	}
	if s.buckets.count >= maxBuckets {
		return refuse(TooManyBuckets, "")
	}
	config.Created = s.now()
	return s.commit(newBucket(name), mutation{Bucket: name, Config: &config})
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
			return nil, &Error{Code: BucketNotEmpty, EC: "0015-00000302", Message: "The bucket you tried to delete is not empty. It has multipart uploads.", Detail: []Detail{{"BucketName", b.name}}}
		}
		if e := s.commit(b, mutation{Bucket: b.name, Drop: true}); e != nil {
			return nil, e
		}
		return r.reply(http.StatusNoContent), nil
	}, nil
}

// configure replaces a bucket's configuration by an edited one.
func (s *Server) configure(r *request, status int, edit func(*bucketConfig) *Error) effect {
	return func() (*Response, *Error) {
		b, unlock, e := s.lock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		config := b.config
		if e := edit(&config); e != nil {
			return nil, e
		}
		if e := s.commit(b, mutation{Bucket: b.name, Config: &config}); e != nil {
			return nil, e
		}
		return r.reply(status), nil
	}
}

// lookAt makes a commit that answers a document about the bucket.
func (s *Server) lookAt(r *request, show func(*bucket) (any, *Error)) effect {
	return func() (*Response, *Error) {
		b, unlock, e := s.rlock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		doc, e := show(b)
		if e != nil {
			return nil, e
		}
		return r.replyXML(doc), nil
	}
}

func (s *Server) putBucketACL(r *request) (effect, *Error) {
	acl := r.header("x-oss-acl")
	if !slices.Contains(acls[1:], acl) {
		return nil, invalidArgument("no such bucket access control exists", "x-oss-acl", acl)
	}
	return s.configure(r, http.StatusOK, func(c *bucketConfig) *Error { c.ACL = acl; return nil }), nil
}

func (s *Server) getBucketACL(r *request) (effect, *Error) {
	return s.lookAt(r, func(b *bucket) (any, *Error) {
		return aclXML{Owner: bucketOwner, Grant: b.config.ACL}, nil
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
	return s.configure(r, http.StatusOK, func(c *bucketConfig) *Error { c.Versioning = doc.Status; return nil }), nil
}

func (s *Server) getBucketVersioning(r *request) (effect, *Error) {
	return s.lookAt(r, func(b *bucket) (any, *Error) { return versioningXML{Status: b.config.Versioning}, nil }), nil
}

func (s *Server) putBucketTags(r *request) (effect, *Error) {
	var doc taggingXML
	if e := r.readXML(&doc); e != nil {
		return nil, e
	}
	if len(doc.Tags) > 20 {
		return nil, refuse(InvalidTag, "Bucket tags cannot be greater than 20")
	}
	return s.configure(r, http.StatusOK, func(c *bucketConfig) *Error { c.Tags = doc.Tags; return nil }), nil
}

func (s *Server) getBucketTags(r *request) (effect, *Error) {
	return s.lookAt(r, func(b *bucket) (any, *Error) { return taggingXML{Tags: b.config.Tags}, nil }), nil
}

func (s *Server) deleteBucketTags(r *request) (effect, *Error) {
	named := r.param("tagging") // the keys to remove; all of them if it is empty
	return s.configure(r, http.StatusNoContent, func(c *bucketConfig) *Error {
		c.Tags = slices.DeleteFunc(slices.Clone(c.Tags), func(t Tag) bool {
			return named == "" || slices.Contains(strings.Split(named, ","), t.Key)
		})
		return nil
	}), nil
}
