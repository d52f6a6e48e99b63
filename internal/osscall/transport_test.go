package osscall

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// closing is a listener that can close all its connections from the server's side.
type closing struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func (l *closing) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		l.mu.Lock()
		l.conns = append(l.conns, conn)
		l.mu.Unlock()
	}
	return conn, err
}

func (l *closing) closeAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range l.conns {
		conn.Close()
	}
	l.conns = nil
}

// answering is a server that answers every request with 200 and counts them.
func answering(t *testing.T, tls bool) (url string, client *http.Client, l *closing, served *atomic.Int64) {
	t.Helper()
	served = new(atomic.Int64)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		served.Add(1)
		w.WriteHeader(http.StatusOK)
	}))
	l = &closing{Listener: server.Listener}
	server.Listener = l
	tr := newTransport()
	if tls {
		server.StartTLS()
		tr.http.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server.URL, &http.Client{Transport: tr}, l, served
}

func put(t *testing.T, client *http.Client, url string) error {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.Body.Close()
}

func TestConnectionThatTheServerClosedWhileItWasIdleIsNotUsed(t *testing.T) {
	for name, tls := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			url, client, l, served := answering(t, tls)
			for i := range 30 {
				var sent atomic.Int64
				call := Call{Op: "CopyObject", Once: true, Sent: &sent}
				err := call.Do(t.Context(), func(context.Context) error { return put(t, client, url) })
				if err != nil {
					t.Fatalf("request %d: %v", i+1, err)
				}
				l.closeAll() // whether net/http notices before the next request is left to chance
			}
			if n := served.Load(); n != 30 {
				t.Errorf("%d of 30 requests arrived", n)
			}
		})
	}
}

func TestAConnectionAfterAFreezeResumesTheTLSSession(t *testing.T) {
	var resumed []bool
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		resumed = append(resumed, req.TLS.DidResume)
	}))
	defer server.Close()
	tr := newTransport()
	tr.http.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	client := &http.Client{Transport: tr}
	for range 2 {
		if err := put(t, client, server.URL); err != nil {
			t.Fatal(err)
		}
		tr.lastUsed.Store(1) // long ago
	}
	if want := []bool{false, true}; !slices.Equal(resumed, want) {
		t.Errorf("sessions resumed: %t, want %t", resumed, want)
	}
}

func TestConnectionThatIsRefusedProvesThatNothingWasDone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	err = put(t, &http.Client{Transport: newTransport()}, "http://"+addr)
	if e := Classify("CopyObject", err); e.Kind != KindUnsent || e.Permanent {
		t.Errorf("%v is taken for kind %d", err, e.Kind)
	}
}

func TestConnectionResetAfterTheRequestWentOutProvesNothing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}))
	defer server.Close()
	err := put(t, &http.Client{Transport: newTransport()}, server.URL)
	if e := Classify("CopyObject", err); e.Kind != KindLost {
		t.Errorf("%v is taken for kind %d", err, e.Kind)
	}
}

func TestCopyObjectIsSentAgainWhereTheConnectionIsRefused(t *testing.T) {
	refused := 2
	transport := roundTripper(func(*http.Request) (*http.Response, error) {
		if refused--; refused >= 0 {
			return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
		}
		return nil, errors.New("sent")
	})
	client := NewClient("cn-hangzhou", "http://127.0.0.1", transport)
	ctx := WithCredentials(context.Background(), Credentials{AccessKeyID: "a", AccessKeySecret: "b"})
	var sent atomic.Int64
	err := Call{Op: "CopyObject", Once: true, Sent: &sent}.Do(ctx, func(ctx context.Context) error {
		_, err := client.CopyObject(ctx, &oss.CopyObjectRequest{
			Bucket: oss.Ptr("bbb"), Key: oss.Ptr("k"), SourceKey: oss.Ptr("s")})
		return err
	})
	if n := sent.Load(); n != 3 || !Is(err, KindLost) {
		t.Errorf("sent %d times, %v; want it sent until it went out, and no more", n, err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestConnectionThatIsNotMadeInTimeIsTriedAgain(t *testing.T) {
	dialer := net.Dialer{Timeout: 1} // over before it begins
	_, err := dialer.Dial("tcp", "127.0.0.1:9")
	if e := Classify("CopyObject", err); e.Kind != KindUnsent {
		t.Errorf("%v is of kind %d: %v", err, e.Kind, e)
	}
}
