package listing

import (
	"bytes"
	"context"
	"io"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
)

// OSS is what listing asks of the service. *oss.Client is one.
type OSS interface {
	InvokeOperation(context.Context, *oss.OperationInput, ...func(*oss.Options)) (*oss.OperationOutput, error)
}

// Lister lists buckets. Its methods may be called from many goroutines.
type Lister struct {
	OSS OSS
	// Elsewhere returns how a bucket is reached that is in another region or reached as a role; the zero value for
	// those that OSS reaches. It may be nil.
	Elsewhere func(bucket string) Elsewhere
	// Service keeps the requests' pace; nil for no limit.
	Service *osscall.Service
	// Sent counts the requests, if it is not nil.
	Sent *atomic.Int64
	// Payer is the x-oss-request-payer of the requests, by bucket; nil for none.
	Payer func(bucket string) string
}

// Elsewhere is how a bucket is reached.
type Elsewhere struct {
	Client *oss.Client
	// As is the ARN of the role and Region the other region, for errors; "" for the own ones.
	As, Region string
}

// Page lists up to n objects of a bucket that have a prefix and lie in r, in the order of their keys. rest is what of r
// is left to be listed; more is false if nothing is. The error is an [*osscall.Error].
func (l *Lister) Page(
	ctx context.Context, bucket, prefix string, r Range, n int,
) (entries []Entry, rest Range, more bool, err error) {
	p, err := l.request(ctx, bucket, prefix, r.After, n)
	if err != nil {
		return nil, r, true, err
	}
	if len(p.entries) > 0 && p.entries[0].Key <= r.After {
		return nil, r, true, invalid("repeats %q, although it should begin behind %q", p.entries[0].Key, r.After)
	}
	if p.truncated && len(p.entries) == 0 {
		return nil, r, true, invalid("is empty, and says that more objects follow %q", r.After)
	}
	for i := range p.entries {
		if !r.holds(p.entries[i].Key) {
			return p.entries[:i], r, false, nil
		}
	}
	if len(p.entries) > 0 {
		r.After = p.entries[len(p.entries)-1].Key
	}
	return p.entries, r, p.truncated && (r.UpTo == "" || r.After < r.UpTo), nil
}

// request sends one ListObjectsV2.
func (l *Lister) request(ctx context.Context, bucket, prefix, after string, n int) (p page, err error) {
	call := osscall.Call{Op: listObjects, Limit: osscall.LookTime, Service: l.Service, Sent: l.Sent}
	client := l.OSS
	if l.Elsewhere != nil {
		if other := l.Elsewhere(bucket); other.Client != nil {
			client, call.As, call.Region = other.Client, other.As, other.Region
		}
	}
	err = call.Do(ctx, func(ctx context.Context) error {
		out, err := client.InvokeOperation(ctx, l.input(bucket, prefix, after, n))
		if err != nil {
			return err
		}
		defer func() { _ = out.Body.Close() }()
		document := documents.Get().(*bytes.Buffer)
		defer documents.Put(document)
		document.Reset()
		if _, err := io.Copy(document, out.Body); err != nil {
			return err
		}
		p, err = parsePage(document.Bytes())
		return err
	})
	return p, err
}

// documents are buffers for pages, which have some 300 KB.
var documents = sync.Pool{New: func() any { return new(bytes.Buffer) }}

func (l *Lister) input(bucket, prefix, after string, n int) *oss.OperationInput {
	in := &oss.OperationInput{OpName: listObjects, Method: "GET", Bucket: &bucket, Headers: map[string]string{},
		Parameters: map[string]string{"list-type": "2", "encoding-type": "url", "max-keys": strconv.Itoa(n)}}
	if prefix != "" {
		in.Parameters["prefix"] = prefix
	}
	if after != "" {
		in.Parameters["start-after"] = after
	}
	if l.Payer != nil && l.Payer(bucket) != "" {
		in.Headers["x-oss-request-payer"] = l.Payer(bucket)
	}
	return in
}
