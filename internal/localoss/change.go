package localoss

import "slices"

// change is one step from one state of the server to the next. Every step is
// one of these, whether a request makes it or a restart repeats it.
type change struct {
	Bucket string
	// Config makes the bucket, or replaces its configuration; Drop deletes it.
	Config *bucketConfig `json:",omitempty"`
	Drop   bool          `json:",omitempty"`

	Key string `json:",omitempty"`
	// Put is a new newest version of the key. One with the id "null" takes
	// the place of the key's null version, if there is one.
	Put *version `json:",omitempty"`
	// Swap takes the place of the version that has its id.
	Swap *version `json:",omitempty"`
	// Remove is the id of a version to delete for good.
	Remove string `json:",omitempty"`

	// Open is a multipart upload that was initiated. Part belongs to the
	// upload UploadID; Emptied takes all parts out of that upload, Closed ends it.
	Open     *upload `json:",omitempty"`
	UploadID string  `json:",omitempty"`
	Part     *part   `json:",omitempty"`
	Emptied  bool    `json:",omitempty"`
	Closed   bool    `json:",omitempty"`
}

// commit records the changes and then shows them. The caller holds the lock of
// the bucket they are about; for a bucket that is made or deleted, s.mu too.
func (s *Server) commit(b *bucket, changes ...change) *Error {
	if err := s.store.log(changes); err != nil {
		return refuse(InternalError, "the change could not be stored")
	}
	for _, c := range changes {
		s.apply(b, c)
	}
	return nil
}

func (s *Server) apply(b *bucket, c change) {
	switch {
	case c.Config != nil:
		b.config = *c.Config
		if !b.made {
			b.made = true
			s.buckets.set(b.name, b)
		}
	case c.Drop:
		b.gone = true
		s.buckets.delete(b.name)
	case c.Open != nil:
		c.Open.parts = newParts()
		b.uploads.set(uploadKey{c.Open.Key, c.Open.ID}, c.Open)
	case c.Part != nil:
		if u, ok := b.uploads.get(uploadKey{c.Key, c.UploadID}); ok {
			u.parts.set(c.Part.Number, c.Part)
		}
	case c.Emptied:
		if u, ok := b.uploads.get(uploadKey{c.Key, c.UploadID}); ok {
			u.parts = newParts()
		}
	case c.Closed:
		b.uploads.delete(uploadKey{c.Key, c.UploadID})
	default:
		s.applyVersion(b, c)
	}
}

func (s *Server) applyVersion(b *bucket, c change) {
	e, ok := b.keys.get(c.Key)
	if !ok {
		if c.Put == nil {
			return
		}
		e = &entry{key: c.Key}
		b.keys.set(c.Key, e)
	}
	before := e.current()
	switch {
	case c.Put != nil:
		if i, _ := e.find(c.Put.ID); i >= 0 {
			e.versions = slices.Delete(e.versions, i, i+1)
		}
		e.versions = append(e.versions, c.Put)
	case c.Swap != nil:
		if i, _ := e.find(c.Swap.ID); i >= 0 {
			e.versions[i] = c.Swap
		}
	default:
		if i, _ := e.find(c.Remove); i >= 0 {
			e.versions = slices.Delete(e.versions, i, i+1)
		}
		if len(e.versions) == 0 {
			b.keys.delete(c.Key)
		}
	}
	if now := e.current(); now != before && s.config.OnChange != nil {
		s.config.OnChange(b.name, c.Key, describe(c.Key, now))
	}
}
