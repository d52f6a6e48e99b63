package rules

import "errors"

// memo keeps what was learned about an object, so that each fact is asked for
// once.
type memo struct {
	source Facts

	head    *Head
	headErr error
	tags    []Pair
	tagsErr error
	tagsGot bool
	acl     string
	aclErr  error
	aclGot  bool
}

// The OSS requests behind the facts.
const (
	headObject       = "HeadObject"
	getObjectTagging = "GetObjectTagging"
	getObjectACL     = "GetObjectAcl"
)

// Head is the memo's answer, asked for at the first call.
func (m *memo) Head() (Head, error) {
	if m.head == nil {
		m.head = &Head{}
		if m.headErr = ErrNotKnown; m.source != nil {
			*m.head, m.headErr = m.source.Head()
		}
	}
	return *m.head, m.headErr
}

// Tags is the memo's answer, asked for at the first call.
func (m *memo) Tags() ([]Pair, error) {
	if !m.tagsGot {
		m.tagsGot = true
		if m.tagsErr = ErrNotKnown; m.source != nil {
			m.tags, m.tagsErr = m.source.Tags()
		}
	}
	return m.tags, m.tagsErr
}

// ACL is the memo's answer, asked for at the first call.
func (m *memo) ACL() (string, error) {
	if !m.aclGot {
		m.aclGot = true
		if m.aclErr = ErrNotKnown; m.source != nil {
			m.acl, m.aclErr = m.source.ACL()
		}
	}
	return m.acl, m.aclErr
}

// frozen answers what was learned so far and asks for nothing more.
func (m *memo) frozen() *memo {
	if m == nil {
		return &memo{}
	}
	c := *m
	c.source = nil
	return &c
}

// answerTo is what a test comes to when its fact gave that error.
func answerTo(err error) answer {
	if errors.Is(err, ErrNotKnown) {
		return depends
	}
	return unread
}

// asked is whether any fact was asked for.
func (m *memo) asked() bool { return m.head != nil || m.tagsGot || m.aclGot }
