package localoss

import (
	"errors"
	"io"
	"sync"
)

// memory is a blob whose bytes are in memory.
type memory []byte

func (m memory) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, m[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m memory) crc(off, n int64) (uint64, error) { return crcUpdate(0, m[off:off+n]), nil }

// pattern is an endless blob that repeats one unit of bytes. It needs no space, and the CRC of any
// range is calculated without reading it.
type pattern struct {
	seed   uint64
	unit   []byte
	crcs   []uint64 // crcs[i] is the CRC of the first i bytes of unit
	repeat uint64   // CRC of the whole unit
}

// patternUnit is the length of a seeded pattern's unit. It is a prime, so that parts of a usual size
// differ from each other.
const patternUnit = 4093

// newPattern returns the pattern of a seed; seed 0 is all zero bytes.
func newPattern(seed uint64) *pattern {
	p := &pattern{seed: seed, unit: make([]byte, 1)}
	if seed != 0 {
		p.unit = make([]byte, patternUnit)
		for i, x := 0, seed; i < len(p.unit); i++ {
			x += 0x9E3779B97F4A7C15 // splitmix64
			z := (x ^ x>>30) * 0xBF58476D1CE4E5B9
			z = (z ^ z>>27) * 0x94D049BB133111EB
			p.unit[i] = byte(z>>31 ^ z)
		}
	}
	p.crcs = make([]uint64, len(p.unit)+1)
	for i, b := range p.unit {
		p.crcs[i+1] = crcUpdate(p.crcs[i], []byte{b})
	}
	p.repeat = p.crcs[len(p.unit)]
	return p
}

// patterns are those of the seeds that were used: objects of one seed share theirs.
type patterns struct {
	mu     sync.Mutex
	bySeed map[uint64]*pattern
}

func (p *patterns) of(seed uint64) *pattern {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bySeed == nil {
		p.bySeed = make(map[uint64]*pattern)
	}
	if p.bySeed[seed] == nil {
		p.bySeed[seed] = newPattern(seed)
	}
	return p.bySeed[seed]
}

func (p *pattern) ReadAt(b []byte, off int64) (int, error) {
	if len(p.unit) == 1 {
		clear(b)
		return len(b), nil
	}
	for n := 0; n < len(b); {
		n += copy(b[n:], p.unit[(off+int64(n))%int64(len(p.unit)):])
	}
	return len(b), nil
}

func (p *pattern) crc(off, n int64) (uint64, error) {
	unit := int64(len(p.unit))
	start := off % unit
	if start+n <= unit {
		return crcUpdate(0, p.unit[start:start+n]), nil
	}
	crc := crcUpdate(0, p.unit[start:])
	n -= unit - start
	whole := n / unit
	crc = crcCombine(crc, crcRepeat(p.repeat, unit, whole), whole*unit)
	return crcCombine(crc, p.crcs[n%unit], n%unit), nil
}

// chunk is the maximum number of uploaded bytes with one CRC. A copy of a range has to read at most
// this much at each end.
const chunk = 4 << 20

var (
	// errTooLarge is returned for a body beyond the limit.
	errTooLarge = errors.New("body is larger than allowed")
	// errIncomplete is returned for a body shorter than announced.
	errIncomplete = errors.New("body is shorter than Content-Length announces")
)

// readChunks passes a body to keep, in pieces of at most chunk bytes. size is the body's length as
// announced by the client, or -1. It is checked, not trusted: at most one piece is allocated at a
// time, and a body of another length is an error.
func readChunks(r io.Reader, size, limit int64, keep func([]byte) error) error {
	if size > limit {
		return errTooLarge
	}
	for total, room := int64(0), int64(64<<10); ; room = chunk {
		if size >= 0 {
			room = min(chunk, size-total)
		}
		buf := make([]byte, room)
		n, err := fill(r, buf)
		total += int64(n)
		if total > limit {
			return errTooLarge
		}
		if n > 0 {
			if n < len(buf)/2 {
				buf = append(make([]byte, 0, n), buf[:n]...)
			}
			if err := keep(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case total == size, size < 0 && errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, io.EOF):
			return errIncomplete
		case err != nil:
			return err
		}
	}
}

// fill reads until p is full or r ends. Unlike io.ReadFull it returns io.EOF for every clean end. A
// connection that is cut within a chunked body, which net/http reports as io.ErrUnexpectedEOF, is
// therefore distinguishable.
func fill(r io.Reader, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = r.Read(p[n:])
		n += m
	}
	return n, err
}

// readMemory reads a body into memory and hash.
func readMemory(r io.Reader, size, limit int64, hash io.Writer) (c content, err error) {
	err = readChunks(r, size, limit, func(p []byte) error {
		hash.Write(p)
		c = c.append(extent{memory(p), 0, int64(len(p)), crcUpdate(0, p)})
		return nil
	})
	return c, err
}
