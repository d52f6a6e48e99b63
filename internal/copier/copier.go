// Package copier makes planned copies inside OSS: with CopyObject where one request is enough,
// and otherwise in parts, with UploadPartCopy. Every copy is pinned to the version of the source
// that it was planned for, except that of a symbolic link, and a copy in parts is verified before
// it becomes visible.
//
// [Copier.Copy] in copy.go is where to begin reading.
package copier

import (
	"cmp"
	"context"
	"fmt"
	"sync"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"golang.org/x/sync/semaphore"

	"afterput/internal/osscall"
	"afterput/internal/state"
	"afterput/rules"
)

// OSS is what copying needs of the service. *oss.Client is one; it must not retry by itself
// (retry.NopRetryer), since [osscall.Call] does.
type OSS interface {
	state.OSS
	HeadObject(context.Context, *oss.HeadObjectRequest, ...func(*oss.Options)) (*oss.HeadObjectResult, error)
	GetObjectTagging(
		context.Context, *oss.GetObjectTaggingRequest, ...func(*oss.Options),
	) (*oss.GetObjectTaggingResult, error)
	GetObjectAcl(context.Context, *oss.GetObjectAclRequest, ...func(*oss.Options)) (*oss.GetObjectAclResult, error)
	GetBucketAcl(context.Context, *oss.GetBucketAclRequest, ...func(*oss.Options)) (*oss.GetBucketAclResult, error)
	GetSymlink(context.Context, *oss.GetSymlinkRequest, ...func(*oss.Options)) (*oss.GetSymlinkResult, error)
	ListObjectVersions(
		context.Context, *oss.ListObjectVersionsRequest, ...func(*oss.Options),
	) (*oss.ListObjectVersionsResult, error)
	CopyObject(context.Context, *oss.CopyObjectRequest, ...func(*oss.Options)) (*oss.CopyObjectResult, error)
	PutObjectTagging(
		context.Context, *oss.PutObjectTaggingRequest, ...func(*oss.Options),
	) (*oss.PutObjectTaggingResult, error)
	PutObjectAcl(context.Context, *oss.PutObjectAclRequest, ...func(*oss.Options)) (*oss.PutObjectAclResult, error)
	DeleteObjectTagging(
		context.Context, *oss.DeleteObjectTaggingRequest, ...func(*oss.Options),
	) (*oss.DeleteObjectTaggingResult, error)
	InitiateMultipartUpload(
		context.Context, *oss.InitiateMultipartUploadRequest, ...func(*oss.Options),
	) (*oss.InitiateMultipartUploadResult, error)
	UploadPart(context.Context, *oss.UploadPartRequest, ...func(*oss.Options)) (*oss.UploadPartResult, error)
	PutSymlink(context.Context, *oss.PutSymlinkRequest, ...func(*oss.Options)) (*oss.PutSymlinkResult, error)
	UploadPartCopy(
		context.Context, *oss.UploadPartCopyRequest, ...func(*oss.Options),
	) (*oss.UploadPartCopyResult, error)
	RestoreObject(
		context.Context, *oss.RestoreObjectRequest, ...func(*oss.Options),
	) (*oss.RestoreObjectResult, error)
	CompleteMultipartUpload(
		context.Context, *oss.CompleteMultipartUploadRequest, ...func(*oss.Options),
	) (*oss.CompleteMultipartUploadResult, error)
}

// DefaultPartsInFlight is the default of [Options.PartsInFlight].
const DefaultPartsInFlight = 128

// Options are the engine's knobs. The zero value of each means its default.
type Options struct {
	// PartSize is the size of all parts in bytes, 100 KiB to 5 GiB; they are larger if the object is larger than
	// 10,000 of them. The default is sizes that follow from what copies have shown of the service.
	PartSize int64
	// LeastPart is the least size in bytes that such a part has. Default 2 MiB.
	LeastPart int64
	// Prefer is what copies save, where sizes of parts and SingleCopyLimit leave the choice. Default time.
	Prefer Prefer
	// PartsInFlight is how many requests that copy content (CopyObject, UploadPartCopy) one
	// Copier has in flight at most. Default 128.
	PartsInFlight int
	// SingleCopyLimit is the size in bytes up to which one CopyObject makes the copy, and above
	// which it is made in parts; at most 1 GiB, OSS's limit for a copy that changes class or
	// encryption. The default is 128 MiB, and from there to 1 GiB whichever of the two is
	// expected to end sooner, or to cost less, as Prefer says.
	SingleCopyLimit int64
	// Confirm is after which copies the source is looked at again. Default slow.
	Confirm Confirm
	// DeletesAnHour is how many copies this Copier deletes after their sources in any hour, before it refuses to
	// delete more. Default 1,000; negative is no limit.
	DeletesAnHour int
	// State is where the state of large copies is kept, so that they can be resumed.
	State state.Location
	// Progress is called while an object is copied in parts: when it begins, and after each part. copied is how many
	// of its size bytes OSS has. Default nil.
	Progress func(copied, size int64)
	// Region is the region of the function and of the sources.
	Region string
	// Remote returns the client for destinations that are not the function's own, whose copies are streamed. Its
	// argument names a region. Without it such copies fail.
	Remote func(rules.Remote) *oss.Client
}

// Bounds of Options.SingleCopyLimit, in bytes.
const (
	DefaultSingleCopyLimit = 128 * mib
	MostSingleCopyLimit    = maxChangingCopy
)

// Confirm says after which copies the source is looked at again, as AFTERPUT_CONFIRM does.
type Confirm string

const (
	ConfirmAlways Confirm = "always" // after every copy
	ConfirmSlow   Confirm = "slow"   // after those that were slow, retried or made in parts
	ConfirmNever  Confirm = "never"
)

// Prefer says what copies save, as AFTERPUT_PREFER does.
type Prefer string

const (
	PreferTime  Prefer = "time"  // the time until the copy is there
	PreferMoney Prefer = "money" // the price of its requests and of the function's time together
)

const (
	kib = int64(1) << 10
	mib = int64(1) << 20
	gib = int64(1) << 30

	// Limits of the service, in binary units (facts: 48.8 TiB is 9,995 parts
	// of 5 GiB). Source: OSS API reference, CopyObject and multipart upload.
	maxChangingCopy = 1 * gib // CopyObject that changes class or encryption
	maxParts        = 10_000
	minPartSize     = 100 * kib
	maxPartSize     = 5 * gib
)

// Copier makes copies. Its methods may be called from many goroutines.
type Copier struct {
	home side // where the function and the sources are
	opts Options
	form ifMatchForm
	// contentForm is that of If-Match.
	contentForm ifMatchForm
	// deletions are those after removed sources.
	deletions deleteLimit
	// estimates says that SingleCopyLimit was not set: from 128 MiB to 1 GiB the expected
	// time or price decides between one request and parts.
	estimates bool

	memory       *semaphore.Weighted // for objects that are streamed as a whole
	tagsReadable sync.Map            // see tagsToStream
	paces        sync.Map            // *pace by pair

	mu       sync.Mutex
	remotes  map[rules.Remote]side
	services map[limits]*osscall.Service // of remotes
}

// limits are what the limits of OSS apply to: a region, and the account that sends requests there.
type limits struct{ region, account string }

// side is OSS in one region for one identity, and what past requests have shown about it.
type side struct {
	oss     OSS
	service *osscall.Service
	client  *oss.Client // of a remote
	role    string      // that is assumed, "" for the function's own
	region  string      // "" for the function's own
}

// New returns a Copier that sends its requests through client.
func New(client OSS, o Options) *Copier {
	if o.LeastPart == 0 {
		o.LeastPart = 2 * mib
	}
	if o.PartsInFlight == 0 {
		o.PartsInFlight = DefaultPartsInFlight
	}
	estimates := o.SingleCopyLimit == 0
	if estimates {
		o.SingleCopyLimit = DefaultSingleCopyLimit
	}
	o.SingleCopyLimit = min(o.SingleCopyLimit, maxChangingCopy)
	if o.DeletesAnHour == 0 {
		o.DeletesAnHour = DefaultDeletesAnHour
	}
	if o.Confirm == "" {
		o.Confirm = ConfirmSlow
	}
	home := side{oss: client, service: osscall.NewService(o.PartsInFlight)}
	return &Copier{home: home, opts: o, estimates: estimates, memory: semaphore.NewWeighted(streamMemory),
		remotes: map[rules.Remote]side{}, services: map[limits]*osscall.Service{}}
}

// at is OSS for a destination.
func (c *Copier) at(to rules.Remote) (side, error) {
	to.Region = cmp.Or(to.Region, c.opts.Region)
	if to == (rules.Remote{Region: c.opts.Region}) {
		return c.home, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.remotes[to]; ok {
		return r, nil
	}
	if c.opts.Remote == nil {
		return side{}, fmt.Errorf("region %s: copies to another region, or as another role, are not possible here",
			to.Region)
	}
	within := limits{to.Region, rules.AccountOf(to.Role)}
	if c.services[within] == nil {
		c.services[within] = osscall.NewService(c.opts.PartsInFlight)
	}
	client := c.opts.Remote(to)
	r := side{oss: client, service: c.services[within], client: client, role: to.Role}
	if to.Region != c.opts.Region {
		r.region = to.Region
	}
	c.remotes[to] = r
	return r, nil
}

// Remote returns the client for a destination; nil for one that is the function's own, and for one that it cannot
// connect to. region is the destination's, "" if that is the function's.
func (c *Copier) Remote(to rules.Remote) (client *oss.Client, region string) {
	r, err := c.at(to)
	if err != nil {
		return nil, ""
	}
	return r.client, r.region
}

// Service is what all requests of the Copier share. A pace is set before the first of them.
func (c *Copier) Service() *osscall.Service { return c.home.service }

// Owns reports whether an object is one of the engine's own state objects, which no rule matches.
func (c *Copier) Owns(bucket, key string) bool { return c.opts.State.Holds(bucket, key) }
