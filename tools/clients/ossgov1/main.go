// Command ossgov1 does with the Go SDK v1 of OSS what passing.txt lists.
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

func main() {
	client, err := oss.New(os.Args[1], "local", "local")
	check("", err)
	check("", client.CreateBucket("ossgov1"))
	b, err := client.Bucket("ossgov1")
	check("", err)
	check("put", b.PutObject("a b+ü", strings.NewReader("text")))
	get(b, "a b+ü", "get")
	_, err = b.CopyObject("a b+ü", "c d+e")
	check("", err)
	get(b, "c d+e", "copy")
	check("", b.PutSymlink("link", "a b+ü"))
	get(b, "link", "symlink")
	list, err := b.ListObjectsV2()
	if err == nil && len(list.Objects) != 3 {
		err = fmt.Errorf("listed %+v", list.Objects)
	}
	check("list", err)
	upload, err := b.InitiateMultipartUpload("parts")
	check("", err)
	part, err := b.UploadPart(upload, bytes.NewReader(make([]byte, 200<<10)), 200<<10, 1)
	check("", err)
	last, err := b.UploadPartCopy(upload, "ossgov1", "a b+ü", 0, 4, 2)
	check("", err)
	_, err = b.CompleteMultipartUpload(upload, []oss.UploadPart{part, last})
	check("multipart", err)
	_, err = b.DeleteObjects([]string{"a b+ü", "c d+e", "link", "parts"})
	check("", err)
	check("delete", client.DeleteBucket("ossgov1"))
}

func get(b *oss.Bucket, key, step string) {
	body, err := b.GetObject(key)
	check("", err)
	text, err := io.ReadAll(body)
	if err == nil && string(text) != "text" {
		err = fmt.Errorf("got %q", text)
	}
	check(step, err)
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
