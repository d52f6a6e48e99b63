// Command awsgo does with the Go SDK v2 of AWS what passing.txt lists.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

var (
	ctx    = context.Background()
	bucket = aws.String("awsgo")
)

// newClient makes a client with the settings that OSS's help asks for: no checksums in trailers.
func newClient(endpoint string, pathStyle bool, transport http.RoundTripper) *s3.Client {
	return s3.New(s3.Options{
		Region: "cn-hangzhou", BaseEndpoint: &endpoint, UsePathStyle: pathStyle,
		Credentials:                credentials.NewStaticCredentialsProvider("local", "local", ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		HTTPClient:                 &http.Client{Transport: transport},
	})
}

func main() {
	client := newClient(os.Args[1], true, nil)
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket})
	check("", err)
	key := aws.String("a b+ü")
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("text")})
	check("put", err)
	check("get", get(client, key))
	_, err = client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: bucket, Key: aws.String("copy"), CopySource: aws.String("awsgo/a%20b%2B%C3%BC"),
	})
	check("", err)
	check("copy", get(client, aws.String("copy")))
	list, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
	if err == nil && len(list.Contents) != 2 {
		err = fmt.Errorf("listed %d objects", len(list.Contents))
	}
	check("list", err)
	check("multipart", multipart(client))

	// Any name under localhost is this machine, also for resolvers that do not know that.
	_, port, _ := strings.Cut(strings.TrimPrefix(os.Args[1], "http://"), ":")
	toServer := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
	}}
	check("virtual-host", get(newClient("http://localhost:"+port, false, toServer), key))

	for _, k := range []*string{key, aws.String("copy"), aws.String("parts")} {
		_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: k})
		check("", err)
	}
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: bucket})
	check("delete", err)
}

func get(client *s3.Client, key *string) error {
	out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		return err
	}
	text, err := io.ReadAll(out.Body)
	if err == nil && string(text) != "text" {
		return fmt.Errorf("got %q", text)
	}
	return err
}

func multipart(client *s3.Client) error {
	key := aws.String("parts")
	upload, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	if err != nil {
		return err
	}
	part, err := client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket: bucket, Key: key, UploadId: upload.UploadId, PartNumber: aws.Int32(1),
		Body: bytes.NewReader(make([]byte, 200<<10)),
	})
	if err != nil {
		return err
	}
	last, err := client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
		Bucket: bucket, Key: key, UploadId: upload.UploadId, PartNumber: aws.Int32(2),
		CopySource: aws.String("awsgo/copy"),
	})
	if err != nil {
		return err
	}
	_, err = client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: key, UploadId: upload.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{
			{ETag: part.ETag, PartNumber: aws.Int32(1)},
			{ETag: last.CopyPartResult.ETag, PartNumber: aws.Int32(2)},
		}},
	})
	return err
}

func check(step string, err error) {
	if err != nil {
		fmt.Println(step, err)
		os.Exit(1)
	}
	if step != "" {
		fmt.Println("ok", step)
	}
}
