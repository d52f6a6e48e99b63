// Package copier carries out one planned copy inside OSS: with CopyObject where
// one request is enough, with UploadPartCopy where it is not. Every copy is
// pinned to the version of the source it was planned for, and a copy in parts is
// verified before it becomes visible.
package copier

import (
	"context"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/internal/state"
)

// OSS is what copying asks of the service. *oss.Client is one; it must not
// retry by itself (retry.NopRetryer), since the engine decides that.
type OSS interface {
	state.OSS
	HeadObject(context.Context, *oss.HeadObjectRequest, ...func(*oss.Options)) (*oss.HeadObjectResult, error)
	GetObjectTagging(
		context.Context, *oss.GetObjectTaggingRequest, ...func(*oss.Options),
	) (*oss.GetObjectTaggingResult, error)
	GetObjectAcl(context.Context, *oss.GetObjectAclRequest, ...func(*oss.Options)) (*oss.GetObjectAclResult, error)
	GetSymlink(context.Context, *oss.GetSymlinkRequest, ...func(*oss.Options)) (*oss.GetSymlinkResult, error)
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
	UploadPartCopy(
		context.Context, *oss.UploadPartCopyRequest, ...func(*oss.Options),
	) (*oss.UploadPartCopyResult, error)
	CompleteMultipartUpload(
		context.Context, *oss.CompleteMultipartUploadRequest, ...func(*oss.Options),
	) (*oss.CompleteMultipartUploadResult, error)
}

// Options are the engine's knobs. The zero value of each means its default.
type Options struct {
	// PartSize is the least size of a part in bytes, 100 KiB to 5 GiB. Parts are
	// larger where requests answer slowly, and where 10,000 of them would not
	// hold the object. Default 2 MiB.
	PartSize int64
	// PartsInFlight is how many copying requests (CopyObject, UploadPartCopy)
	// one Copier has under way at the most. Default 128.
	PartsInFlight int
	// SingleCopyLimit is the size in bytes up to which one CopyObject makes the
	// copy, and above which parts do; at most 1 GiB, OSS's own limit for a copy that
	// changes class or encryption. Default 128 MiB, and from there to 1 GiB the way
	// that is expected to end sooner.
	SingleCopyLimit int64
	// Confirm is when a finished copy looks at its source again. Default slow.
	Confirm Confirm
	// State is where interrupted large copies are remembered.
	State state.Location
}

// Bounds of Options.SingleCopyLimit, in bytes.
const (
	DefaultSingleCopyLimit = 128 * mib
	MostSingleCopyLimit    = maxChangingCopy
)

// Confirm says after which copies the source is looked at again.
type Confirm string

const (
	ConfirmAlways Confirm = "always" // after every copy
	ConfirmSlow   Confirm = "slow"   // after those that were slow, retried or made in parts
	ConfirmNever  Confirm = "never"
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

// Copier carries out copies. Its methods may be called from many goroutines.
type Copier struct {
	oss     OSS
	opts    Options
	service *osscall.Service
	form    ifMatchForm
	// estimates says that nobody set where parts begin.
	estimates bool
}

// New returns a Copier that sends its requests through client.
func New(client OSS, o Options) *Copier {
	if o.PartSize == 0 {
		o.PartSize = 2 * mib
	}
	if o.PartsInFlight == 0 {
		o.PartsInFlight = 128
	}
	estimates := o.SingleCopyLimit == 0
	if estimates {
		o.SingleCopyLimit = DefaultSingleCopyLimit
	}
	o.SingleCopyLimit = min(o.SingleCopyLimit, maxChangingCopy)
	if o.Confirm == "" {
		o.Confirm = ConfirmSlow
	}
	return &Copier{oss: client, opts: o, service: osscall.NewService(o.PartsInFlight), estimates: estimates}
}

// Owns reports whether an object is part of the engine's own bookkeeping, which
// no rule may match.
func (c *Copier) Owns(bucket, key string) bool { return c.opts.State.Holds(bucket, key) }
