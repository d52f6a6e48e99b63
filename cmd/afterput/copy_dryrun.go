package main

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/terminal"
	"afterput/rules"
)

// dryRun shows the requests of the copy. As explain does, it records what the engine sends to a local OSS that has an
// object like the source; the source itself is only read.
func (cmd *copyCmd) dryRun(ctx context.Context, c console, one *oneCopy) error {
	engine := copier.New(one.client, one.options)
	if out, is := one.currentAlready(ctx, engine); is {
		return cmd.print(c, one, out, &bar{})
	}
	like, err := one.learn(ctx, engine)
	if err != nil {
		return cmd.print(c, one, failedToBegin(time.Now(), err), &bar{})
	}
	sent, out, err := one.rehearse(ctx, like)
	if err != nil {
		return err
	}
	if cmd.JSON {
		if err := c.printLine(map[string]any{"source": one.from.String(), "destination": one.to.String(),
			"requests": sent}); err != nil {
			return err
		}
	} else {
		newPrinter(c, "").requests(sent, nil)
	}
	if why := cmp.Or(one.whyNot(out), one.whyNotMoved()); why != "" {
		terminal.Fprintf(c.err, "afterput: copy %s → %s: %s\n", one.source(), one.to, why)
		return errReported
	}
	return nil
}

// likeness is what is known of a source, to make an object like it.
type likeness struct {
	head           rules.Head
	isLink         bool
	older          bool // it is not the current version
	tags           []rules.Pair
	acl, bucketACL string
}

// learn reads the source, and of its tags and its ACL what the copy needs.
func (o *oneCopy) learn(ctx context.Context, engine *copier.Copier) (l likeness, err error) {
	src, err := o.look(ctx, engine)
	if err != nil {
		return l, err
	}
	l = likeness{head: o.head, isLink: src.Object.Event == "ObjectCreated:PutSymlink",
		older: src.Object.VersionID != ""}
	if l.head.TaggingCount > 0 {
		if l.tags, err = src.Tags(); err != nil {
			return l, err
		}
	}
	inPlace := o.from == o.to && !l.older
	if !o.sendsACL && !inPlace {
		return l, nil
	}
	if l.acl, err = src.ACL(); err != nil {
		return l, err
	}
	if l.acl == "default" && !inPlace {
		l.bucketACL, err = src.BucketACL()
	}
	return l, err
}

// rehearse makes the copy inside a local OSS, and returns the requests that it took.
func (o *oneCopy) rehearse(ctx context.Context, l likeness) ([]sentRequest, copier.Outcome, error) {
	clock := &uploadClock{at: l.head.LastModified}
	server, err := localoss.New(localoss.Config{Now: clock.now, Region: o.options.Region})
	if err != nil {
		return nil, copier.Outcome{}, err
	}
	defer server.Close()
	ctx = osscall.WithCredentials(ctx, localKeys)
	id, err := o.put(ctx, server, clock, l)
	if err != nil {
		return nil, copier.Outcome{}, err
	}
	clock.at = time.Time{}
	recorder := &recorder{next: server.Transport(), sent: []sentRequest{}, parts: map[string]bool{},
		uploaded: id, etag: l.head.VersionID}
	if l.head.VersionID == "" {
		recorder.uploaded = "\x00" // nothing is shown in another way
	}
	rehearsal := *o
	rehearsal.options.Remote = func(to rules.Remote) *oss.Client {
		return osscall.NewClient(to.Region, "http://127.0.0.1", recorder)
	}
	rehearsal.client = rehearsal.options.Remote(rules.Remote{Region: o.options.Region})
	if o.version != "" {
		rehearsal.version = id
	}
	out := rehearsal.copy(ctx)
	o.plan, o.moved = rehearsal.plan, rehearsal.moved
	return recorder.sent, out, nil
}

// put puts an object like the source into a local OSS, and returns the id of its version.
func (o *oneCopy) put(ctx context.Context, server *localoss.Server, clock *uploadClock, l likeness) (string, error) {
	var properties []localoss.BucketOption
	if l.head.VersionID != "" {
		properties = append(properties, localoss.WithVersioning())
	}
	if l.bucketACL != "" {
		properties = append(properties, localoss.WithBucketACL(l.bucketACL))
	}
	if err := server.CreateBucket(o.from.bucket, properties...); err != nil {
		return "", err
	}
	region := cmp.Or(o.set.RemoteOf(o.to.bucket).Region, o.options.Region)
	for _, bucket := range append(stateBucket(o.options.State), o.to.bucket) {
		if err := server.CreateBucket(bucket, localoss.WithRegion(region)); err != nil {
			return "", err
		}
	}
	if l.isLink {
		if err := putLink(server, o.options.Region, o.from.bucket, o.from.key); err != nil {
			return "", err
		}
		return "", server.PutSparse(o.from.bucket, linkTarget, 0)
	}
	if err := server.PutSparse(o.from.bucket, o.from.key, l.head.Size, l.properties()...); err != nil {
		return "", err
	}
	put, _ := server.Object(o.from.bucket, o.from.key)
	if strings.Contains(l.head.Restore, `ongoing-request="false"`) {
		clock.at = time.Now().Add(-72 * time.Hour)
		client := osscall.NewClient(o.options.Region, "http://127.0.0.1", server.Transport())
		if err := restore(ctx, client, o.from); err != nil {
			return "", err
		}
	}
	if l.older {
		return put.VersionID, server.PutSparse(o.from.bucket, o.from.key, 0)
	}
	return put.VersionID, nil
}

// properties are those of an object like the source.
func (l likeness) properties() []localoss.ObjectOption {
	tags := url.Values{}
	for _, t := range l.tags {
		tags.Set(t.Key, t.Value)
	}
	h := l.head
	headers := map[string]string{
		"x-oss-storage-class": h.StorageClass, "x-oss-tagging": tags.Encode(), "x-oss-object-acl": l.acl,
		"x-oss-server-side-encryption":        h.ServerSideEncryption,
		"x-oss-server-side-encryption-key-id": h.ServerSideEncryptionKeyID,
		"x-oss-server-side-data-encryption":   h.ServerSideDataEncryption,
		"Cache-Control":                       h.Headers.CacheControl,
		"Content-Disposition":                 h.Headers.ContentDisposition,
		"Content-Encoding":                    h.Headers.ContentEncoding,
		"Content-Language":                    h.Headers.ContentLanguage,
		"Content-Type":                        h.Headers.ContentType, "Expires": h.Headers.Expires,
	}
	for _, m := range h.Meta {
		headers["x-oss-meta-"+m.Key] = m.Value
	}
	options := []localoss.ObjectOption{localoss.WithETag(h.ETag)}
	for name, value := range headers {
		if value != "" {
			options = append(options, localoss.WithHeader(name, value))
		}
	}
	return options
}

// restore restores an archived object.
func restore(ctx context.Context, client *oss.Client, at place) error {
	_, err := client.RestoreObject(ctx, &oss.RestoreObjectRequest{Bucket: &at.bucket, Key: &at.key,
		RestoreRequest: &oss.RestoreRequest{Days: 7}})
	return err
}
