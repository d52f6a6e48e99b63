package main

import (
	"bytes"
	"context"
	"hash/crc64"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localcloud"
)

// Keys of the uploads.
const (
	invoice  = "invoices/2026/A-1001.pdf"
	photo    = "in/d750/20261120_0001.jpg"
	film     = "films/alps.mov"
	report   = "public/报告 2026+Q4 100%.txt"
	log      = "logs/app/2026-11-20.log"
	hugeLog  = "logs/huge/trace.bin"
	unwanted = "notes/to-do.txt"
	twice    = "invoices/2026/A-1002.xml"
)

// source is the object that was last uploaded under a key.
type source struct {
	crc uint64 // CRC-64/ECMA of the content
	put time.Time
}

var ecma = crc64.MakeTable(crc64.ECMA)

// upload uploads all objects, in the order of the constants above. It returns them by their keys.
func upload(
	ctx context.Context, cloud *localcloud.Cloud, client *oss.Client, hugeSize int64,
) (map[string]source, error) {
	u := &uploader{ctx: ctx, client: client, random: rand.NewChaCha8([32]byte{}), done: make(map[string]source)}
	u.put("erp-inbox", invoice, "application/pdf", u.bytes(20<<10), nil, "")
	u.put("camera-uploads", photo, "image/jpeg", u.bytes(90<<10),
		map[string]string{"photographer": "Li Wei 李伟", "iso": "400"}, "project=alps&rating=5")
	u.class = "ColdArchive"
	u.put("camera-uploads", film, "video/quicktime", u.bytes(200<<10), nil, "")
	u.class = ""
	u.put("staging-site", report, "text/plain; charset=utf-8", []byte(strings.Repeat("季度报告\n", 100)), nil, "")
	u.inParts("app-logs", log, u.bytes(120<<10), u.bytes(120<<10), u.bytes(5<<10))
	u.sparse(cloud, "app-logs", hugeLog, hugeSize)
	u.put("erp-inbox", unwanted, "text/plain", []byte("buy milk\n"), nil, "")
	u.put("erp-inbox", twice, "application/xml", []byte("<invoice>draft</invoice>\n"), nil, "")
	u.put("erp-inbox", twice, "application/xml", []byte("<invoice>final</invoice>\n"), nil, "")
	return u.done, u.err
}

// uploader uploads with the official SDK. After the first error it does nothing.
type uploader struct {
	ctx    context.Context
	client *oss.Client
	random *rand.ChaCha8
	class  oss.StorageClassType // of what is put; "" is the bucket's
	done   map[string]source
	err    error
}

// bytes returns n random bytes, the same in every run.
func (u *uploader) bytes(n int) []byte {
	b := make([]byte, n)
	_, _ = u.random.Read(b) // never fails
	return b
}

// note records what was uploaded.
func (u *uploader) note(key string, content ...[]byte) {
	crc := uint64(0)
	for _, c := range content {
		crc = crc64.Update(crc, ecma, c)
	}
	u.done[key] = source{crc: crc, put: time.Now().UTC()}
}

func (u *uploader) put(bucket, key, contentType string, content []byte, meta map[string]string, tagging string) {
	if u.err != nil {
		return
	}
	request := &oss.PutObjectRequest{
		Bucket: &bucket, Key: &key, ContentType: &contentType, Metadata: meta, Body: bytes.NewReader(content),
		StorageClass: u.class,
	}
	if tagging != "" {
		request.Tagging = &tagging
	}
	_, u.err = u.client.PutObject(u.ctx, request)
	u.note(key, content)
}

// inParts uploads with UploadPart, whose events must not start a copy.
func (u *uploader) inParts(bucket, key string, parts ...[]byte) {
	if u.err != nil {
		return
	}
	begun, err := u.client.InitiateMultipartUpload(u.ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: &bucket, Key: &key, ContentType: oss.Ptr("text/plain"),
	})
	if err != nil {
		u.err = err
		return
	}
	var list []oss.UploadPart
	for i, content := range parts {
		number := int32(i + 1)
		part, err := u.client.UploadPart(u.ctx, &oss.UploadPartRequest{
			Bucket: &bucket, Key: &key, UploadId: begun.UploadId, PartNumber: number, Body: bytes.NewReader(content),
		})
		if err != nil {
			u.err = err
			return
		}
		list = append(list, oss.UploadPart{PartNumber: number, ETag: part.ETag})
	}
	_, u.err = u.client.CompleteMultipartUpload(u.ctx, &oss.CompleteMultipartUploadRequest{
		Bucket: &bucket, Key: &key, UploadId: begun.UploadId,
		CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: list},
	})
	u.note(key, parts...)
}

// sparse creates an object of zeros that takes no memory.
func (u *uploader) sparse(cloud *localcloud.Cloud, bucket, key string, size int64) {
	if u.err != nil {
		return
	}
	u.err = cloud.OSS.PutSparse(bucket, key, size)
	u.done[key] = source{crc: crcOfZeros(size), put: time.Now().UTC()}
}

// crcOfZeros computes the CRC-64 byte by byte, independently of the code under test.
func crcOfZeros(size int64) uint64 {
	zeros := make([]byte, 1<<20)
	crc := uint64(0)
	for ; size > 0; size -= int64(len(zeros)) {
		crc = crc64.Update(crc, ecma, zeros[:min(size, int64(len(zeros)))])
	}
	return crc
}
