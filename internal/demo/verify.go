package main

import (
	"context"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"slices"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

// verify reads every destination back and compares it. The error names every difference.
func verify(ctx context.Context, client *oss.Client, buckets []string, expected []expectation) error {
	var differences []error
	for _, e := range expected {
		if err := e.verify(ctx, client); err != nil {
			differences = append(differences, fmt.Errorf("oss://%s/%s: %w", e.bucket, e.key, err))
		}
	}
	return errors.Join(append(differences, nothingElse(ctx, client, buckets, expected))...)
}

// attributes are everything that is compared of a destination.
type attributes struct {
	CRC64       uint64
	ContentType string
	Cache       string
	Meta        map[string]string
	Tags        map[string]string
	ACL         string
	Class       string
	Encryption  string
}

func (e *expectation) verify(ctx context.Context, client *oss.Client) error {
	want := attributes{
		CRC64: e.crc, ContentType: e.contentType, Cache: e.cache, Meta: orEmpty(e.meta), Tags: orEmpty(e.tags),
		ACL: e.acl, Class: e.class, Encryption: "AES256",
	}
	got, err := read(ctx, client, e.bucket, e.key)
	if err != nil {
		return err
	}
	if diff := cmp.Diff(want, *got); diff != "" {
		return fmt.Errorf("differs (-want +got):\n%s", diff)
	}
	return nil
}

func read(ctx context.Context, client *oss.Client, bucket, key string) (*attributes, error) {
	head, err := client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	tags, err := client.GetObjectTagging(ctx, &oss.GetObjectTaggingRequest{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	acl, err := client.GetObjectAcl(ctx, &oss.GetObjectAclRequest{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	a := &attributes{
		ContentType: oss.ToString(head.ContentType), Cache: oss.ToString(head.CacheControl),
		Meta: orEmpty(head.Metadata), Tags: map[string]string{},
		ACL: oss.ToString(acl.ACL), Class: oss.ToString(head.StorageClass),
		Encryption: oss.ToString(head.ServerSideEncryption),
	}
	for _, t := range tags.Tags {
		a.Tags[oss.ToString(t.Key)] = oss.ToString(t.Value)
	}
	a.CRC64, err = readContent(ctx, client, bucket, key, a.Class)
	return a, err
}

// readContent reads the whole object and returns its CRC-64. It restores an archived object first.
func readContent(ctx context.Context, client *oss.Client, bucket, key, class string) (uint64, error) {
	if strings.Contains(class, "Archive") {
		if _, err := client.RestoreObject(ctx, &oss.RestoreObjectRequest{Bucket: &bucket, Key: &key}); err != nil {
			return 0, err
		}
	}
	res, err := client.GetObject(ctx, &oss.GetObjectRequest{Bucket: &bucket, Key: &key})
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	crc := crc64.New(ecma)
	_, err = io.CopyBuffer(crc, res.Body, make([]byte, 1<<20))
	return crc.Sum64(), err
}

// nothingElse checks that the destination buckets contain no other objects.
func nothingElse(ctx context.Context, client *oss.Client, buckets []string, expected []expectation) error {
	var extra []error
	for _, bucket := range buckets {
		pages := client.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{Bucket: &bucket})
		for pages.HasNext() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, o := range page.Contents {
				key := oss.ToString(o.Key)
				wanted := func(e expectation) bool { return e.bucket == bucket && e.key == key }
				if !slices.ContainsFunc(expected, wanted) {
					extra = append(extra, fmt.Errorf("oss://%s/%s: no rule asks for it", bucket, key))
				}
			}
		}
	}
	return errors.Join(extra...)
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}
