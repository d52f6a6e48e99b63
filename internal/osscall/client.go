package osscall

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/retry"
)

// Credentials sign requests. They belong to one invocation and travel in its
// context, so that two invocations with different ones never mix.
type Credentials struct{ AccessKeyID, AccessKeySecret, SecurityToken string }

type credentialsKey struct{}

// WithCredentials returns a context whose requests are signed with c.
func WithCredentials(ctx context.Context, c Credentials) context.Context {
	return context.WithValue(ctx, credentialsKey{}, c)
}

func credentialsOf(ctx context.Context) (credentials.Credentials, error) {
	c, ok := ctx.Value(credentialsKey{}).(Credentials)
	if !ok || c.AccessKeyID == "" || c.AccessKeySecret == "" {
		return credentials.Credentials{}, NewError(KindPermanent, "sign", "NoCredentials", "the invocation brought no credentials, and the environment has none; give the function a role")
	}
	return credentials.Credentials{AccessKeyID: c.AccessKeyID, AccessKeySecret: c.AccessKeySecret, SecurityToken: c.SecurityToken}, nil
}

// NewClient returns an OSS client for copying: it signs with the context's
// [Credentials], never retries (the engine does), and puts no time-out of its
// own on an answer, since a CopyObject is silent until it is done.
//
// endpoint is a URL, "" means the region's internal endpoint over https; an IP
// address means path style. transport is nil but in tests.
func NewClient(region, endpoint string, transport http.RoundTripper) *oss.Client {
	if transport == nil {
		transport = newTransport()
	}
	cfg := oss.LoadDefaultConfig().
		WithRegion(region).
		WithCredentialsProvider(credentials.CredentialsProviderFunc(credentialsOf)).
		WithRetryer(&retry.NopRetryer{}).
		WithHttpClient(&http.Client{
			Transport: answerChecker{transport},
			// A redirect would carry a signature to where it was not meant for.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		})
	if endpoint == "" {
		cfg.WithUseInternalEndpoint(true)
	} else {
		cfg.WithEndpoint(endpoint)
	}
	return oss.NewClient(cfg, func(o *oss.Options) {
		// Clock-skew correction writes shared state without a lock; the type of
		// a copy is its source's, not one guessed from its name.
		o.FeatureFlags &^= oss.FeatureCorrectClockSkew | oss.FeatureAutoDetectMimeType
	})
}

// withoutEmptyBody takes away a body that holds nothing, which the SDK gives every
// request: net/http would send it in chunks, in a packet of its own.
func withoutEmptyBody(req *http.Request) *http.Request {
	if req.Body == nil || req.Body == http.NoBody || req.ContentLength != 0 {
		return req
	}
	sent := *req
	first := make([]byte, 1)
	if n, err := io.ReadFull(req.Body, first); n == 0 && errors.Is(err, io.EOF) {
		_ = req.Body.Close()
		sent.Body = http.NoBody
	} else {
		sent.Body = prefixed{io.MultiReader(bytes.NewReader(first[:n]), req.Body), req.Body}
	}
	return &sent
}

// prefixed is a body of which the first byte was read.
type prefixed struct {
	io.Reader
	io.Closer
}
