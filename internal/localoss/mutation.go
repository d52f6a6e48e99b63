package localoss

import "slices"

// mutation is one change of the server's state. Every change of state is a mutation, whether a
// request makes it or a restart reads it from the journal. Exactly one of Config, Drop, Put,
// Swap, Remove, Open, Part, Emptied and Closed is set. Its JSON is the journal's format.
type mutation struct {
	Bucket string
	// Config creates the bucket, or replaces its configuration; Drop deletes it.
	Config *bucketConfig `json:",omitempty"`
	Drop   bool          `json:",omitempty"`

	Key string `json:",omitempty"`
	// Put is a new current version of the key. If its id is "null" it also removes the key's
	// existing null version.
	Put *version `json:",omitempty"`
	// Swap replaces the version that has its id.
	Swap *version `json:",omitempty"`
	// Remove is the id of a version to delete permanently.
	Remove string `json:",omitempty"`

	// Open is a new multipart upload.
	Open *upload `json:",omitempty"`
	// UploadID is the upload that Part, Emptied or Closed is about.
	UploadID string `json:",omitempty"`
	// Part is a part of the upload; it replaces the one with its number.
	Part *part `json:",omitempty"`
	// Emptied deletes the upload's parts and leaves it open.
	Emptied bool `json:",omitempty"`
	// Closed ends the upload, completed or aborted.
	Closed bool `json:",omitempty"`
}

// commit stores the mutations and then makes them visible. The caller holds the lock of the
// bucket, and s.mu too if the bucket is created or deleted.
func (s *Server) commit(b *bucket, mutations ...mutation) *Error {
	if err := s.store.log(mutations); err != nil {
		return refuse(InternalError, "the change could not be stored")
	}
	for _, m := range mutations {
		s.apply(b, m)
	}
	return nil
}

// replaceVersion commits a changed version in place of the one with its id.
func (s *Server) replaceVersion(b *bucket, key string, changed *version) *Error {
	return s.commit(b, mutation{Bucket: b.name, Key: key, Swap: changed})
}

func (s *Server) apply(b *bucket, m mutation) {
	switch {
	case m.Config != nil:
		b.config = *m.Config
		b.policy.Store(parsedPolicy(m.Config.Policy))
		if !b.registered {
			b.registered = true
			s.buckets.set(b.name, b)
			s.byName.Store(b.name, b)
		}
	case m.Drop:
		b.deleted = true
		s.buckets.delete(b.name)
		s.byName.Delete(b.name)
	case m.Open != nil:
		m.Open.parts = newParts()
		b.uploads.set(uploadKey{m.Open.Key, m.Open.ID}, m.Open)
	case m.Part != nil:
		if u, ok := b.uploads.get(uploadKey{m.Key, m.UploadID}); ok {
			u.parts.set(m.Part.Number, m.Part)
		}
	case m.Emptied:
		if u, ok := b.uploads.get(uploadKey{m.Key, m.UploadID}); ok {
			u.parts = newParts()
		}
	case m.Closed:
		b.uploads.delete(uploadKey{m.Key, m.UploadID})
	default:
		s.applyToKey(b, m)
	}
}

// applyToKey applies Put, Swap or Remove.
func (s *Server) applyToKey(b *bucket, m mutation) {
	e, ok := b.keys.get(m.Key)
	if !ok {
		if m.Put == nil {
			return
		}
		e = &entry{key: m.Key}
		b.keys.set(m.Key, e)
	}
	before := e.current()
	switch {
	case m.Put != nil:
		if i, _ := e.find(m.Put.ID); i >= 0 {
			e.versions = slices.Delete(e.versions, i, i+1)
		}
		e.versions = append(e.versions, m.Put)
	case m.Swap != nil:
		if i, _ := e.find(m.Swap.ID); i >= 0 {
			e.versions[i] = m.Swap
		}
	default:
		if i, _ := e.find(m.Remove); i >= 0 {
			e.versions = slices.Delete(e.versions, i, i+1)
		}
		if len(e.versions) == 0 {
			b.keys.delete(m.Key)
		}
	}
	if now := e.current(); now != before && s.config.OnChange != nil {
		s.config.OnChange(b.name, m.Key, currentSnapshot(m.Key, now))
	}
}
