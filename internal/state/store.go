// Package state keeps records of unfinished multipart uploads in OSS, so that a later attempt can
// resume them and gc can remove them.
//
// Each upload has a state object of its own. Its key begins with a hash of destination and
// source, so that any later copy from the source to the destination finds it by listing, and
// ends with the upload id, so that nobody overwrites or deletes the state object of another
// upload: neither a concurrent copy nor a request that takes effect late. A CopyObject that was
// not answered has a state object too, whose key ends with CopyObject.
package state

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// OSS is what a [Store] asks of the service. *oss.Client is one.
type OSS interface {
	GetObject(context.Context, *oss.GetObjectRequest, ...func(*oss.Options)) (*oss.GetObjectResult, error)
	PutObject(context.Context, *oss.PutObjectRequest, ...func(*oss.Options)) (*oss.PutObjectResult, error)
	DeleteObject(context.Context, *oss.DeleteObjectRequest, ...func(*oss.Options)) (*oss.DeleteObjectResult, error)
	ListObjectsV2(context.Context, *oss.ListObjectsV2Request, ...func(*oss.Options)) (*oss.ListObjectsV2Result, error)
	ListParts(context.Context, *oss.ListPartsRequest, ...func(*oss.Options)) (*oss.ListPartsResult, error)
	AbortMultipartUpload(
		context.Context, *oss.AbortMultipartUploadRequest, ...func(*oss.Options),
	) (*oss.AbortMultipartUploadResult, error)
}

// Store reads and writes state objects, and lists and aborts the uploads that they name. Errors
// are [*osscall.Error].
type Store struct {
	OSS OSS
	At  Location
	// As is the ARN of the role as which OSS is reached, for errors; "" is the function's own.
	As string
	// Uploads returns the client for uploads to a destination; nil if all are reached as the state objects are.
	Uploads func(rules.Remote) (OSS, error)
	// Call says how to send a request that may be repeated.
	Call func(op string) osscall.Call
}

// call says how to send a request about a state object.
func (s Store) call(op string) osscall.Call {
	call := s.Call(op)
	call.As = s.As
	return call
}

// maxContent is how much of a state object is read, in bytes. It contains two keys of up to
// 1,023 bytes.
const maxContent = 64 << 10

// mostFound is how many state objects one copy reads at most.
const mostFound = 16

// New returns the state object of an upload, without writing it.
func (s Store) New(u Upload) *Object { return &Object{Upload: u, name: s.At.nameOf(u)} }

// Find returns the state objects of copies with the source, its version and the destination of u, in
// the order of their upload ids, at most 16 of them. Its requests have the x-oss-request-payer of u.
func (s Store) Find(ctx context.Context, u Upload) ([]*Object, error) {
	if s.At.Off {
		return nil, nil
	}
	stateBucket, prefix := s.At.keysOf(u)
	var names []name
	err := s.list(ctx, stateBucket, prefix, u.RequestPayer, func(page []name) (bool, error) {
		names = append(names, page...)
		return len(names) < mostFound, nil
	})
	if osscall.Is(err, osscall.KindNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, s.about(err, osscall.URL(stateBucket, prefix))
	}
	var found []*Object
	for _, n := range names[:min(len(names), mostFound)] {
		o, err := s.read(ctx, n, u.RequestPayer)
		if err != nil {
			return nil, s.about(err, n.url())
		}
		if o != nil && o.isSameCopy(u) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b *Object) int { return cmp.Compare(a.UploadID, b.UploadID) })
	return found, nil
}

// Write writes a state object, private and of class Standard whatever the bucket's defaults are,
// so that nobody else can read it and a later attempt can read it at once.
func (s Store) Write(ctx context.Context, o *Object) error {
	content, err := json.Marshal(o.Upload)
	if err != nil {
		return err
	}
	sent := 0
	err = s.call("PutObject").Do(ctx, func(ctx context.Context) error {
		sent++
		o.resent = sent > 1
		res, err := s.OSS.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: &o.name.bucket, Key: &o.name.key,
			Body: bytes.NewReader(content), ContentType: oss.Ptr("application/json"),
			StorageClass: oss.StorageClassStandard, Acl: oss.ObjectACLPrivate,
			RequestCommon: payerHeader(o.RequestPayer),
		})
		if err == nil {
			o.name.version = oss.ToString(res.VersionId)
		}
		return err
	})
	return s.about(err, o.name.url())
}

// Forget deletes a state object; in a bucket with versioning, each version of it that was
// written. A failure does no harm: the next copy from its source to its destination, or gc, will
// notice that its upload is gone.
func (s Store) Forget(ctx context.Context, o *Object) error {
	for n := o.name; ; {
		call := s.call("DeleteObject")
		call.Again = call.Service != nil && !o.Single // no other upload has its name
		err := call.Do(ctx, func(ctx context.Context) error {
			_, err := s.OSS.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: &n.bucket, Key: &n.key,
				VersionId: osscall.Optional(n.version), RequestPayer: osscall.Optional(o.RequestPayer)})
			return err
		})
		if err != nil || !o.resent || n.version == "" {
			return err
		}
		before, err := s.read(ctx, name{bucket: n.bucket, key: n.key}, o.RequestPayer)
		if err != nil || before == nil || before.name.version == n.version {
			return err
		}
		n = before.name
	}
}

// list calls page with the names of the state objects whose keys begin with prefix, a page at a
// time, until it returns false or an error.
func (s Store) list(
	ctx context.Context, bucket, prefix, payer string, page func([]name) (more bool, err error),
) error {
	for token := (*string)(nil); ; {
		call := s.call("ListObjectsV2")
		res, err := osscall.Read(ctx, call, func(ctx context.Context) (*oss.ListObjectsV2Result, error) {
			return s.OSS.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: &bucket, Prefix: &prefix,
				ContinuationToken: token, MaxKeys: 1000, RequestPayer: osscall.Optional(payer)})
		})
		if err != nil {
			return err
		}
		names := make([]name, len(res.Contents))
		for i, o := range res.Contents {
			names[i] = name{bucket: bucket, key: oss.ToString(o.Key)}
		}
		if more, err := page(names); !more || err != nil || !res.IsTruncated {
			return err
		}
		next := oss.ToString(res.NextContinuationToken)
		if next == "" || next == oss.ToString(token) {
			return osscall.NewError(osscall.KindLost, "ListObjectsV2", "NoAnswer",
				"OSS answered with the same page of the list of %q again", prefix)
		}
		token = &next
	}
}

// read reads a state object. It returns nil if the object is gone, cannot be read for its
// storage class, or is not a state object.
func (s Store) read(ctx context.Context, n name, payer string) (*Object, error) {
	o, err := osscall.Read(ctx, s.call("GetObject"), func(ctx context.Context) (*Object, error) {
		res, err := s.OSS.GetObject(ctx, &oss.GetObjectRequest{
			Bucket: &n.bucket, Key: &n.key, RequestPayer: osscall.Optional(payer)})
		if err != nil {
			return nil, err
		}
		defer res.Body.Close()
		content, err := io.ReadAll(io.LimitReader(res.Body, maxContent))
		if err != nil {
			return nil, err
		}
		o := &Object{name: n}
		o.name.version = oss.ToString(res.VersionId)
		if json.Unmarshal(content, &o.Upload) != nil {
			o.Upload = Upload{}
		}
		return o, nil
	})
	if osscall.Is(err, osscall.KindNotFound) || osscall.HasCode(err, "InvalidObjectState") ||
		err == nil && o.UploadID == "" && !o.Single {
		return nil, nil
	}
	return o, err
}

// payerHeader is x-oss-request-payer for a request of the SDK that has no field for it.
func payerHeader(payer string) oss.RequestCommon {
	if payer == "" {
		return oss.RequestCommon{}
	}
	return oss.RequestCommon{Headers: map[string]string{"x-oss-request-payer": payer}}
}

// about names the state object and its setting in an error, since users do not know of either.
func (s Store) about(err error, url string) error {
	if err == nil {
		return nil
	}
	e := *osscall.Classify("state", err)
	if s.At.Bucket != "" { // it is not in the rules file
		e.Message = strings.Replace(e.Message, osscall.WrongBucket, WrongBucket, 1)
	}
	e.Message = fmt.Sprintf("keep the state of the large copy in %s (AFTERPUT_STATE): %s", url, e.Message)
	return &e
}

// WrongBucket is where the name of a bucket of state objects that does not exist is corrected.
const WrongBucket = "or correct AFTERPUT_STATE"
