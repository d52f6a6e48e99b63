package sorted

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"sort"
)

// reader reads runs that follow each other.
type reader struct {
	ctx      context.Context
	store    Store
	runs     []Run // the first of them is being read
	order    int
	unpacker *unpacker

	blocks []block
	next   int // the block that is read next
	block  []byte
	rest   []byte // of the block
	record Record
	given  bool // the record was given away
}

// block is an entry of a run's index.
type block struct {
	offset, length int64
	sum            uint32
	first          []byte
}

// unpacker is shared by all readers of a merge: each unpacks a block at once.
type unpacker struct {
	packed bytes.Reader
	flate  io.ReadCloser
	raw    []byte
}

func (r *reader) damaged() error {
	return fmt.Errorf("%s is damaged: its checksum is wrong", r.runs[0].Name)
}

// seek moves to the first record behind a key. The error is io.EOF if there is none.
func (r *reader) seek(after []byte) error {
	if after != nil {
		behind := sort.Search(len(r.runs), func(i int) bool { return bytes.Compare(r.runs[i].First, after) > 0 })
		r.runs = r.runs[max(0, behind-1):]
	}
	if err := r.readIndex(); err != nil {
		return err
	}
	if after != nil {
		behind := sort.Search(len(r.blocks), func(i int) bool { return bytes.Compare(r.blocks[i].first, after) > 0 })
		r.next = max(0, behind-1)
	}
	for {
		if err := r.advance(); err != nil {
			return err
		}
		if after == nil || bytes.Compare(r.record.Key, after) > 0 {
			return nil
		}
	}
}

// readIndex begins to read a run.
func (r *reader) readIndex() error {
	r.blocks, r.next = r.blocks[:0], 0
	index, err := r.bytes(r.runs[0].Index, r.runs[0].Size-r.runs[0].Index)
	if err != nil {
		return err
	}
	if len(index) < 4 || crc32.ChecksumIEEE(index[:len(index)-4]) != binary.BigEndian.Uint32(index[len(index)-4:]) {
		return r.damaged()
	}
	offset := int64(0)
	for rest := index[:len(index)-4]; len(rest) > 0; {
		length, n := binary.Uvarint(rest)
		sum := binary.BigEndian.Uint32(rest[n:])
		var first []byte
		first, rest = cutText(rest[n+4:])
		r.blocks = append(r.blocks, block{offset, int64(length), sum, first})
		offset += int64(length)
	}
	return nil
}

func (r *reader) bytes(offset, length int64) ([]byte, error) {
	if r.unpacker.raw = r.unpacker.raw[:0]; int64(cap(r.unpacker.raw)) < length {
		r.unpacker.raw = make([]byte, 0, length)
	}
	b := r.unpacker.raw[:length]
	if r.runs[0].Index == offset {
		b = make([]byte, length) // the index stays
	}
	return b, r.store.ReadAt(r.ctx, r.runs[0].Name, b, offset)
}

// advance moves to the next record. The error is io.EOF behind the last.
func (r *reader) advance() error {
	r.given = false
	if len(r.rest) == 0 {
		if err := r.nextBlock(); err != nil {
			return err
		}
		r.record.Key = r.record.Key[:0]
	}
	same, n := binary.Uvarint(r.rest)
	var tail []byte
	tail, r.rest = cutText(r.rest[n:])
	r.record.Key = append(r.record.Key[:same], tail...)
	r.record.Value, r.rest = cutText(r.rest)
	return nil
}

func (r *reader) nextBlock() error {
	for r.next == len(r.blocks) {
		if r.runs = r.runs[1:]; len(r.runs) == 0 {
			return io.EOF
		}
		if err := r.readIndex(); err != nil {
			return err
		}
	}
	b := r.blocks[r.next]
	r.next++
	packed, err := r.bytes(b.offset, b.length)
	if err != nil {
		return err
	}
	if crc32.ChecksumIEEE(packed) != b.sum {
		return r.damaged()
	}
	if r.block == nil {
		r.block = make([]byte, 0, blockSize+blockSize/8) // grown as it is read, it would take twice as much
	}
	r.block, err = r.unpacker.unpack(packed, r.block[:0])
	r.rest = r.block
	return err
}

// unpack appends the content of a block to b.
func (u *unpacker) unpack(packed, b []byte) ([]byte, error) {
	u.packed.Reset(packed)
	if u.flate == nil {
		u.flate = flate.NewReader(&u.packed)
	} else if err := u.flate.(flate.Resetter).Reset(&u.packed, nil); err != nil {
		return nil, err
	}
	into := bytes.NewBuffer(b)
	_, err := io.Copy(into, u.flate)
	return into.Bytes(), err
}

func cutText(b []byte) (text, rest []byte) {
	length, n := binary.Uvarint(b)
	end := n + int(length)
	return b[n:end], b[end:]
}
