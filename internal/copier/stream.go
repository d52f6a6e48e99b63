package copier

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"hash/crc64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/rules"
)

// OSS does not copy into another region, and makes a copy as one identity, which has to read the source and write the
// destination. To another region, and as another role, the content passes through this process: GetObject of
// the source, pinned like every copy, and PutObject or UploadPart at the destination. A small object is
// held in memory as a whole, and is verified before it is sent. The parts of a larger one are sent
// while they are received, so that they take no memory, and are verified before Complete, as those
// of a copy within the region are.

const (
	// MostInMemory is the size in bytes up to which an object is held in memory.
	MostInMemory = 4 * mib
	// streamMemory is how much all objects together take that are held in memory.
	streamMemory = 64 * mib
)

// streams reports whether OSS does not copy to the destination by itself: it is in another region than the source, or
// is reached as another role, which need not be allowed to read the source.
func (c *copying) streams() bool { return c.to.oss != c.copier.home.oss }

// streamWhole copies a small object to another region, with one GetObject and one PutObject.
func (c *copying) streamWhole(ctx context.Context) (Outcome, error) {
	size, known := c.src.Size()
	if !known {
		size = MostInMemory
	}
	if err := c.copier.memory.Acquire(ctx, size); err != nil {
		return Outcome{}, osscall.Classify("GetObject", err)
	}
	defer c.copier.memory.Release(size)
	began := time.Now()
	_, before := c.src.tags.known()
	content, head, err := c.download(ctx)
	if err != nil {
		return Outcome{}, err
	}
	if err := c.conditions(head); err != nil {
		return Outcome{}, err
	}
	request, err := c.putRequest(head, content)
	if err != nil {
		return Outcome{}, err
	}
	if tags, read := c.src.tags.known(); read && !before && head.TaggingCount+len(tags) > 0 {
		now, err := c.src.sameHeadNow() // they may be those of a newer version
		if err == nil && now.VersionID != head.VersionID {
			err = c.src.superseded(now)
		}
		if err != nil {
			return Outcome{}, err
		}
	}
	out, err := c.put(ctx, request, content, head)
	if time.Since(began) > quickCopy { // since the version was proved
		c.slow.Store(true)
	}
	return out, err
}

// download reads the whole source, and proves by its CRC-64 that it is all of it.
func (c *copying) download(ctx context.Context) (content []byte, head rules.Head, err error) {
	err = c.get(ctx, "", c.streamTime(MostInMemory, 0), func(res *oss.GetObjectResult) error {
		head = headOfContent(res)
		if size, known := c.src.Size(); head.Size > MostInMemory || known && head.Size != size {
			return osscall.NewError(osscall.KindTooLarge, "GetObject", "EntityTooLarge", // parts follow HeadObject
				"OSS sends %d bytes of %s, the event says %d", head.Size, c.src.URL(), size)
		}
		content, err = io.ReadAll(io.LimitReader(res.Body, head.Size+1))
		if err != nil {
			return cutOff(err)
		}
		if sum := crcText(crc64.Checksum(content, ecma())); int64(len(content)) != head.Size ||
			head.CRC64 != "" && head.CRC64 != sum {
			return osscall.NewError(osscall.KindLost, "GetObject", "CRCMismatch",
				"OSS sent %d bytes with CRC-64 %s of an object with %d bytes and CRC-64 %s (request %s)",
				len(content), sum, head.Size, head.CRC64, osscall.RequestID(res.ResultCommon))
		}
		return nil
	})
	if err == nil {
		c.src.SetHead(head)
	}
	return content, head, err
}

// putRequest is the PutObject that sets what a copy within the region would.
func (c *copying) putRequest(head rules.Head, content []byte) (*oss.PutObjectRequest, error) {
	tags, err := c.tagsToStream(head)
	if err != nil {
		return nil, err
	}
	headers, meta := c.headersAndMeta(head)
	in := c.initiateRequest(headers, meta, tags)
	sum := md5.Sum(content)
	return &oss.PutObjectRequest{
		Bucket: in.Bucket, Key: in.Key, ForbidOverwrite: in.ForbidOverwrite, StorageClass: in.StorageClass,
		Acl:          oss.ObjectACLType(c.plan.ObjectACL),
		CacheControl: in.CacheControl, ContentDisposition: in.ContentDisposition, ContentEncoding: in.ContentEncoding,
		ContentType: in.ContentType, Expires: in.Expires, Metadata: in.Metadata, Tagging: in.Tagging,
		ServerSideEncryption: in.ServerSideEncryption, ServerSideEncryptionKeyId: in.ServerSideEncryptionKeyId,
		ServerSideDataEncryption: in.ServerSideDataEncryption,
		ContentMD5:               osscall.Optional(base64.StdEncoding.EncodeToString(sum[:])),
		TrafficLimit:             c.plan.TrafficLimit,
		RequestPayer:             in.RequestPayer,
		RequestCommon:            in.RequestCommon,
	}, nil
}

// tagsToStream is tagsToSet, which need not read the tags of a source that certainly has none. HeadObject and
// GetObject count the tags only for who may read them, so that it takes one GetObjectTagging that succeeded to know
// what it means that they show no count.
func (c *copying) tagsToStream(head rules.Head) ([]rules.Pair, error) {
	carriesOver := c.plan.TaggingDirective != rules.DirectiveReplace
	right := c.src.Object.Bucket + "\n" + c.plan.Rule
	if _, readable := c.copier.tagsReadable.Load(right); carriesOver && readable && head.TaggingCount == 0 {
		return nil, nil
	}
	tags, err := c.tagsToSet()
	if err == nil && carriesOver {
		c.copier.tagsReadable.Store(right, nil)
	}
	return tags, err
}

// put sends the PutObject. One that may have been carried out is not sent again, since it may
// still be running: the destination is checked instead.
func (c *copying) put(
	ctx context.Context, request *oss.PutObjectRequest, content []byte, head rules.Head,
) (out Outcome, err error) {
	began := time.Now()
	call := c.call("PutObject", c.streamTime(int64(len(content)), c.plan.TrafficLimit))
	call.Once, call.Copies = true, true
	var res *oss.PutObjectResult
	err = call.Do(ctx, c.timed(func(ctx context.Context) (err error) {
		request.Body = bytes.NewReader(content)
		res, err = c.to.oss.PutObject(ctx, request)
		return err
	}))
	switch {
	case err == nil:
		out = Outcome{Result: Copied, Method: MethodStream, ETag: osscall.BareETag(oss.ToString(res.ETag)),
			CRC64: oss.ToString(res.HashCRC64), VersionID: oss.ToString(res.VersionId),
			Answer: answerOf(res.ResultCommon)}
		out.landed(nil, res.ResultCommon)
	case osscall.Is(err, osscall.KindLost):
		out, err = c.findLost(ctx, MethodStream, err, began)
	case osscall.Is(err, osscall.KindExists) && c.mayBeOurs(), osscall.Is(err, osscall.KindImmutable):
		out, err = c.resolveProtected(ctx, MethodStream, err)
	}
	out.Bytes, out.SourceVersionID = head.Size, head.VersionID
	return out, err
}

// streamPart is copyPart to another region.
func (c *copying) streamPart(ctx context.Context, up *upload, r *partRequest) error {
	part := r.of.span
	op := "part " + strconv.Itoa(part.number())
	call := c.call(op, c.streamTime(up.grid.length(part), c.partTraffic(up))) // for both requests
	call.Copies = true
	var source error // what the requests to the source came to, which have been repeated already
	err := call.Do(ctx, r.attempts(op, c.to.service, func(ctx context.Context) (err error) {
		source = c.get(ctx, "bytes="+up.grid.bytes(part), 0, func(res *oss.GetObjectResult) error {
			var cut error
			err, cut = c.uploadPart(ctx, up, part, res)
			return cut
		})
		if source != nil {
			return errSource
		}
		return err
	}))
	if source != nil {
		return source
	}
	return err
}

// streamTime is timeFor of content that goes to another region, which may be far slower.
func (c *copying) streamTime(size, limit int64) time.Duration { return c.timeFor(4*size, limit) }

// errSource stops the repeating of a request whose content cannot be read.
var errSource = osscall.NewError(osscall.KindPermanent, "GetObject", "NoAnswer", "the source cannot be read")

// uploadPart sends what OSS answers to a GetObject on as a part. cut says that the source broke off.
func (c *copying) uploadPart(ctx context.Context, up *upload, part span, res *oss.GetObjectResult) (err, cut error) {
	op, length := "part "+strconv.Itoa(part.number()), up.grid.length(part)
	body := &passing{from: res.Body, left: length}
	up.unanswered.Add(1)
	answer, err := c.to.oss.UploadPart(ctx, &oss.UploadPartRequest{
		Bucket:        &c.plan.Bucket,
		Key:           &c.plan.Key,
		PartNumber:    int32(part.number()),
		UploadId:      &up.UploadID,
		Body:          body,
		ContentLength: &length,
		TrafficLimit:  c.partTraffic(up),
		RequestPayer:  c.payer(),
	})
	if body.left == 0 {
		up.sent.Store(sentPart{int32(part.number()), length}, crcText(body.sum))
	}
	if isOver(op, err) || body.left > 0 { // OSS stores no part that is not complete
		up.unanswered.Add(-1)
	}
	switch {
	case body.cut != nil && ctx.Err() == nil:
		return nil, cutOff(body.cut)
	case err != nil:
		return err, nil
	}
	if got, sent := oss.ToString(answer.HashCRC64), crcText(body.sum); got != "" && got != sent {
		return osscall.NewError(osscall.KindLost, op, "CRCMismatch",
			"OSS received CRC-64 %s, %s was sent (request %s)", got, sent, osscall.RequestID(answer.ResultCommon)), nil
	}
	return nil, nil
}

// get sends a GetObject for the source, pinned to the version that was planned, and calls use with the
// response. span is a value of Range, "" for the whole object; limit is the longest that one request and its use may
// take. An error of use is one of the request: it is repeated accordingly.
func (c *copying) get(
	ctx context.Context, span string, limit time.Duration, use func(*oss.GetObjectResult) error,
) error {
	call := c.callAt(c.copier.home, "GetObject", limit)
	call.Copies = true
	for condition := c.ifMatch(); ; {
		err := call.Do(ctx, func(ctx context.Context) error {
			res, err := c.copier.home.oss.GetObject(ctx, &oss.GetObjectRequest{
				Bucket: &c.src.Object.Bucket, Key: &c.src.Object.Key, VersionId: c.src.version(),
				IfMatch: &condition, Range: osscall.Optional(span), RequestPayer: osscall.Optional(c.src.RequestPayer),
			})
			if err != nil {
				return err
			}
			defer res.Body.Close()
			if err := c.checkContent(res, span); err != nil {
				return err
			}
			return use(res)
		})
		switch {
		case err == nil:
			c.form().accepted(condition)
			return nil
		case osscall.Is(err, osscall.KindNotFound):
			return c.src.gone("GetObject", err)
		case !osscall.Is(err, osscall.KindPrecondition) && !IsLink(rules.Head{}, err): // a link has replaced the object
			return err
		}
		if condition, err = c.after412(condition); err != nil {
			return err
		}
	}
}

// checkContent fails if OSS sends something other than this range of the version that is meant.
func (c *copying) checkContent(res *oss.GetObjectResult, span string) error {
	id := osscall.RequestID(res.ResultCommon)
	if etag := oss.ToString(res.ETag); !osscall.SameETag(etag, c.src.ETag()) {
		return osscall.NewError(osscall.KindLost, "GetObject", "WrongVersion",
			"OSS sends the version with ETag %s, not %s (request %s)", etag, c.src.ETag(), id)
	}
	if span == "" {
		return nil
	}
	want := strings.Replace(span, "=", " ", 1) + "/"
	got := oss.ToString(res.ContentRange)
	if res.StatusCode != http.StatusPartialContent || !strings.HasPrefix(got, want) {
		return osscall.NewError(osscall.KindLost, "GetObject", "WrongRange",
			"OSS sends %q with status %d, not %s (request %s)", got, res.StatusCode, span, id)
	}
	return nil
}

// cutOff is the error of content that broke off.
func cutOff(err error) error {
	return osscall.NewError(osscall.KindLost, "GetObject", "NoAnswer", "the content broke off: %v", err)
}

// passing is content that is read from one response and sent with one request. It ends after left bytes, and fails
// if there are fewer.
type passing struct {
	from io.Reader
	left int64
	sum  uint64 // CRC-64 of what was read
	cut  error  // why reading has failed
}

func (p *passing) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	n, err := p.from.Read(b[:min(int64(len(b)), p.left)])
	p.sum = crc64.Update(p.sum, ecma(), b[:n])
	p.left -= int64(n)
	switch {
	case p.left == 0:
		return n, nil
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	p.cut = err
	return n, err
}

// ecma is the table of OSS's CRC-64, made when it is first needed: few functions stream.
var ecma = sync.OnceValue(func() *crc64.Table { return crc64.MakeTable(crc64.ECMA) })

// crcText is a CRC-64 as OSS writes it.
func crcText(sum uint64) string { return strconv.FormatUint(sum, 10) }

// streamLink makes a link in another region, as PutSymlink can: with the target, the metadata, the tags and the ACL of
// the source. The content headers of a link cannot be read; they are set only if the rule replaces them.
func (c *copying) streamLink(ctx context.Context) (Outcome, error) {
	l, err := c.src.asLink()
	if err != nil {
		return Outcome{}, err
	}
	tags, err := c.tagsToSet()
	if err != nil {
		return Outcome{}, err
	}
	request := &oss.PutSymlinkRequest{
		Bucket: &c.plan.Bucket, Key: &c.plan.Key, Target: oss.Ptr(percentPath(l.target)),
		ForbidOverwrite: forbid(c.plan),
		Acl:             oss.ObjectACLType(c.plan.ObjectACL), StorageClass: oss.StorageClassType(c.plan.StorageClass),
		Metadata: l.metadata(), RequestPayer: c.payer(),
	}
	request.Headers = map[string]string{}
	if c.plan.MetadataDirective == rules.DirectiveReplace {
		request.Metadata = c.metadata(c.plan.Meta)
		request.Headers = headerMap(c.replacedHeaders())
	}
	if len(tags) > 0 { // source: OSS API reference, PutSymlink, permissions
		request.Headers["x-oss-tagging"] = tagging(tags)
	}
	began := time.Now()
	var res *oss.PutSymlinkResult
	err = c.once("PutSymlink").Do(ctx, c.timed(func(ctx context.Context) (err error) {
		res, err = c.to.oss.PutSymlink(ctx, request)
		return err
	}))
	out := Outcome{Result: Copied, Method: MethodPutSymlink, SourceVersionID: l.version}
	switch {
	case err == nil:
		out.VersionID, out.Answer = oss.ToString(res.VersionId), answerOf(res.ResultCommon)
	case osscall.Is(err, osscall.KindExists) && c.mayBeOurs(), osscall.Is(err, osscall.KindImmutable):
		return c.resolveProtected(ctx, MethodPutSymlink, err)
	case osscall.Is(err, osscall.KindLost):
		return c.findLost(ctx, MethodPutSymlink, err, began)
	default:
		return Outcome{}, err
	}
	return out, nil
}
