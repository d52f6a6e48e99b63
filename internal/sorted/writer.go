package sorted

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
)

// blockSize is how many bytes of records are compressed together: what a run that is read holds in memory.
const blockSize = 32 << 10

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

func newWriter(name string) *writer { return &writer{run: Run{Name: name}} }

// add adds a record, whose bytes are copied.
func (w *writer) add(r Record) {
	if w.run.Records == 0 {
		w.run.First = bytes.Clone(r.Key)
	}
	w.run.Records++
	if len(w.block) == 0 {
		w.first, w.last = append(w.first[:0], r.Key...), w.last[:0]
	}
	same := commonLength(w.last, r.Key)
	w.block = binary.AppendUvarint(w.block, uint64(same))
	w.block = appendText(w.block, r.Key[same:])
	w.block = appendText(w.block, r.Value)
	w.last = append(w.last[:same], r.Key[same:]...)
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

// finish gives the run and its content.
func (w *writer) finish() (Run, []byte) {
	w.flush()
	w.run.Index = int64(w.content.Len())
	w.content.Write(w.index)
	w.content.Write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(w.index)))
	w.run.Size = int64(w.content.Len())
	return w.run, w.content.Bytes()
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
