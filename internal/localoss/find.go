package localoss

import "net/http"

func (s *Server) bucket(name string) (*bucket, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.buckets.get(name)
}

// lock finds a bucket and locks it for a change.
func (s *Server) lock(name string) (*bucket, func(), *Error) {
	if b, ok := s.bucket(name); ok {
		b.mu.Lock()
		if !b.gone {
			return b, b.mu.Unlock, nil
		}
		b.mu.Unlock()
	}
	return nil, nil, noSuchBucket(name)
}

// rlock finds a bucket and locks it for reading.
func (s *Server) rlock(name string) (*bucket, func(), *Error) {
	if b, ok := s.bucket(name); ok {
		b.mu.RLock()
		if !b.gone {
			return b, b.mu.RUnlock, nil
		}
		b.mu.RUnlock()
	}
	return nil, nil, noSuchBucket(name)
}

func noSuchBucket(name string) *Error {
	return &Error{Code: NoSuchBucket, Detail: []Detail{{"BucketName", name}}}
}

func noSuchKey(key string) *Error {
	return &Error{Code: NoSuchKey, Detail: []Detail{{"Key", key}}}
}

// findVersion finds the version with the id, or the current one for "". A
// delete marker is refused as OSS does: 404 as the current version, and as
// what was named explicitly, notAllowed.
func (b *bucket) findVersion(key, id string, notAllowed ErrorCode) (*version, *Error) {
	e, _ := b.keys.get(key)
	if id == "" {
		v := e.current()
		switch {
		case v == nil:
			return nil, noSuchKey(key)
		case v.Marker:
			gone := noSuchKey(key)
			gone.Header = http.Header{}
			gone.Header.Set("x-oss-delete-marker", "true")
			b.writeVersion(gone.Header, v)
			return nil, gone
		}
		return v, nil
	}
	_, v := e.find(id)
	switch {
	case v == nil:
		return nil, &Error{Code: NoSuchVersion, Detail: []Detail{{"Key", key}, {"VersionId", id}}}
	case v.Marker:
		gone := &Error{Code: notAllowed, EC: "0016-00000307", Header: http.Header{}}
		gone.Header.Set("x-oss-delete-marker", "true")
		b.writeVersion(gone.Header, v)
		return nil, gone
	}
	return v, nil
}

// find finds the version that the request is about.
func (r *request) find(b *bucket) (*version, *Error) {
	return b.findVersion(r.call.Key, r.call.VersionID, MethodNotAllowed)
}

// look makes a commit of an operation that only reads one version.
func (s *Server) look(r *request, show func(*bucket, *version) (*Response, *Error)) commit {
	return func() (*Response, *Error) {
		b, unlock, e := s.rlock(r.call.Bucket)
		if e != nil {
			return nil, e
		}
		defer unlock()
		v, e := r.find(b)
		if e != nil {
			return nil, e
		}
		return show(b, v)
	}
}
