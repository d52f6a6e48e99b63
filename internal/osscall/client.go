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

// Credentials sign requests. They belong to one invocation and are carried by its context, so
// that those of two invocations are never mixed up.
type Credentials struct{ AccessKeyID, AccessKeySecret, SecurityToken string }

type credentialsKey struct{}

// WithCredentials returns a context whose requests are signed with c.
func WithCredentials(ctx context.Context, c Credentials) context.Context {
	return context.WithValue(ctx, credentialsKey{}, c)
}

// CredentialsOf returns the credentials that a context carries.
func CredentialsOf(ctx context.Context) (Credentials, error) {
	c, ok := ctx.Value(credentialsKey{}).(Credentials)
	if !ok || c.AccessKeyID == "" || c.AccessKeySecret == "" {
		return Credentials{}, NewError(KindPermanent, "sign", "NoCredentials",
			"neither the invocation nor the environment has credentials: give the function a role")
	}
	return c, nil
}

// NewClient returns an OSS client that signs with the context's [Credentials], never retries
// ([Call] does), and sets no time-out of its own, since OSS sends nothing before a CopyObject is
// done.
//
// endpoint is a URL, "" means the region's internal endpoint over https; an IP address means
// path style. transport is nil except in tests.
func NewClient(region, endpoint string, transport http.RoundTripper) *oss.Client {
	if transport == nil {
		transport = newTransport()
	}
	return newClient(CredentialsOf, region, endpoint, transport)
}

// Identity is whose credentials sign requests.
type Identity interface {
	// Credentials returns those for a request with the context.
	Credentials(context.Context) (Credentials, error)
	// Refused is called when OSS no longer accepts the credentials that have an access key id.
	Refused(accessKeyID string)
}

// NewClientAs is NewClient for another identity than that of the context's credentials.
func NewClientAs(identity Identity, region, endpoint string, transport http.RoundTripper) *oss.Client {
	if transport == nil {
		transport = newTransport()
	}
	return newClient(identity.Credentials, region, endpoint, renewing{transport, identity})
}

func newClient(
	identity func(context.Context) (Credentials, error), region, endpoint string, transport http.RoundTripper,
) *oss.Client {
	provider := func(ctx context.Context) (credentials.Credentials, error) {
		c, err := identity(ctx)
		return credentials.Credentials{
			AccessKeyID: c.AccessKeyID, AccessKeySecret: c.AccessKeySecret, SecurityToken: c.SecurityToken}, err
	}
	cfg := oss.LoadDefaultConfig().
		WithRegion(region).
		WithCredentialsProvider(credentials.CredentialsProviderFunc(provider)).
		WithRetryer(&retry.NopRetryer{}).
		WithHttpClient(&http.Client{
			Transport: responseChecker{uncompressed{transport}},
			// Following a redirect would send the signature to another host.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		})
	if endpoint == "" {
		cfg.WithUseInternalEndpoint(true)
	} else {
		cfg.WithEndpoint(endpoint)
	}
	return oss.NewClient(cfg, func(o *oss.Options) {
		// Clock-skew correction writes shared state without a lock. The type of a copy is its
		// source's, not one guessed from its name. The engine compares CRC-64s itself.
		o.FeatureFlags &^= oss.FeatureCorrectClockSkew | oss.FeatureAutoDetectMimeType |
			oss.FeatureEnableCRC64CheckUpload
	})
}

// withoutEmptyBody removes an empty body, which the SDK gives every request: net/http would
// send it chunked, in a packet of its own.
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

// prefixed is a body whose first byte was read already.
type prefixed struct {
	io.Reader
	io.Closer
}
