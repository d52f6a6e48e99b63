package proof

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"afterput/internal/localoss"
	"afterput/internal/localsts"
)

const (
	farAccount = "9999888877776666"
	farRole    = "acs:ram::" + farAccount + ":role/writer"
)

// sessions are those of farRole that STS has given to attempts.
type sessions struct {
	server *localsts.Server
	mu     sync.Mutex
	given  map[string]givenSession // by the id of its access key
	asked  int                     // requests for sessions
}

type givenSession struct {
	caller string // the access key of the attempt
	at     time.Time
}

// serveSTS lets all access keys assume farRole.
func (w *world) serveSTS(access map[string]localoss.AccessKey) (err error) {
	w.sessions.given = map[string]givenSession{}
	w.sessions.server, err = localsts.New(localsts.Config{AccessKeys: access, Roles: map[string]localsts.Role{farRole: {
		Trust: `{"Version": "1", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
			"Principal": {"RAM": "acs:ram::1234567890123456:role/afterput"}}]}`}}})
	return err
}

// session is an access key of a session, as OSS accepts it.
func (w *world) session(id string) (localoss.AccessKey, bool) {
	key, ok := w.sessions.server.AccessKey(id)
	w.sessions.mu.Lock()
	defer w.sessions.mu.Unlock()
	key.Expires = w.sessions.given[id].at.Add(w.program.far.sessions)
	return key, ok
}

// callerOf returns the access key of the attempt that has an access key, its own or one of a session.
func (w *world) callerOf(id string) string {
	w.sessions.mu.Lock()
	defer w.sessions.mu.Unlock()
	if s, ok := w.sessions.given[id]; ok {
		return s.caller
	}
	return id
}

// idsOf returns all access keys of an attempt.
func (w *world) idsOf(accessKey string) []string {
	w.sessions.mu.Lock()
	defer w.sessions.mu.Unlock()
	ids := []string{accessKey}
	for id, s := range w.sessions.given {
		if s.caller == accessKey {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// pendingOf returns how many requests of an attempt are still to take effect after their replies.
func (w *world) pendingOf(accessKey string) (n int) {
	for _, id := range w.idsOf(accessKey) {
		n += w.faults.injector.Pending(id)
	}
	return n
}

// stsTransport carries requests of attempts to the local STS.
type stsTransport struct{ *world }

func (t stsTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	a := req.Context().Value(attemptKey{}).(*attempt)
	if a.killed() {
		return nil, errKilled
	}
	if !strings.Contains(req.Header.Get("Authorization"), "Credential="+a.accessKey+",") {
		t.addViolation("%s: a session is asked for with other credentials", a.name)
	}
	time.Sleep(50 * time.Millisecond)
	t.sessions.mu.Lock()
	t.sessions.asked++
	fails := t.sessions.asked <= t.program.far.failing
	t.sessions.mu.Unlock()
	if fails {
		t.logf("%s gets no session", a.name)
		return nil, errors.New("connection refused")
	}
	recorder := httptest.NewRecorder()
	served := req.Clone(req.Context())
	served.Host = req.URL.Host
	t.sessions.server.ServeHTTP(recorder, served)
	var answer struct{ Credentials struct{ AccessKeyID string } }
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		return nil, err
	}
	t.logf("%s has the session %s", a.name, answer.Credentials.AccessKeyID)
	t.sessions.mu.Lock()
	t.sessions.given[answer.Credentials.AccessKeyID] = givenSession{a.accessKey, time.Now()}
	t.sessions.mu.Unlock()
	return recorder.Result(), nil
}
