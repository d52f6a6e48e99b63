package osscall

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// session is an identity that keeps which of its access keys were refused.
type session struct{ refused []string }

func (s *session) Credentials(context.Context) (Credentials, error) {
	return Credentials{AccessKeyID: "STS.one", AccessKeySecret: "secret", SecurityToken: "token"}, nil
}

func (s *session) Refused(id string) { s.refused = append(s.refused, id) }

type responds func(*http.Request) (*http.Response, error)

func (f responds) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestAnIdentityLearnsThatItsSessionHasEndedAndTheCallIsSentAgain(t *testing.T) {
	for code, want := range map[string][]string{
		"SecurityTokenExpired": {"STS.one"}, "InvalidAccessKeyId": {"STS.one"}, "AccessDenied": nil,
	} {
		for _, method := range []string{http.MethodHead, http.MethodPut} {
			var identity session
			sent := 0
			client := NewClientAs(&identity, "cn-hangzhou", "http://127.0.0.1", responds(
				func(req *http.Request) (*http.Response, error) {
					if sent++; sent > 1 {
						return nil, context.Canceled
					}
					resp := &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{}, Body: http.NoBody,
						Request: req}
					document := "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code></Error>"
					if req.Method == http.MethodHead {
						resp.Header.Set("x-oss-err", base64.StdEncoding.EncodeToString([]byte(document)))
					} else {
						resp.Body = io.NopCloser(strings.NewReader(document))
					}
					return resp, nil
				}))
			bucket, key := oss.Ptr("bucket"), oss.Ptr("k")
			err := Call{Op: method, As: "the role"}.Do(t.Context(), func(ctx context.Context) (err error) {
				if method == http.MethodHead {
					_, err = client.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: bucket, Key: key})
				} else {
					_, err = client.PutObject(ctx, &oss.PutObjectRequest{Bucket: bucket, Key: key})
				}
				return err
			})
			if !slices.Equal(identity.refused, want) || (sent == 2) != (want != nil) {
				t.Errorf("%s to %s: refused %q, sent %d times, %v", code, method, identity.refused, sent, err)
			}
			if want == nil && !HasCode(err, code) {
				t.Errorf("%s to %s: %v", code, method, err)
			}
		}
	}
}
