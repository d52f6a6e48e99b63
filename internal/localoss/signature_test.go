package localoss_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/localoss"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

var bothSignatures = map[string]oss.SignatureVersionType{"V1": oss.SignatureVersionV1, "V4": oss.SignatureVersionV4}

func TestOnlySignedRequestsOfKnownKeysAreServed(t *testing.T) {
	expired := localoss.AccessKey{Secret: "s", SecurityToken: "tok", Expires: time.Now().Add(-time.Second)}
	w := newWorld(t, localoss.Config{AccessKeys: map[string]localoss.AccessKey{
		"local": {Secret: "local"}, "STS.1": {Secret: "s", SecurityToken: "tok"}, "STS.2": expired}})
	hc := &http.Client{Transport: w.Transport()}
	w.put("k", "text")
	for _, c := range []struct {
		name, id, secret, token string
		status                  int
		code, ec                string
	}{
		{"a good key", "local", "local", "", 200, "", ""},
		{"a good token", "STS.1", "s", "tok", 200, "", ""},
		{"an unknown key", "nobody", "local", "", 403, "InvalidAccessKeyId", "0002-00000902"},
		{"a wrong secret", "local", "other", "", 403, "SignatureDoesNotMatch", ""},
		{"no token", "STS.1", "s", "", 403, "InvalidSecurityToken", ""},
		{"a wrong token", "STS.1", "s", "kot", 403, "InvalidSecurityToken", ""},
		{"a token that has expired", "STS.2", "s", "tok", 403, "SecurityTokenExpired", ""},
		{"a token of another key", "local", "local", "tok", 403, "InvalidSecurityToken", ""},
	} {
		for version, signature := range bothSignatures {
			t.Run(version+" "+c.name, func(t *testing.T) {
				client := sdkClient("http://127.0.0.1:9", hc, func(o *oss.Config) {
					o.WithSignatureVersion(signature).WithCredentialsProvider(
						credentials.NewStaticCredentialsProvider(c.id, c.secret, c.token),
					)
				})
				get := &oss.GetObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k")}
				_, err := client.GetObject(ctx, get)
				signed, perr := client.Presign(ctx, get)
				if perr != nil {
					t.Fatal(perr)
				}
				resp, perr := hc.Get(signed.URL)
				if perr != nil {
					t.Fatal(perr)
				}
				body, _ := io.ReadAll(resp.Body)
				if c.status == 200 {
					if err != nil || resp.StatusCode != 200 {
						t.Fatalf("got %v, presigned %s %s", err, resp.Status, body)
					}
					return
				}
				code := c.code
				if version == "V1" && code == "InvalidSecurityToken" {
					code = "InvalidAccessKeyId"
				}
				w.refused(err, c.status, code, c.ec)
				if resp.StatusCode != c.status || !strings.Contains(string(body), "<Code>"+code+"<") {
					t.Errorf("presigned: got %s %s", resp.Status, body)
				}
			})
		}
	}
}

func TestSignedPartsCannotBeChanged(t *testing.T) {
	for version, signature := range bothSignatures {
		w := newWorld(t, localoss.Config{})
		w.put("k", "text")
		for name, change := range map[string]func(*http.Request){
			"the method":   func(r *http.Request) { r.Method = "HEAD" },
			"the key":      func(r *http.Request) { r.URL.Path += "x" },
			"the query":    func(r *http.Request) { r.URL.RawQuery = "tagging" },
			"an x-oss":     func(r *http.Request) { r.Header.Set("x-oss-meta-added", "1") },
			"content type": func(r *http.Request) { r.Header.Set("Content-Type", "text/other") },
			"content MD5":  func(r *http.Request) { r.Header.Set("Content-MD5", "other") },
		} {
			t.Run(version+" "+name, func(t *testing.T) {
				changed := roundTripper(func(r *http.Request) (*http.Response, error) {
					change(r)
					return w.Transport().RoundTrip(r)
				})
				client := sdkClient(
					"http://127.0.0.1:9", &http.Client{Transport: changed},
					func(o *oss.Config) { o.WithSignatureVersion(signature) },
				)
				_, err := client.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k")})
				w.refused(err, 403, "SignatureDoesNotMatch", "")
			})
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestClockSkewOfMoreThanFifteenMinutesIsRefused(t *testing.T) {
	for version, signature := range bothSignatures {
		t.Run(version, func(t *testing.T) {
			off := time.Duration(0)
			now := func() time.Time { return time.Now().Add(off) }
			w := newWorld(t, localoss.Config{Now: now}, func(o *oss.Config) { o.WithSignatureVersion(signature) })
			w.put("k", "text")
			for _, off = range []time.Duration{14 * time.Minute, -14 * time.Minute} {
				w.get("k")
			}
			for _, off = range []time.Duration{16 * time.Minute, -16 * time.Minute} {
				_, err := w.sdk.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k")})
				w.refused(err, 403, "RequestTimeTooSkewed", "")
			}
		})
	}
}

func TestSDKCorrectsItsClockByTheError(t *testing.T) {
	w := newWorld(t, localoss.Config{Now: func() time.Time { return time.Now().Add(3 * time.Hour) }})
	client := oss.NewClient(oss.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint("http://127.0.0.1:9").
		WithHttpClient(&http.Client{Transport: w.Transport()}).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local")))
	if _, err := client.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: oss.Ptr("bkt")}); err != nil {
		t.Error(err)
	}
}

func TestPresignedURLExpires(t *testing.T) {
	for version, signature := range bothSignatures {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, localoss.Config{}, func(o *oss.Config) { o.WithSignatureVersion(signature) })
			w.put("k", "text")
			signed, err := w.sdk.Presign(ctx, &oss.GetObjectRequest{
				Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k"),
			}, oss.PresignExpires(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			hc := &http.Client{Transport: w.Transport()}
			for _, want := range []int{200, 403} {
				time.Sleep(time.Hour - time.Second)
				resp, err := hc.Get(signed.URL)
				if err != nil {
					t.Fatal(err)
				}
				if resp.StatusCode != want {
					t.Errorf("%s: got %s, want %d", version, resp.Status, want)
				}
			}
		})
	}
}

func TestARequestSignedForAnotherRegionIsRefused(t *testing.T) {
	w := newWorld(t, localoss.Config{}, func(o *oss.Config) { o.WithRegion("cn-beijing") })
	_, err := w.sdk.ListBuckets(ctx, &oss.ListBucketsRequest{})
	w.refused(err, 400, "InvalidArgument", "0002-00000226")
	var refused *oss.ServiceError
	if !errors.As(err, &refused) || refused.Message != "Invalid signing region in Authorization header." ||
		!strings.Contains(string(refused.Snapshot), "<BucketRegion>cn-hangzhou</BucketRegion>") {
		t.Errorf("the error does not name the region: %v", err)
	}
	signed, err := w.sdk.Presign(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k")})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest("GET", signed.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, body := w.send(r)
	w.answers(resp, body, 400, "<EC>0002-00000228</EC>")
}

func TestAdditionalHeadersAreSigned(t *testing.T) {
	w := newWorld(t, localoss.Config{}, func(o *oss.Config) {
		o.WithAdditionalHeaders([]string{"host", "range", "content-length"})
	})
	url := w.listen()
	w.put("k", "12345")
	for _, client := range []*oss.Client{
		w.sdk,
		sdkClient(url, nil, func(o *oss.Config) { o.WithAdditionalHeaders([]string{"host", "range"}) }),
	} {
		out, err := client.GetObject(ctx, &oss.GetObjectRequest{
			Bucket: oss.Ptr("bkt"), Key: oss.Ptr("k"), Range: oss.Ptr("bytes=1-2"),
		})
		if err != nil {
			t.Fatal(err)
		}
		if text, _ := io.ReadAll(out.Body); string(text) != "23" {
			t.Errorf("got %q", text)
		}
		out.Body.Close()
	}
}

// TestV4SignatureWithTheDateHeader replays a request as signed by the Go SDK before v2, and so by
// ossutil 1: without x-oss-date, the time that is signed is the text of Date.
func TestV4SignatureWithTheDateHeader(t *testing.T) {
	now := time.Date(2026, 11, 20, 13, 18, 12, 0, time.UTC)
	w := newWorld(t, localoss.Config{Now: func() time.Time { return now }})
	date := now.Format(http.TimeFormat)
	canonical := sha256.Sum256(
		[]byte("GET\n/bkt/\nlocation\nx-oss-content-sha256:UNSIGNED-PAYLOAD\n\n\nUNSIGNED-PAYLOAD"),
	)
	toSign := "OSS4-HMAC-SHA256\n" + date + "\n20261120/cn-hangzhou/oss/aliyun_v4_request\n" +
		hex.EncodeToString(canonical[:])
	key := []byte("aliyun_v4local")
	for _, text := range []string{"20261120", "cn-hangzhou", "oss", "aliyun_v4_request", toSign} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		key = mac.Sum(nil)
	}
	r, err := http.NewRequest("GET", "http://127.0.0.1:9/bkt/?location", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Date", date)
	r.Header.Set("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
	const credential = "Credential=local/20261120/cn-hangzhou/oss/aliyun_v4_request"
	r.Header.Set("Authorization", "OSS4-HMAC-SHA256 "+credential+",Signature="+hex.EncodeToString(key))
	resp, err := w.Transport().RoundTrip(r)
	if err != nil || resp.StatusCode != 200 {
		t.Errorf("got %v, %v", resp, err)
	}
}
