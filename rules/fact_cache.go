package rules

// factCache keeps the facts of an object, so that each is asked for at most once. Without
// a source, facts that it does not have are ErrNotKnown.
type factCache struct {
	source Facts

	head    *Head
	headErr error
	tags    []Pair
	tagsErr error
	tagsGot bool
	acl     string
	aclErr  error
	aclGot  bool

	bucketACL    string
	bucketACLErr error
	bucketACLGot bool
}

// Head is [Facts.Head], asked for at the first call.
func (m *factCache) Head() (Head, error) {
	if m.head == nil {
		m.head = &Head{}
		if m.headErr = ErrNotKnown; m.source != nil {
			*m.head, m.headErr = m.source.Head()
		}
	}
	return *m.head, m.headErr
}

// Tags is [Facts.Tags], asked for at the first call.
func (m *factCache) Tags() ([]Pair, error) {
	if !m.tagsGot {
		m.tagsGot = true
		if m.tagsErr = ErrNotKnown; m.source != nil {
			m.tags, m.tagsErr = m.source.Tags()
		}
	}
	return m.tags, m.tagsErr
}

// ACL is [Facts.ACL], asked for at the first call.
func (m *factCache) ACL() (string, error) {
	if !m.aclGot {
		m.aclGot = true
		if m.aclErr = ErrNotKnown; m.source != nil {
			m.acl, m.aclErr = m.source.ACL()
		}
	}
	return m.acl, m.aclErr
}

// BucketACL is [Facts.BucketACL], asked for at the first call.
func (m *factCache) BucketACL() (string, error) {
	if !m.bucketACLGot {
		m.bucketACLGot = true
		if m.bucketACLErr = ErrNotKnown; m.source != nil {
			m.bucketACL, m.bucketACLErr = m.source.BucketACL()
		}
	}
	return m.bucketACL, m.bucketACLErr
}

// withoutSource is the same cache without its source: it asks for nothing more.
func (m *factCache) withoutSource() *factCache {
	if m == nil {
		return &factCache{}
	}
	c := *m
	c.source = nil
	return &c
}

// asked reports whether some fact was asked for.
func (m *factCache) asked() bool { return m.head != nil || m.tagsGot || m.aclGot }
