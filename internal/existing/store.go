package existing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/filelock"
	"afterput/internal/osscall"
)

// Store keeps the files of a job. A file is written as a whole.
type Store interface {
	Put(ctx context.Context, name string, content []byte) error
	// Get reads a file; ok is false if it does not exist.
	Get(ctx context.Context, name string) (content []byte, ok bool, err error)
	ReadAt(ctx context.Context, name string, b []byte, offset int64) error
	// Has reports whether a file exists. No file is empty.
	Has(ctx context.Context, name string) (bool, error)
	Delete(ctx context.Context, name string) error
	// Lock keeps other processes from working on the job, until unlock is called or this process has been dead for a
	// while. ErrLocked says that another process does so now.
	Lock(ctx context.Context) (unlock func(), err error)
}

// ErrLocked is why a job cannot be worked on: another process does so.
var ErrLocked = errors.New("another process is working on this job")

// Memory is a store that ends with the process.
type Memory struct {
	mu    sync.Mutex
	files map[string][]byte
}

// NewMemory returns an empty store.
func NewMemory() *Memory { return &Memory{files: make(map[string][]byte)} }

func (m *Memory) Put(_ context.Context, name string, content []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[name] = bytes.Clone(content)
	return nil
}

func (m *Memory) Get(_ context.Context, name string) ([]byte, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	content, ok := m.files[name]
	return content, ok, nil
}

func (m *Memory) ReadAt(ctx context.Context, name string, b []byte, offset int64) error {
	content, _, err := m.Get(ctx, name)
	if err != nil {
		return err
	}
	if int64(len(content)) < offset+int64(len(b)) || copy(b, content[offset:]) < len(b) {
		return fmt.Errorf("%s is shorter than it was", name)
	}
	return nil
}

func (m *Memory) Has(ctx context.Context, name string) (bool, error) {
	_, ok, err := m.Get(ctx, name)
	return ok, err
}

func (m *Memory) Delete(_ context.Context, name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.files, name)
	return nil
}

func (m *Memory) Lock(context.Context) (func(), error) { return func() {}, nil }

// Folder is a store on this machine.
type Folder struct {
	path    string
	writing sync.Mutex // held while the temporary file is used
}

// NewFolder returns a store in a folder, which is made if it does not exist.
func NewFolder(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, err
	}
	return &Folder{path: path}, nil
}

func (f *Folder) at(name string) string { return filepath.Join(f.path, filepath.FromSlash(name)) }

// Put writes all files under the same temporary name, so that what a process leaves there when it is killed is gone
// with the next file.
func (f *Folder) Put(_ context.Context, name string, content []byte) error {
	f.writing.Lock()
	defer f.writing.Unlock()
	temporary := f.at("writing.tmp")
	if err := os.WriteFile(temporary, content, 0o666); err != nil {
		return err
	}
	return os.Rename(temporary, f.at(name))
}

func (f *Folder) Get(_ context.Context, name string) ([]byte, bool, error) {
	content, err := os.ReadFile(f.at(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return content, err == nil, err
}

func (f *Folder) ReadAt(_ context.Context, name string, b []byte, offset int64) error {
	file, err := os.Open(f.at(name))
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.ReadAt(b, offset); err != nil {
		return fmt.Errorf("%s: %w", f.at(name), err)
	}
	return nil
}

func (f *Folder) Has(_ context.Context, name string) (bool, error) {
	_, err := os.Stat(f.at(name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (f *Folder) Delete(_ context.Context, name string) error {
	if err := os.Remove(f.at(name)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Lock locks a file of the folder. The system unlocks it when the process ends.
func (f *Folder) Lock(context.Context) (func(), error) {
	file, err := os.OpenFile(f.at("lock"), os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	if err := filelock.Lock(file); err != nil {
		_ = file.Close()
		if errors.Is(err, filelock.ErrLocked) {
			return nil, ErrLocked
		}
		return nil, err
	}
	return func() { _ = file.Close() }, nil
}

// BucketOSS is what a [Bucket] asks of the service. *oss.Client is one.
type BucketOSS interface {
	GetObject(context.Context, *oss.GetObjectRequest, ...func(*oss.Options)) (*oss.GetObjectResult, error)
	PutObject(context.Context, *oss.PutObjectRequest, ...func(*oss.Options)) (*oss.PutObjectResult, error)
	DeleteObject(context.Context, *oss.DeleteObjectRequest, ...func(*oss.Options)) (*oss.DeleteObjectResult, error)
}

// Bucket is a store under a prefix of a bucket.
type Bucket struct {
	OSS    BucketOSS
	Bucket string
	Prefix string // ends with a slash
	// As is the ARN of the role that sends the requests, and Region the region of the bucket; "" for the own ones.
	As, Region string

	lock bucketLock
}

// call says how a request is sent.
func (b *Bucket) call(op string) osscall.Call {
	return osscall.Call{Op: op, As: b.As, Region: b.Region, Limit: osscall.LookTime}
}

func (b *Bucket) Put(ctx context.Context, name string, content []byte) error {
	if err := b.lock.check(ctx, b); err != nil {
		return err
	}
	_, err := b.put(ctx, name, content, nil)
	return err
}

// put returns the id of the version, "" in a bucket without versioning.
func (b *Bucket) put(
	ctx context.Context, name string, content []byte, forbidOverwrite *string,
) (version string, err error) {
	err = b.call("PutObject").Do(ctx, func(ctx context.Context) error {
		res, err := b.OSS.PutObject(ctx, &oss.PutObjectRequest{Bucket: &b.Bucket, Key: oss.Ptr(b.Prefix + name),
			Body: bytes.NewReader(content), Acl: oss.ObjectACLPrivate, StorageClass: oss.StorageClassStandard,
			ForbidOverwrite: forbidOverwrite})
		if err == nil {
			version = oss.ToString(res.VersionId)
		}
		return err
	})
	return version, err
}

func (b *Bucket) Get(ctx context.Context, name string) (content []byte, ok bool, err error) {
	content, err = b.read(ctx, name, "")
	if osscall.HasCode(err, "NoSuchKey") {
		return nil, false, nil
	}
	return content, err == nil, err
}

func (b *Bucket) ReadAt(ctx context.Context, name string, p []byte, offset int64) error {
	content, err := b.read(ctx, name, fmt.Sprintf("bytes=%d-%d", offset, offset+int64(len(p))-1))
	if err == nil && len(content) != len(p) {
		err = fmt.Errorf("%s is shorter than it was", osscall.URL(b.Bucket, b.Prefix+name))
	}
	copy(p, content)
	return err
}

func (b *Bucket) read(ctx context.Context, name, part string) (content []byte, err error) {
	return b.readWith(ctx, name, part, func(*oss.GetObjectResult) {})
}

func (b *Bucket) readWith(
	ctx context.Context, name, part string, answered func(*oss.GetObjectResult),
) (content []byte, err error) {
	err = b.call("GetObject").Do(ctx, func(ctx context.Context) error {
		res, err := b.OSS.GetObject(ctx, &oss.GetObjectRequest{Bucket: &b.Bucket, Key: oss.Ptr(b.Prefix + name),
			Range: osscall.Optional(part), RangeBehavior: osscall.Optional("standard")})
		if err != nil {
			return err
		}
		defer func() { _ = res.Body.Close() }()
		content, err = io.ReadAll(res.Body)
		answered(res)
		return err
	})
	return content, err
}

func (b *Bucket) Has(ctx context.Context, name string) (bool, error) {
	_, err := b.read(ctx, name, "bytes=0-0")
	if osscall.HasCode(err, "NoSuchKey") {
		return false, nil
	}
	return err == nil, err
}

func (b *Bucket) Delete(ctx context.Context, name string) error {
	return b.call("DeleteObject").Do(ctx, func(ctx context.Context) error {
		_, err := b.OSS.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: &b.Bucket, Key: oss.Ptr(b.Prefix + name)})
		return err
	})
}
