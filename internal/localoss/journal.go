package localoss

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
)

// generation is the journal's first line: how often the directory was opened.
type generation struct{ Generation uint64 }

// load restores the state that the directory stores, rewrites the journal, and deletes files that
// are no longer used.
func (s *Server) load(d *diskStore) error {
	var g generation
	f, err := d.root.Open("journal")
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		g, err = s.replay(d, f)
		f.Close()
		if err != nil {
			return fmt.Errorf("journal: %w", err)
		}
	}
	g.Generation++
	// No id repeats one of an earlier run, even if the clock did not advance.
	s.lastID.Store(g.Generation << 40)
	d.number = g.Generation << 40
	if err := s.rewrite(d, g); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	used := d.blobs
	d.blobs, d.patterns = nil, nil
	return d.sweep(used)
}

// replay applies every line of the journal. A last line without a line feed was never
// acknowledged and is dropped.
func (s *Server) replay(d *diskStore, f io.Reader) (g generation, err error) {
	r := bufio.NewReaderSize(f, 1<<20)
	for n := 1; ; n++ {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return g, nil
		}
		if err != nil {
			return g, err
		}
		if n == 1 {
			err = json.Unmarshal(line, &g)
		} else {
			err = s.replayStep(d, line)
		}
		if err != nil {
			return g, fmt.Errorf("line %d: %w", n, err)
		}
	}
}

func (s *Server) replayStep(d *diskStore, line []byte) error {
	var mutations []mutation
	if err := json.Unmarshal(line, &mutations); err != nil {
		return err
	}
	for _, m := range mutations {
		b, ok := s.buckets.get(m.Bucket)
		if !ok {
			if m.Config == nil {
				return fmt.Errorf("no bucket %s", m.Bucket)
			}
			b = s.newBucket(m.Bucket, m.Config)
		}
		d.resolveBlobs(m)
		s.apply(b, m)
	}
	return nil
}

// resolveBlobs replaces the names of files and patterns in a mutation by the blobs themselves.
func (d *diskStore) resolveBlobs(m mutation) {
	for _, c := range m.contents() {
		named := c.extents
		*c = content{}
		for _, e := range named {
			switch name := e.blob.(type) {
			case fileName:
				if d.blobs[string(name)] == nil {
					d.blobs[string(name)] = d.blob(string(name))
				}
				e.blob = d.blobs[string(name)]
			case seedName:
				if d.patterns[uint64(name)] == nil {
					d.patterns[uint64(name)] = newPattern(uint64(name))
				}
				e.blob = d.patterns[uint64(name)]
			}
			*c = c.append(e)
		}
	}
}

func (m mutation) contents() []*content {
	switch {
	case m.Put != nil:
		return []*content{&m.Put.Content}
	case m.Swap != nil:
		return []*content{&m.Swap.Content}
	case m.Part != nil:
		return []*content{&m.Part.Content}
	}
	return nil
}

// rewrite replaces the journal by a new one that leads to the present state.
func (s *Server) rewrite(d *diskStore, g generation) error {
	f, err := d.root.OpenFile("journal.new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	w := &counter{w: bufio.NewWriterSize(f, 1<<20)}
	err = s.dump(json.NewEncoder(w), g)
	if err == nil {
		err = w.w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = d.root.Rename("journal.new", "journal")
	}
	if err != nil {
		f.Close()
		return err
	}
	d.journal, d.end = f, w.n
	return nil
}

type counter struct {
	w *bufio.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// dump writes the mutations that lead from nothing to the present state.
func (s *Server) dump(out *json.Encoder, g generation) error {
	errs := []error{out.Encode(g)}
	step := func(m mutation) { errs = append(errs, out.Encode([]mutation{m})) }
	for name, b := range s.buckets.from("") {
		step(mutation{Bucket: name, Config: &b.config})
		for key, e := range b.keys.from("") {
			for _, v := range e.versions {
				step(mutation{Bucket: name, Key: key, Put: v})
			}
		}
		for _, u := range b.uploads.from(uploadKey{}) {
			step(mutation{Bucket: name, Key: u.Key, Open: u})
			for _, p := range u.parts.from(0) {
				step(mutation{Bucket: name, Key: u.Key, UploadID: u.ID, Part: p})
			}
		}
	}
	return errors.Join(errs...)
}

// sweep deletes files that no object and no part uses: of uploads that failed, and of what was
// deleted shortly before the last shutdown.
func (d *diskStore) sweep(used map[string]*fileBlob) error {
	dir, err := d.root.Open("blobs")
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	for _, name := range names {
		name = "blobs/" + name
		if used[name] == nil {
			if err := d.root.Remove(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// fileName and seedName take the place of a fileBlob and a pattern between decoding and
// resolveBlobs.
type (
	fileName string
	seedName uint64
)

func (fileName) ReadAt([]byte, int64) (int, error) { return 0, fs.ErrClosed }
func (fileName) crc(int64, int64) (uint64, error)  { return 0, fs.ErrClosed }
func (seedName) ReadAt([]byte, int64) (int, error) { return 0, fs.ErrClosed }
func (seedName) crc(int64, int64) (uint64, error)  { return 0, fs.ErrClosed }

// extentJSON is an extent as the journal has it: bytes of a file or of a pattern, or the bytes
// themselves.
type extentJSON struct {
	File    string  `json:",omitempty"`
	Pattern *uint64 `json:",omitempty"`
	Bytes   []byte  `json:",omitempty"`
	Off     int64   `json:",omitempty"`
	N       int64
	CRC     string
}

// MarshalJSON returns the content as a list of extents.
func (c content) MarshalJSON() ([]byte, error) {
	list := make([]extentJSON, len(c.extents))
	for i, e := range c.extents {
		x := extentJSON{Off: e.off, N: e.n, CRC: strconv.FormatUint(e.crc, 16)}
		switch b := e.blob.(type) {
		case *fileBlob:
			x.File = b.name
		case *pattern:
			x.Pattern = &b.seed
		case memory:
			x.Bytes, x.Off = b[e.off:e.off+e.n], 0
		}
		list[i] = x
	}
	return json.Marshal(list)
}

// UnmarshalJSON decodes a list of extents. resolveBlobs must be called afterwards.
func (c *content) UnmarshalJSON(text []byte) error {
	var list []extentJSON
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&list); err != nil {
		return err
	}
	*c = content{}
	for _, x := range list {
		crc, err := strconv.ParseUint(x.CRC, 16, 64)
		if err != nil {
			return err
		}
		e := extent{off: x.Off, n: x.N, crc: crc}
		switch {
		case x.File != "":
			e.blob = fileName(x.File)
		case x.Pattern != nil:
			e.blob = seedName(*x.Pattern)
		default:
			e.blob = memory(x.Bytes)
		}
		*c = c.append(e)
	}
	return nil
}
