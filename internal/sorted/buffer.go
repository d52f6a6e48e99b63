package sorted

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// blockSize is how many bytes of records are compressed together: what a run that is read holds in memory.
const blockSize = 32 << 10

// Buffer collects records in any order. The zero value is empty.
type Buffer struct {
	bytes   []byte
	records []span
}

// span is where a record lies in the bytes of a buffer.
type span struct{ key, value, end int }

// Add adds a record, whose bytes are copied.
func (b *Buffer) Add(r Record) {
	at := len(b.bytes)
	b.bytes = append(append(b.bytes, r.Key...), r.Value...)
	b.records = append(b.records, span{at, at + len(r.Key), len(b.bytes)})
}

// Size is how many bytes the buffer takes.
func (b *Buffer) Size() int { return len(b.bytes) + 24*len(b.records) }

// Len is the number of records.
func (b *Buffer) Len() int { return len(b.records) }

// Reset empties the buffer, which keeps its memory.
func (b *Buffer) Reset() { b.bytes, b.records = b.bytes[:0], b.records[:0] }

func (b *Buffer) at(i int) Record {
	s := b.records[i]
	return Record{b.bytes[s.key:s.value], b.bytes[s.value:s.end]}
}

// Run sorts the records into a run of that name, whose content is to be written. Records of the same key keep their
// order.
func (b *Buffer) Run(name string) (run Run, content []byte) {
	slices.SortStableFunc(b.records, func(x, y span) int {
		return bytes.Compare(b.bytes[x.key:x.value], b.bytes[y.key:y.value])
	})
	w := writer{run: Run{Name: name, Records: int64(len(b.records))}}
	for i := range b.records {
		w.add(b.at(i))
	}
	w.finish()
	return w.run, w.content.Bytes()
}

// writer puts sorted records into blocks. A run is its blocks, and then the index: for each block the length of its
// content, its checksum and its first key.
type writer struct {
	run     Run
	content bytes.Buffer
	packer  *flate.Writer
	block   []byte
	first   []byte // key of the block's first record
	last    []byte // key of its latest
	index   []byte
}

func (w *writer) add(r Record) {
	if len(w.block) == 0 {
		w.first, w.last = r.Key, nil
	}
	same := commonLength(w.last, r.Key)
	w.block = binary.AppendUvarint(w.block, uint64(same))
	w.block = appendText(w.block, r.Key[same:])
	w.block = appendText(w.block, r.Value)
	w.last = r.Key
	if len(w.block) >= blockSize {
		w.flush()
	}
}

// flush compresses the block and adds it to the index.
func (w *writer) flush() {
	if len(w.block) == 0 {
		return
	}
	if w.packer == nil {
		w.packer, _ = flate.NewWriter(nil, flate.BestSpeed)
	}
	from := w.content.Len()
	w.packer.Reset(&w.content)
	_, _ = w.packer.Write(w.block) // a bytes.Buffer takes everything
	_ = w.packer.Close()
	packed := w.content.Bytes()[from:]
	w.index = binary.AppendUvarint(w.index, uint64(len(packed)))
	w.index = binary.BigEndian.AppendUint32(w.index, crc32.ChecksumIEEE(packed))
	w.index = appendText(w.index, w.first)
	w.block = w.block[:0]
}

func (w *writer) finish() {
	w.flush()
	w.run.Index = int64(w.content.Len())
	w.content.Write(w.index)
	w.content.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(w.index)))
	w.run.Size = int64(w.content.Len())
}

func appendText(b, text []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// commonLength is how many bytes two keys begin with in common.
func commonLength(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
