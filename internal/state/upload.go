package state

import (
	"context"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// Upload is the content of a state object: a multipart upload of the engine's, and all that
// decides whether a later attempt may resume it.
type Upload struct {
	Bucket   string `json:"bucket"` // destination
	Key      string `json:"key"`
	UploadID string `json:"upload_id"`
	Source   string `json:"source"` // oss://bucket/key
	// SourceVersion is the id of the version that is copied, if one was named; "" is the current one.
	SourceVersion string    `json:"source_version,omitempty"`
	ETag          string    `json:"etag"`              // of the source
	Modified      time.Time `json:"modified,omitzero"` // when the source was put
	Digest        string    `json:"digest"`            // of all that Initiate has set and Complete will set
	Size          int64     `json:"size"`
	PartSize      int64     `json:"part_size"` // part n begins at (n-1) times that, a multiple of it long
	Started       time.Time `json:"started"`
	// Single says that this is not an upload but a CopyObject, sent at Started, that was not
	// answered before its invocation ended. It has no UploadID and no PartSize.
	Single       bool   `json:"single,omitempty"`
	RequestPayer string `json:"request_payer,omitempty"` // of requests about the destination
	rules.Remote        // of the destination
}

// isSameCopy reports whether u is from the same source, or version of it, to the same destination.
func (u Upload) isSameCopy(other Upload) bool {
	return u.Source == other.Source && u.SourceVersion == other.SourceVersion &&
		u.Bucket == other.Bucket && u.Key == other.Key
}

// Object is an Upload and the state object that holds it.
type Object struct {
	Upload
	name   name
	resent bool // sent more than once: in a bucket with versioning it may have two versions
}

// name is where a state object is. The version is "" in a bucket without versioning; if it is
// set, deleting leaves neither the version nor a delete marker behind.
type name struct{ bucket, key, version string }

func (n name) url() string { return osscall.URL(n.bucket, n.key) }

// Remove aborts the upload of o, if it is one, and deletes its state object once the upload is
// certain to be gone. gone is false if OSS is still working on parts, which keep the upload open;
// then the state object stays. payer is the x-oss-request-payer of the abort; whoever wrote the
// state object pays for deleting it.
func (s Store) Remove(ctx context.Context, o *Object, payer string) (gone bool, err error) {
	if o.Single {
		return true, s.Forget(ctx, o)
	}
	u := o.Upload
	u.RequestPayer = payer
	for range 2 { // the second abort shows whether parts have kept the upload open
		if gone, err = s.Abort(ctx, u); err != nil {
			return false, err
		}
		if gone {
			return true, s.Forget(ctx, o)
		}
	}
	return false, nil
}

// Abort aborts an upload. gone reports that it was gone before; otherwise parts that OSS is
// still working on may keep it open.
func (s Store) Abort(ctx context.Context, u Upload) (gone bool, err error) {
	client, call, err := s.uploads("AbortMultipartUpload", u)
	if err != nil {
		return false, err
	}
	err = call.Do(ctx, func(ctx context.Context) error {
		_, err := client.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{
			Bucket: &u.Bucket, Key: &u.Key, UploadId: &u.UploadID, RequestPayer: osscall.Optional(u.RequestPayer)})
		return err
	})
	if osscall.Is(err, osscall.KindNoSuchUpload) {
		return true, nil
	}
	return false, err
}

// uploads is the client for an upload, and how it sends a request.
func (s Store) uploads(op string, u Upload) (OSS, osscall.Call, error) {
	call := s.call(op)
	if s.Uploads == nil {
		return s.OSS, call, nil
	}
	call.As = u.Remote.Role
	client, err := s.Uploads(u.Remote)
	return client, call, err
}

// Parts lists all parts that OSS has of an upload.
func (s Store) Parts(ctx context.Context, u Upload) ([]oss.Part, error) {
	var parts []oss.Part
	for marker := int32(0); ; {
		res, err := s.listParts(ctx, u, marker, 1000)
		if err != nil {
			return nil, err
		}
		parts = append(parts, res.Parts...)
		if !res.IsTruncated {
			return parts, nil
		}
		if res.NextPartNumberMarker <= marker {
			return nil, osscall.NewError(osscall.KindLost, "ListParts", "NoAnswer",
				"OSS answered with the same page of the list of parts again, after part %d", marker)
		}
		marker = res.NextPartNumberMarker
	}
}

// listParts lists at most so many parts after the part with number marker.
func (s Store) listParts(ctx context.Context, u Upload, marker, most int32) (*oss.ListPartsResult, error) {
	client, call, err := s.uploads("ListParts", u)
	if err != nil {
		return nil, err
	}
	return osscall.Read(ctx, call, func(ctx context.Context) (*oss.ListPartsResult, error) {
		res, err := client.ListParts(ctx, &oss.ListPartsRequest{Bucket: &u.Bucket, Key: &u.Key, UploadId: &u.UploadID,
			PartNumberMarker: marker, MaxParts: most, RequestPayer: osscall.Optional(u.RequestPayer)})
		if err == nil && oss.ToString(res.UploadId) != u.UploadID {
			err = osscall.NewError(osscall.KindLost, "ListParts", "NoAnswer",
				"OSS answered 200 with the parts of another upload (request %s)", osscall.RequestID(res.ResultCommon))
		}
		return res, err
	})
}
