package sts

import (
	"context"
	"net/http"
	"sync"
	"time"

	"afterput/internal/osscall"
	"afterput/rules"
)

const (
	// renewBefore is how long before its end a session is renewed: longer than a request waits for its turn.
	renewBefore = 5 * time.Minute
	// renewAgain is how long a session that could not be renewed is used before that is tried again.
	renewAgain = 30 * time.Second
)

// Roles assumes roles. A session is shared by all requests that have the same credentials, role and external id, and
// by no others. Its methods may be called from many goroutines.
type Roles struct {
	endpoint string
	http     *http.Client

	mu       sync.Mutex
	sessions map[sessionKey]*cached
}

// New returns Roles that asks STS at an endpoint, a URL without a slash at its end. transport is nil except in tests.
func New(endpoint string, transport http.RoundTripper) *Roles {
	if transport == nil {
		// There is one request an hour: a connection from the one before would not be alive.
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	}
	return &Roles{endpoint: endpoint, http: &http.Client{
		Transport: transport,
		// Following a redirect would send the signature to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, sessions: map[sessionKey]*cached{}}
}

// sessionKey says for what a session is.
type sessionKey struct {
	by               osscall.Credentials
	role, externalID string
}

// cached is a session, or the request for one.
type cached struct {
	ready       chan struct{} // closed when the request has ended
	credentials osscall.Credentials
	err         error
	renewAt     time.Time
	ends        time.Time
	before      *cached // the session that this one replaces, until it is ready; nil for none
}

// As returns the identity of a destination's role. The role is assumed with the credentials that the context carries.
// Errors are [*osscall.Error].
func (r *Roles) As(to rules.Remote) osscall.Identity { return identity{r, to} }

type identity struct {
	roles *Roles
	to    rules.Remote
}

// Credentials returns the credentials of a session.
func (i identity) Credentials(ctx context.Context) (osscall.Credentials, error) {
	by, err := osscall.CredentialsOf(ctx)
	if err != nil {
		return osscall.Credentials{}, err
	}
	return i.roles.session(ctx, sessionKey{by, i.to.Role, i.to.ExternalID}, i.to)
}

// Refused has the session that has the access key replaced by another.
func (i identity) Refused(accessKeyID string) {
	r := i.roles
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, s := range r.sessions {
		if !s.underWay() && s.credentials.AccessKeyID == accessKeyID {
			delete(r.sessions, key)
		}
	}
}

// session is a session that is valid for a while. However many ask for it, one request is sent.
func (r *Roles) session(ctx context.Context, key sessionKey, to rules.Remote) (osscall.Credentials, error) {
	s := r.current(ctx, key, to)
	select {
	case <-s.ready:
		return s.credentials, s.err
	case <-ctx.Done():
		return osscall.Credentials{}, osscall.Classify(op, ctx.Err())
	}
}

// current is the session in use, or the request for one, which it sends if there is none.
func (r *Roles) current(ctx context.Context, key sessionKey, to rules.Remote) *cached {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	s := r.sessions[key]
	if s != nil && (s.underWay() || s.err == nil && now.Before(s.renewAt)) {
		return s
	}
	for other, old := range r.sessions { // of credentials that invocations no longer have
		if !old.underWay() && !now.Before(old.ends) {
			delete(r.sessions, other)
		}
	}
	next := &cached{ready: make(chan struct{})}
	if s != nil && s.err == nil && now.Before(s.ends) {
		next.before = s
	}
	r.sessions[key] = next
	osscall.CountSent(ctx)
	// The request serves all who wait for it: it does not end with the one that was first.
	go r.request(context.WithoutCancel(ctx), next, key.by, to)
	return next
}

// underWay reports whether the session was asked for and is not there yet.
func (s *cached) underWay() bool {
	select {
	case <-s.ready:
		return false
	default:
		return true
	}
}

// request asks for a session. If that fails for a moment, the one before stays in use while it is valid.
func (r *Roles) request(ctx context.Context, s *cached, by osscall.Credentials, to rules.Remote) {
	began := time.Now()
	var lifetime time.Duration
	err := osscall.Safely(op, func() (err error) {
		s.credentials, lifetime, err = r.assume(ctx, by, to)
		return err
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	before := s.before
	s.before = nil
	s.ends = began.Add(lifetime)
	s.renewAt = s.ends.Add(-min(renewBefore, lifetime/2))
	if s.err = err; err != nil && before != nil && time.Now().Before(before.ends) {
		s.credentials, s.err = before.credentials, nil
		s.ends, s.renewAt = before.ends, time.Now().Add(renewAgain)
	}
	close(s.ready)
}
