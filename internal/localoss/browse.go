package localoss

import "strings"

// Bucket is a snapshot of a bucket's configuration.
type Bucket struct {
	Name, Region, Owner string
	ACL, StorageClass   string
	Versioning          string // Enabled, Suspended, or "" if the bucket never had versioning
}

// Buckets returns all buckets, by name.
func (s *Server) Buckets() (all []Bucket) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for name, b := range s.buckets.from("") {
		b.mu.RLock()
		all = append(all, Bucket{Name: name, Region: b.region, Owner: b.owner, ACL: b.config.ACL,
			StorageClass: b.config.Class, Versioning: b.config.Versioning})
		b.mu.RUnlock()
	}
	return all
}

// Page returns at most n of the newest versions and delete markers of a bucket's keys, by key: those whose keys begin
// with prefix and come after a key.
func (s *Server) Page(bucket, prefix, after string, n int) (page []*Object) {
	b, unlock, e := s.rlock(bucket)
	if e != nil {
		return nil
	}
	defer unlock()
	for key, en := range b.keys.from(max(prefix, after)) {
		if len(page) == n || !strings.HasPrefix(key, prefix) {
			break
		}
		if v := en.current(); v != nil && key != after {
			page = append(page, snapshot(key, v))
		}
	}
	return page
}
