package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/events"
	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/rules"
)

// upload puts an object like o into the server, at its time, and sets in o what the event of that upload would say. It
// returns the object's ETag.
func (cmd *explainCmd) upload(
	ctx context.Context, server *localoss.Server, clock *uploadClock, o *events.Object,
) (etag string, err error) {
	clock.at = cmd.putAt(*o)
	defer func() { clock.at = time.Time{} }()
	key := o.Key
	if isLink(o) {
		key = linkTarget
		if err := putLink(server, cmp.Or(o.Region, assumedRegion), o.Bucket, o.Key); err != nil {
			return "", err
		}
	}
	if err := server.PutSparse(o.Bucket, key, cmd.sizeOf(*o), cmd.properties(*o)...); err != nil {
		return "", err
	}
	put, ok := server.Object(o.Bucket, key)
	if !ok {
		return "", fmt.Errorf("upload oss://%s/%s: the object is missing afterwards", o.Bucket, o.Key)
	}
	clock.at = time.Time{}
	if o.Restored {
		return put.ETag, restoreNow(ctx, server, o)
	}
	o.ETag = events.Some(put.ETag)
	if o.Time.IsZero() {
		o.Time = put.LastModified
	}
	if cmd.Event == "" { // most events have both, and those that have not must stay without
		o.Size, o.ContentType = events.Some(put.Size), events.Some(put.ContentType)
	}
	return put.ETag, nil
}

// properties are what the object is put with.
func (cmd *explainCmd) properties(o events.Object) (options []localoss.ObjectOption) {
	header := func(name, value string) {
		if value != "" {
			options = append(options, localoss.WithHeader(name, value))
		}
	}
	header("Content-Type", cmp.Or(o.ContentType.Value, cmd.ContentType))
	header("x-oss-storage-class", cmd.classOf(o))
	for k, v := range cmd.Meta {
		header("x-oss-meta-"+k, v)
	}
	tags := url.Values{}
	for k, v := range cmd.Tag {
		tags.Set(k, v)
	}
	header("x-oss-tagging", tags.Encode())
	if etag := cmp.Or(o.ETag.Value, cmd.ETag); etag != "" {
		options = append(options, localoss.WithETag(etag))
	}
	return options
}

// sizeOf is the size of the object: the event's, or that of the command line.
func (cmd *explainCmd) sizeOf(o events.Object) int64 {
	if o.Size.Known {
		return o.Size.Value
	}
	return cmd.size
}

// putAt is when the object was put. The event that a restore has ended does not say so.
func (cmd *explainCmd) putAt(o events.Object) time.Time {
	if o.Restored && !cmd.Time.IsZero() {
		return cmd.Time.UTC()
	}
	return o.Time
}

// classOf is the storage class of the object, "" if nothing is known of it.
func (cmd *explainCmd) classOf(o events.Object) string {
	if o.Restored {
		return cmp.Or(cmd.StorageClass, "ColdArchive") // Archive raises no event when it is restored
	}
	return cmd.StorageClass
}

// atOnce is how long a restore takes in the local OSS: nothing is to be waited for.
func atOnce(_, _ string) time.Duration { return 0 }

// restoreNow makes an archived object readable.
func restoreNow(ctx context.Context, server *localoss.Server, o *events.Object) error {
	put, _ := server.Object(o.Bucket, o.Key)
	if _, archived := rules.ArchiveClassOf(put.StorageClass); !archived {
		return nil
	}
	client := osscall.NewClient(cmp.Or(o.Region, assumedRegion), "http://127.0.0.1", server.Transport())
	_, err := client.RestoreObject(osscall.WithCredentials(ctx, localKeys), &oss.RestoreObjectRequest{
		Bucket: &o.Bucket, Key: &o.Key, RestoreRequest: &oss.RestoreRequest{Days: 1}})
	return err
}

// asUploaded makes of the source of the end of a restore the one of its upload, as the function does; false if no rule
// copies it.
func asUploaded(set *rules.Set, src *copier.Source) (wanted bool, err error) {
	plan, err := set.Plan(src.Object, nil)
	if err != nil || len(plan.Copies) == 0 {
		return false, err
	}
	_, err = src.AsUploaded()
	return true, err
}

// linkTarget stands for the key that a symbolic link points to.
const linkTarget = "target-of-the-link"

// isLink reports whether the event is that of a symbolic link.
func isLink(o *events.Object) bool { return o.Event == "ObjectCreated:PutSymlink" }

// putLink makes a key a symbolic link to linkTarget.
func putLink(server *localoss.Server, region, bucket, key string) error {
	client := osscall.NewClient(region, "http://127.0.0.1", server.Transport())
	_, err := client.PutSymlink(osscall.WithCredentials(context.Background(), localKeys), &oss.PutSymlinkRequest{
		Bucket: &bucket, Key: &key, Target: oss.Ptr(linkTarget)})
	return err
}
