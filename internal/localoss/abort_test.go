package localoss_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// multipart is an upload to "dst".
type multipart struct {
	*world
	id *string
}

func (w *world) initiate() multipart {
	w.Helper()
	up, err := w.sdk.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"),
	})
	if err != nil {
		w.Fatal(err)
	}
	return multipart{w, up.UploadId}
}

func (m multipart) part(number int32, body io.Reader) error {
	_, err := m.sdk.UploadPart(ctx, &oss.UploadPartRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), UploadId: m.id, PartNumber: number, Body: body,
	})
	return err
}

func (m multipart) copyPart(ctx context.Context, number int32) error {
	_, err := m.sdk.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), UploadId: m.id, PartNumber: number, SourceKey: oss.Ptr("src"),
	})
	return err
}

func (m multipart) abort() {
	m.Helper()
	out, err := m.sdk.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), UploadId: m.id,
	})
	if err != nil || out.StatusCode != 204 {
		m.Fatalf("abort: %v, %v", out, err)
	}
}

// parts returns the numbers of the stored parts; nil if the upload has ended.
func (m multipart) parts() (numbers []int32) {
	m.Helper()
	list, err := m.sdk.ListParts(ctx, &oss.ListPartsRequest{
		Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), UploadId: m.id,
	})
	var se *oss.ServiceError
	if errors.As(err, &se) && se.Code == "NoSuchUpload" {
		return nil
	} else if err != nil {
		m.Fatal(err)
	}
	numbers = []int32{}
	for _, p := range list.Parts {
		numbers = append(numbers, p.PartNumber)
	}
	return numbers
}

func (m multipart) wantParts(want ...int32) {
	m.Helper()
	if want == nil {
		want = []int32{}
	}
	got := m.parts()
	if got == nil {
		m.Fatalf("the upload has ended; want it open with the parts %v", want)
	}
	if len(got) != len(want) {
		m.Fatalf("the upload has the parts %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			m.Fatalf("the upload has the parts %v, want %v", got, want)
		}
	}
}

// slowParts delays the effect of parts from number 2 on by an hour.
func slowParts(ctx context.Context, call *localoss.Call, next func() *localoss.Response) *localoss.Response {
	if call.PartNumber > 1 {
		time.Sleep(time.Hour)
	}
	return next()
}

func TestAnAbortLeavesTheUploadOpenForPartsUnderWay(t *testing.T) {
	for name, send := range map[string]func(multipart) error{
		"uploaded": func(m multipart) error { return m.part(2, strings.NewReader("two")) },
		"copied":   func(m multipart) error { return m.copyPart(ctx, 2) },
		"copied, its client disconnected": func(m multipart) error {
			limited, cancel := context.WithTimeout(ctx, time.Minute)
			defer cancel()
			if err := m.copyPart(limited, 2); err == nil {
				return errors.New("answered too early")
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, localoss.Config{Intercept: slowParts})
				w.put("src", "content")
				m := w.initiate()
				if err := m.part(1, strings.NewReader("one")); err != nil {
					t.Fatal(err)
				}
				sent := make(chan error, 1)
				go func() { sent <- send(m) }()
				time.Sleep(2 * time.Minute)
				m.abort()
				m.wantParts()
				m.abort() // once more
				m.wantParts()
				time.Sleep(time.Hour)
				if err := <-sent; err != nil {
					t.Errorf("the part under way: %v", err)
				}
				m.wantParts(2)
				m.abort()
				if got := m.parts(); got != nil {
					t.Errorf("the upload is open with the parts %v after an abort with none under way", got)
				}
			})
		})
	}
}

func TestAPartIsUnderWayFromTheFirstByteOfItsBody(t *testing.T) {
	w := newWorld(t, localoss.Config{})
	m := w.initiate()
	reader, writer := io.Pipe()
	sent := make(chan error, 1)
	go func() { sent <- m.part(1, reader) }()
	if _, err := writer.Write([]byte("begun")); err != nil { // read by the server
		t.Fatal(err)
	}
	m.abort()
	m.wantParts()
	writer.Close()
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	m.wantParts(1)
}

func TestAPartThatTakesNoEffectDoesNotKeepAnUploadOpen(t *testing.T) {
	drop := false
	w := newWorld(t, localoss.Config{Intercept: func(
		_ context.Context, call *localoss.Call, next func() *localoss.Response,
	) *localoss.Response {
		if drop && call.Name == "UploadPartCopy" {
			return nil
		}
		return next()
	}})
	w.put("src", "content")
	for name, send := range map[string]func(multipart) error{
		"refused": func(m multipart) error {
			_, err := w.sdk.UploadPartCopy(ctx, &oss.UploadPartCopyRequest{
				Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), UploadId: m.id, PartNumber: 1, SourceKey: oss.Ptr("none"),
			})
			return err
		},
		"dropped": func(m multipart) error {
			drop = true
			defer func() { drop = false }()
			return m.copyPart(ctx, 1)
		},
	} {
		m := w.initiate()
		if err := send(m); err == nil {
			t.Errorf("%s: answered", name)
		}
		m.abort()
		if got := m.parts(); got != nil {
			t.Errorf("%s: the upload is still open", name)
		}
	}
}

func TestCompletionDoesNotWaitForPartsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, localoss.Config{Intercept: slowParts})
		w.put("src", "content")
		m := w.initiate()
		sent := make(chan error, 1)
		go func() { sent <- m.copyPart(ctx, 2) }()
		time.Sleep(time.Minute)
		m.abort()
		if err := m.part(1, strings.NewReader("one")); err != nil {
			t.Fatal(err)
		}
		_, err := w.sdk.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
			Bucket: oss.Ptr("bkt"), Key: oss.Ptr("dst"), UploadId: m.id, CompleteAll: oss.Ptr("yes"),
		})
		if err != nil {
			t.Fatal(err)
		}
		w.refused(<-sent, 404, "NoSuchUpload", "0042-00000311")
		if got := w.get("dst"); got != "one" {
			t.Errorf("the object has %q", got)
		}
	})
}

func TestAnAbortedUploadThatStayedOpenSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		w := newWorld(t, localoss.Config{Data: dir, Intercept: slowParts})
		w.put("src", "content")
		m := w.initiate()
		if err := m.part(1, strings.NewReader("one")); err != nil {
			t.Fatal(err)
		}
		sent := make(chan error, 1)
		go func() { sent <- m.copyPart(ctx, 2) }()
		time.Sleep(time.Minute)
		m.abort()
		if err := w.Close(); err != nil { // cancels the part under way
			t.Fatal(err)
		}
		if err := <-sent; err == nil {
			t.Error("a closed server stored a part")
		}
		m.world = newWorld(t, localoss.Config{Data: dir})
		m.wantParts()
		m.abort()
		if got := m.parts(); got != nil {
			t.Errorf("the upload is open with the parts %v", got)
		}
	})
}
