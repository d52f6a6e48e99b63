package localoss

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"sync"

	"afterput/internal/filelock"
)

// diskStore stores the server's state in a directory:
//
//	lock      locked while a server uses the directory
//	journal   the first line is the generation; each other line is one step, a JSON list of mutations
//	blobs/    uploaded bytes, in files named by number
//
// A step is one write at the end of the journal: after a crash of the process it is there
// completely, or is cut off and was never acknowledged. The journal is not synced to disk: an
// acknowledged step survives the end of the process, but not always a power failure. Each start
// rewrites the journal with what is left. Names of buckets and keys never become file names.
type diskStore struct {
	root *os.Root
	lock *os.File

	mu      sync.Mutex
	journal *os.File
	end     int64  // length of the journal's complete lines
	broken  error  // nothing can be logged any more
	number  uint64 // of the last blob

	// The blobs and patterns that the journal has named so far, while it is read.
	blobs    map[string]*fileBlob
	patterns map[uint64]*pattern
}

// fileBlob is a blob in a file. It opens the file for each read, so that many objects do not exhaust
// the file descriptors.
type fileBlob struct {
	root *os.Root
	name string
}

func (b *fileBlob) ReadAt(p []byte, off int64) (int, error) {
	f, err := b.root.Open(b.name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return f.ReadAt(p, off)
}

func (b *fileBlob) crc(off, n int64) (crc uint64, err error) {
	f, err := b.root.Open(b.name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	buf := make([]byte, min(n, 256<<10))
	for n > 0 {
		m, err := f.ReadAt(buf[:min(n, int64(len(buf)))], off)
		if m == 0 && err != nil {
			return 0, err
		}
		crc = crcUpdate(crc, buf[:m])
		off, n = off+int64(m), n-int64(m)
	}
	return crc, nil
}

// openDiskStore opens or creates the directory, for one server at a time.
func openDiskStore(dir string) (*diskStore, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	d := &diskStore{root: root, blobs: map[string]*fileBlob{}, patterns: map[uint64]*pattern{}}
	if err := d.acquire(); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *diskStore) acquire() (err error) {
	if d.lock, err = d.root.OpenFile("lock", os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := filelock.Lock(d.lock); errors.Is(err, filelock.ErrLocked) {
		return errors.New("another server uses it")
	} else if err != nil {
		return err
	}
	if err := d.root.Mkdir("blobs", 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (d *diskStore) write(r io.Reader, size, limit int64, hash io.Writer) (c content, err error) {
	d.mu.Lock()
	d.number++
	name := "blobs/" + strconv.FormatUint(d.number, 10)
	d.mu.Unlock()
	f, err := d.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return c, err
	}
	b := d.blob(name)
	off := int64(0)
	err = readChunks(r, size, limit, func(p []byte) error {
		hash.Write(p)
		c = c.append(extent{b, off, int64(len(p)), crcUpdate(0, p)})
		off += int64(len(p))
		if _, err := f.Write(p); err != nil {
			return fmt.Errorf("%w: %w", errStore, err)
		}
		return nil
	})
	if cerr := f.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("%w: %w", errStore, cerr)
	}
	return c, err
}

// errStore is an error of the disk, not of the client.
var errStore = errors.New("the data directory cannot be written")

// blob returns the blob of a file. The file is deleted when nothing refers to the blob any more.
func (d *diskStore) blob(name string) *fileBlob {
	b := &fileBlob{d.root, name}
	runtime.AddCleanup(b, func(root *os.Root) { _ = root.Remove(name) }, d.root)
	return b
}

func (d *diskStore) log(mutations []mutation) error {
	line, err := json.Marshal(mutations)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken != nil {
		return d.broken
	}
	if _, err := d.journal.WriteAt(append(line, '\n'), d.end); err != nil {
		// An incomplete line must not remain before the next one.
		if terr := d.journal.Truncate(d.end); terr != nil {
			d.broken = errors.Join(err, terr)
		}
		return err
	}
	d.end += int64(len(line)) + 1
	return nil
}

func (d *diskStore) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broken = fs.ErrClosed
	var errs []error
	if d.journal != nil {
		errs = append(errs, d.journal.Close())
	}
	if d.lock != nil {
		errs = append(errs, d.lock.Close())
	}
	errs = append(errs, d.root.Close())
	return errors.Join(errs...)
}
