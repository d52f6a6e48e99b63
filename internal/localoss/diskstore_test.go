package localoss_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// TestMain serves OSS from a directory instead of testing, if a test of this file has started it as
// a process to kill.
func TestMain(m *testing.M) {
	dir := os.Getenv("LOCALOSS_TEST_SERVE")
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := localoss.New(localoss.Config{Data: dir})
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(l.Addr())
	panic(http.Serve(l, s))
}

// process serves a directory in another process until that is killed.
func process(w *world, dir string) *exec.Cmd {
	w.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "LOCALOSS_TEST_SERVE="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		w.Fatal(err)
	}
	w.sdk = sdkClient("http://"+strings.TrimSpace(line), nil)
	return cmd
}

func TestAcknowledgedWritesSurviveAKill(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	w := &world{T: t}
	cmd := process(w, dir)
	if _, err := w.sdk.PutBucket(ctx, &oss.PutBucketRequest{Bucket: oss.Ptr("bkt")}); err != nil {
		t.Fatal(err)
	}
	acknowledged := make(chan string, 10000)
	go func() {
		defer close(acknowledged)
		for i := 0; ; i++ {
			key := fmt.Sprintf("../%d", i)
			_, err := w.sdk.PutObject(ctx, &oss.PutObjectRequest{
				Bucket: oss.Ptr("bkt"), Key: &key, Body: strings.NewReader(key), Tagging: oss.Ptr("k=v"),
			})
			if err != nil {
				return
			}
			acknowledged <- key
		}
	}()
	var keys []string
	for key := range acknowledged {
		if keys = append(keys, key); len(keys) == 200 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()

	process(w, dir)
	for _, key := range keys {
		if got := w.get(key); got != key {
			t.Errorf("%s has %q after the restart", key, got)
		}
	}
	all, err := filepath.Glob(filepath.Join(filepath.Dir(dir), "*"))
	if err != nil || len(all) != 1 {
		t.Errorf("a key became a path: %q, %v", all, err)
	}
}

func TestARestartKeepsVersionsUploadsPartsAndSparseContent(t *testing.T) {
	dir, start := t.TempDir(), time.Now()
	still := func() time.Time { return start } // ids must differ even if the clock stands still
	w := newWorld(t, localoss.Config{Data: dir, Now: still})
	enable := &oss.PutBucketVersioningRequest{
		Bucket: oss.Ptr("bkt"), VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled},
	}
	if _, err := w.sdk.PutBucketVersioning(ctx, enable); err != nil {
		t.Fatal(err)
	}
	first := *w.put("k", "one", func(r *oss.PutObjectRequest) { r.Metadata = map[string]string{"a": "b"} }).VersionId
	more := func() {
		for range 5 {
			w.put("k", "more") // needs two ids
			w.get("k")         // needs one id
			w.put("k", "more")
		}
	}
	more()
	if err := w.PutSparse("bkt", "sparse", 3<<40, localoss.WithSeed(3)); err != nil {
		t.Fatal(err)
	}
	up, err := w.sdk.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("open"), Tagging: oss.Ptr("t=1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	for part := int32(1); part <= 2; part++ {
		_, err = w.sdk.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
			Bucket:     oss.Ptr("bkt"),
			Key:        oss.Ptr("open"),
			UploadId:   up.UploadId,
			PartNumber: part,
			SourceKey:  oss.Ptr("sparse"),
			Range:      oss.Ptr(fmt.Sprintf("bytes=%d-%d", int64(part-1)<<31, int64(part)<<31-1)),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	before, _ := w.Object("bkt", "sparse")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}

	var seen []string
	w = newWorld(t, localoss.Config{
		Data: dir, Now: still, OnChange: func(_, key string, _ *localoss.Object) { seen = append(seen, key) },
	})
	if len(seen) > 0 || len(w.names()) > 0 {
		t.Errorf("reading the directory raised changes %q", seen)
	}
	if v := w.Versions("bkt", "k"); len(v) != 11 || v[10].VersionID != first || v[10].Meta["a"] != "b" {
		t.Errorf("versions are %+v", v)
	}
	after, _ := w.Object("bkt", "sparse")
	if after.CRC64 != before.CRC64 || after.ETag != before.ETag || after.Size != 3<<40 {
		t.Errorf("sparse object was %+v, is %+v", before, after)
	}
	if u := w.Uploads("bkt"); len(u) != 1 || u[0].Parts != 2 || u[0].Size != 4<<30 {
		t.Fatalf("uploads are %+v", u)
	}
	_, err = w.sdk.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("open"), UploadId: up.UploadId, CompleteAll: oss.Ptr("yes"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if o, _ := w.Object("bkt", "open"); o.Size != 4<<30 || fmt.Sprint(o.Tags) != "[{t 1}]" {
		t.Errorf("completed %+v", o)
	}
	w.get("k") // as many requests as before the puts of the first run
	more()
	if n := len(w.Versions("bkt", "k")); n != 21 {
		t.Errorf("%d versions of 21: an id was reused after the restart", n)
	}
}

func TestIncompleteLastLineOfTheJournalIsDropped(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, localoss.Config{Data: dir})
	w.put("kept", "text")
	w.Close()
	f, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(f, `[{"Bucket":"bkt","Key":"torn","Put":{"ID":"nu`)
	f.Close()
	w = newWorld(t, localoss.Config{Data: dir})
	w.put("more", "text")
	w.Close()
	w = newWorld(t, localoss.Config{Data: dir})
	if got := w.Objects("bkt"); len(got) != 2 || w.get("kept") != "text" || w.get("more") != "text" {
		t.Errorf("objects are %+v", got)
	}
}

func TestADirectoryIsUsedByOneServerAtATime(t *testing.T) {
	dir := t.TempDir()
	newWorld(t, localoss.Config{Data: dir})
	if _, err := localoss.New(localoss.Config{Data: dir}); err == nil ||
		!strings.Contains(err.Error(), "another server") {
		t.Errorf("a second server got %v", err)
	}
}

func TestErrorOfAnInvalidJournalHasTheLine(t *testing.T) {
	dir := t.TempDir()
	newWorld(t, localoss.Config{Data: dir}).Close()
	path := filepath.Join(dir, "journal")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, "not json\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := localoss.New(localoss.Config{Data: dir}); err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("got %v", err)
	}
}

func TestFilesOfDeletedObjectsAreDeleted(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, localoss.Config{Data: dir})
	w.put("k", "one")
	w.put("k", "two")
	if _, err := w.sdk.CopyObject(ctx, &oss.CopyObjectRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("copy"), SourceKey: oss.Ptr("k"),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sdk.DeleteObject(ctx, &oss.DeleteObjectRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k"),
	}); err != nil {
		t.Fatal(err)
	}
	files := func() int {
		names, err := os.ReadDir(filepath.Join(dir, "blobs"))
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	for end := time.Now().Add(10 * time.Second); files() != 1; runtime.Gosched() {
		runtime.GC()
		if time.Now().After(end) {
			t.Fatalf("%d files are left, want the copy's", files())
		}
	}
	if w.get("copy") != "two" {
		t.Error("the copy lost its content")
	}
	if _, err := os.Stat(filepath.Join(dir, "journal.new")); !errors.Is(err, os.ErrNotExist) {
		t.Error("a half-written journal was left")
	}
}
