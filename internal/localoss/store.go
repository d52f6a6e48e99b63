package localoss

import "io"

// store keeps what the server is told. The memory store keeps nothing beyond
// what the buckets hold.
type store interface {
	// write stores a body as content.
	write(r io.Reader, size, limit int64, hash io.Writer) (content, error)
	// log records changes, all or none, before they show. It is called in
	// the order in which the changes of a bucket are applied.
	log(changes []mutation) error
	close() error
}

type memoryStore struct{}

func (memoryStore) write(r io.Reader, size, limit int64, hash io.Writer) (content, error) {
	return readMemory(r, size, limit, hash)
}
func (memoryStore) log([]mutation) error { return nil }
func (memoryStore) close() error         { return nil }
