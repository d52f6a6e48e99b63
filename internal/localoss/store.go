package localoss

import "io"

// store stores uploaded bytes and logs mutations. The memory store logs nothing: the buckets hold
// everything.
type store interface {
	// write stores a body of at most limit bytes and writes it to hash too. size is its announced
	// length or -1.
	write(r io.Reader, size, limit int64, hash io.Writer) (content, error)
	// log stores mutations, all or none, before they become visible. For each bucket it is called in
	// the order in which they are applied.
	log(mutations []mutation) error
	close() error
}

type memoryStore struct{}

func (memoryStore) write(r io.Reader, size, limit int64, hash io.Writer) (content, error) {
	return readMemory(r, size, limit, hash)
}
func (memoryStore) log([]mutation) error { return nil }
func (memoryStore) close() error         { return nil }
