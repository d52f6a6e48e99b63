package sorted

import (
	"bytes"
	"cmp"
	"slices"
)

// chunkSize is how much memory a buffer takes at a time: it never copies what it has.
const chunkSize = 1 << 20

// Buffer collects records in any order. The zero value is empty.
type Buffer struct {
	chunks  [][]byte
	last    int // the chunk that is being filled
	records []span
	size    int // bytes of the records
}

// span is where a record lies in the chunks of a buffer.
type span struct{ chunk, key, value, end int32 }

// Add adds a record, whose bytes are copied.
func (b *Buffer) Add(r Record) {
	length := len(r.Key) + len(r.Value)
	chunk := b.room(length)
	at := len(*chunk)
	*chunk = append(append(*chunk, r.Key...), r.Value...)
	b.records = append(b.records, span{int32(b.last), int32(at), int32(at + len(r.Key)), int32(at + length)})
	b.size += length
}

// room is the chunk that is being filled, which has so much room.
func (b *Buffer) room(length int) *[]byte {
	for ; b.last < len(b.chunks); b.last++ {
		if c := &b.chunks[b.last]; len(*c)+length <= cap(*c) {
			return c
		}
	}
	b.chunks = append(b.chunks, make([]byte, 0, max(chunkSize, length)))
	return &b.chunks[b.last]
}

// Size is how many bytes the buffer takes.
func (b *Buffer) Size() int { return b.size + 16*len(b.records) }

// Len is the number of records.
func (b *Buffer) Len() int { return len(b.records) }

// Reset empties the buffer, which keeps its memory.
func (b *Buffer) Reset() {
	for i := range b.chunks {
		b.chunks[i] = b.chunks[i][:0]
	}
	b.last, b.size, b.records = 0, 0, b.records[:0]
}

func (b *Buffer) key(s span) []byte   { return b.chunks[s.chunk][s.key:s.value] }
func (b *Buffer) value(s span) []byte { return b.chunks[s.chunk][s.value:s.end] }

// Run sorts the records into a run of that name, whose content is to be written. Records of the same key keep their
// order.
func (b *Buffer) Run(name string) (run Run, content []byte) {
	slices.SortFunc(b.records, func(x, y span) int {
		return cmp.Or(bytes.Compare(b.key(x), b.key(y)), cmp.Compare(x.chunk, y.chunk), cmp.Compare(x.key, y.key))
	})
	w := newWriter(name)
	w.content.Grow(b.size / 4) // what it usually takes
	for _, s := range b.records {
		w.add(Record{b.key(s), b.value(s)})
	}
	return w.finish()
}
