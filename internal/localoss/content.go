package localoss

import (
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
)

// blob is a sequence of bytes that never changes. All objects and parts that were uploaded or copied
// from it share it.
type blob interface {
	io.ReaderAt
	// crc returns the CRC-64 of n bytes from off.
	crc(off, n int64) (uint64, error)
}

// extent is n bytes of a blob from off, with their CRC-64.
type extent struct {
	blob   blob
	off, n int64
	crc    uint64
}

// content is the content of an object or part: a list of extents. It is never changed, so that a
// copy shares it and moves no bytes.
type content struct {
	extents []extent
	size    int64
	crc     uint64
}

// append returns the content followed by more extents.
func (c content) append(more ...extent) content {
	c.extents = append(make([]extent, 0, len(c.extents)+len(more)), c.extents...)
	for _, e := range more {
		if e.n == 0 {
			continue
		}
		c.crc = crcCombine(c.crc, e.crc, e.n)
		c.size += e.n
		if last := len(c.extents) - 1; last >= 0 && joins(c.extents[last], e) {
			joined := &c.extents[last]
			joined.crc = crcCombine(joined.crc, e.crc, e.n)
			joined.n += e.n
			continue
		}
		c.extents = append(c.extents, e)
	}
	return c
}

// joins reports whether b continues a in the same pattern. Extents of stored bytes are never joined:
// their own CRCs save reading them when a range is copied.
func joins(a, b extent) bool {
	p, ok := a.blob.(*pattern)
	q, _ := b.blob.(*pattern)
	return ok && p == q && a.off+a.n == b.off
}

// slice returns n bytes from off. The range must be within the content.
func (c content) slice(off, n int64) (content, error) {
	if off == 0 && n == c.size {
		return c, nil
	}
	var out content
	for _, e := range c.extents {
		if n == 0 {
			break
		}
		if off >= e.n {
			off -= e.n
			continue
		}
		take := min(n, e.n-off)
		if take < e.n {
			crc, err := e.blob.crc(e.off+off, take)
			if err != nil {
				return content{}, err
			}
			e = extent{e.blob, e.off + off, take, crc}
		}
		out = out.append(e)
		off, n = 0, n-take
	}
	return out, nil
}

// corrupt returns the content with one bit of the byte at off flipped.
func (c content) corrupt(off int64) (content, error) {
	if off < 0 || off >= c.size {
		return c, nil
	}
	var b [1]byte
	if _, err := c.reader(off, 1).Read(b[:]); err != nil {
		return c, err
	}
	b[0] ^= 1
	head, err := c.slice(0, off)
	if err != nil {
		return c, err
	}
	tail, err := c.slice(off+1, c.size-off-1)
	if err != nil {
		return c, err
	}
	flipped := memory(b[:])
	return head.append(extent{flipped, 0, 1, crcUpdate(0, b[:])}).append(tail.extents...), nil
}

// maxHashed is the maximum number of bytes that are read to calculate an ETag.
const maxHashed = 16 << 20

// etag returns the ETag of a copied part: the MD5 of its bytes if they are stored and few, otherwise
// a digest of size and CRC-64. OSS guarantees neither.
func (c content) etag() (string, error) {
	h := md5.New()
	if c.size <= maxHashed && !slices.ContainsFunc(c.extents, extent.sparse) {
		if _, err := io.Copy(h, c.reader(0, c.size)); err != nil {
			return "", err
		}
	} else {
		var b [16]byte
		binary.BigEndian.PutUint64(b[:], c.crc)
		binary.BigEndian.PutUint64(b[8:], uint64(c.size))
		h.Write(b[:])
	}
	return strings.ToUpper(hex.EncodeToString(h.Sum(nil))), nil
}

// sparse reports whether the bytes are calculated, not stored.
func (e extent) sparse() bool {
	_, ok := e.blob.(*pattern)
	return ok
}

// reader returns a reader of n bytes from off.
func (c content) reader(off, n int64) *contentReader {
	return &contentReader{extents: c.extents, off: off, left: n}
}

type contentReader struct {
	extents   []extent
	off, left int64 // off counts from the start of extents[0]
}

func (r *contentReader) next() (e extent, ok bool) {
	for len(r.extents) > 0 && r.off >= r.extents[0].n {
		r.off -= r.extents[0].n
		r.extents = r.extents[1:]
	}
	if r.left == 0 || len(r.extents) == 0 {
		return e, false
	}
	e = r.extents[0]
	e.off += r.off
	e.n = min(e.n-r.off, r.left)
	return e, true
}

func (r *contentReader) Read(p []byte) (int, error) {
	e, ok := r.next()
	if !ok {
		return 0, io.EOF
	}
	n, err := e.blob.ReadAt(p[:min(int64(len(p)), e.n)], e.off)
	r.off += int64(n)
	r.left -= int64(n)
	if n > 0 || errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// WriteTo writes bytes in memory directly, without copying them to a buffer.
func (r *contentReader) WriteTo(w io.Writer) (total int64, err error) {
	var buf []byte
	for {
		e, ok := r.next()
		if !ok {
			return total, nil
		}
		var p []byte
		if m, ok := e.blob.(memory); ok {
			p = m[e.off : e.off+e.n]
			r.off += e.n
			r.left -= e.n
		} else {
			if buf == nil {
				buf = make([]byte, min(256<<10, r.left))
			}
			n, err := r.Read(buf)
			if err != nil {
				return total, err
			}
			p = buf[:n]
		}
		n, err := w.Write(p)
		total += int64(n)
		if err != nil {
			return total, err
		}
	}
}
