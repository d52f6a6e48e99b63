package existing

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
)

// A lock in a bucket is an object that its holder renews. One that was not renewed for lockLife is nobody's. A process
// that was suspended for so long may go on when another has taken the job over, so a holder whose latest renewal was
// lockDoubt ago looks whether the lock is still its own before it writes.
const (
	lockRenewal = 20 * time.Second
	lockDoubt   = time.Minute
	lockLife    = 2 * time.Minute
)

// lockSettles is how long a new lock waits in a bucket with versioning, where OSS ignores x-oss-forbid-overwrite, for
// another process that has not seen it either: the later one has it. Source: OSS API reference, PutObject.
const lockSettles = time.Second

const lockFile = "lock"

// lockHolder is the content of a lock in a bucket.
type lockHolder struct {
	ID      string `json:"id"`
	Machine string `json:"machine"`
	Process int    `json:"process"`
}

// errLost is why a process must not write to its job any more.
var errLost = fmt.Errorf("%w: it has taken it over, since this one did not renew its lock for %s", ErrLocked, lockLife)

// bucketLock is the lock that this process holds, if it does.
type bucketLock struct {
	mu      sync.Mutex
	own     lockHolder // with an empty id if it holds none
	renewed time.Time  // by the clock on the wall: others do not stop while a machine is suspended
	lost    bool
}

// Lock writes an object that only one process can write first, and renews it. A lock whose holder has died is taken
// over.
func (b *Bucket) Lock(ctx context.Context) (func(), error) {
	machine, _ := os.Hostname()
	own := lockHolder{ID: rand.Text(), Machine: machine, Process: os.Getpid()}
	if err := b.takeLock(ctx, own); err != nil {
		return nil, err
	}
	b.lock.hold(own)
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for osscall.Sleep(renewing, lockRenewal) {
			_ = b.lock.renew(renewing, b) // the next renewal may succeed
		}
	}()
	return func() {
		stop()
		<-ended
		ctx, closed := osscall.Closing(ctx)
		defer closed()
		if b.lock.release() {
			_ = b.Delete(ctx, lockFile) // it ends by itself after lockLife
		}
	}, nil
}

// takeLock writes the lock, if nobody holds it.
func (b *Bucket) takeLock(ctx context.Context, own lockHolder) error {
	switch other, age, err := b.readLock(ctx); {
	case err != nil:
		return err
	case other != nil && age < lockLife:
		return other.locked(age)
	case other != nil:
		if err := b.Delete(ctx, lockFile); err != nil {
			return err
		}
	}
	version, err := b.put(ctx, lockFile, own.content(), oss.Ptr("true"))
	switch {
	case err == nil && version == "":
		return nil
	case err == nil:
		if !osscall.Sleep(ctx, lockSettles) {
			return ctx.Err()
		}
	case !osscall.Is(err, osscall.KindExists):
		return err
	}
	other, age, err := b.readLock(ctx)
	if err == nil && (other == nil || other.ID != own.ID) { // else it was written, and the answer was lost
		err = other.locked(age)
	}
	return err
}

func (h lockHolder) content() []byte {
	content, err := json.Marshal(h)
	if err != nil {
		panic(err) // texts and a number
	}
	return content
}

// locked is the error of a lock that another process has, and has renewed so long ago.
func (h *lockHolder) locked(age time.Duration) error {
	if h == nil {
		return ErrLocked
	}
	return fmt.Errorf("%w: process %d on %s; stop it first. If it was killed, wait %s and give the command again",
		ErrLocked, h.Process, h.Machine, untilFree(age))
}

// untilFree is how long a lock of that age still counts if nobody renews it, in seconds rounded up.
func untilFree(age time.Duration) time.Duration {
	return (lockLife - age + time.Second - 1).Truncate(time.Second)
}

// readLock reads who has the lock, and how long ago it was renewed, by the clock of OSS alone; nil for nobody.
func (b *Bucket) readLock(ctx context.Context) (h *lockHolder, age time.Duration, err error) {
	var read *oss.GetObjectResult
	content, err := b.readWith(ctx, lockFile, "", func(r *oss.GetObjectResult) { read = r })
	switch {
	case osscall.HasCode(err, "NoSuchKey"):
		return nil, 0, nil
	case err != nil:
		return nil, 0, err
	}
	now, err := http.ParseTime(read.Headers.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	if read.LastModified != nil {
		age = now.Sub(*read.LastModified)
	}
	h = new(lockHolder)
	if json.Unmarshal(content, h) != nil {
		age = lockLife // nobody's
	}
	return h, age, nil
}

func (l *bucketLock) hold(own lockHolder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.own, l.renewed, l.lost = own, time.Now().Round(0), false
}

// release reports whether the lock was held until now.
func (l *bucketLock) release() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	held := l.own.ID != "" && !l.lost
	l.own = lockHolder{}
	return held
}

// check returns an error if the lock, which was held, is another process's now.
func (l *bucketLock) check(ctx context.Context, b *Bucket) error {
	l.mu.Lock()
	lost, doubt := l.lost, l.own.ID != "" && time.Now().Round(0).Sub(l.renewed) >= lockDoubt
	l.mu.Unlock()
	switch {
	case lost:
		return errLost
	case doubt:
		return l.renew(ctx, b)
	}
	return nil
}

// renew renews the lock, unless it is not this process's any more.
func (l *bucketLock) renew(ctx context.Context, b *Bucket) error {
	l.mu.Lock()
	own := l.own
	l.mu.Unlock()
	now := time.Now().Round(0)
	other, _, err := b.readLock(ctx)
	if err == nil && (other == nil || other.ID != own.ID) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lost = true
		return errLost
	}
	if err == nil {
		_, err = b.put(ctx, lockFile, own.content(), nil)
	}
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.renewed = now
	}
	return err
}
