// Package localsts is a Security Token Service that runs in this process: an [http.Handler] that answers AssumeRole as
// Alibaba Cloud STS does, for roles whose trust policies and policies are given.
//
// The sessions that it gives are access keys of a local OSS, see [Server.AccessKey].
package localsts

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"afterput/internal/localfc/signed"
	"afterput/internal/localoss"
	"afterput/internal/localoss/ram"
)

// Config configures a server.
type Config struct {
	// AccessKeys are those of the callers, by id; those of accounts themselves may not assume roles.
	AccessKeys map[string]localoss.AccessKey
	// Roles can be assumed, by their ARN: acs:ram::ACCOUNT:role/NAME.
	Roles map[string]Role
	// Allows reports whether the RAM policies of a caller allow it to assume a role; nil allows everything.
	Allows localoss.Authorize
	// OnRequest is called after every request, also one that was refused. It is called concurrently.
	OnRequest func(localoss.Request)
	// Now is the clock; default time.Now.
	Now func() time.Time
}

// Role is a role that can be assumed.
type Role struct {
	// Trust is the trust policy, as JSON.
	Trust string
	// Policy is what the role may do in the buckets of its account; nil is everything.
	Policy *ram.Policy
	// MaxSession is the longest that a session may be; default is one hour.
	MaxSession time.Duration
}

// Server is a running STS. Its methods may be called from many goroutines.
type Server struct {
	config Config
	trusts map[string]*trust

	mu       sync.Mutex
	sessions map[string]session // by access key id
	assumed  int
}

type session struct {
	key  localoss.AccessKey
	role string
}

// New makes a server. The error says what is wrong with a trust policy.
func New(c Config) (*Server, error) {
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Server{config: c, trusts: map[string]*trust{}, sessions: map[string]session{}}
	for arn, role := range c.Roles {
		t, err := parseTrust(role.Trust)
		if err != nil {
			return nil, fmt.Errorf("trust policy of %s: %w", arn, err)
		}
		s.trusts[arn] = t
	}
	return s, nil
}

// AccessKey returns the access key of a session by its id.
func (s *Server) AccessKey(id string) (localoss.AccessKey, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.sessions[id]
	return found.key, ok
}

// Authorize decides what the sessions may do, by the policies of their roles, and leaves other access keys to next,
// which may be nil.
func (s *Server) Authorize(next localoss.Authorize) localoss.Authorize {
	return func(op localoss.Operation) error {
		s.mu.Lock()
		found, ok := s.sessions[op.AccessKeyID]
		s.mu.Unlock()
		policy := s.config.Roles[found.role].Policy
		switch {
		case !ok && next != nil:
			return next(op)
		case !ok || policy == nil:
			return nil
		}
		return localoss.Enforcing(op.AccessKeyID, policy)(op)
	}
}

// Assumed is how many sessions there were so far.
func (s *Server) Assumed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.assumed
}

// The forms of the parameters.
// Source: STS API reference, AssumeRole.
var (
	roleForm       = regexp.MustCompile(`^acs:ram::[0-9]+:role/[A-Za-z0-9.-]{1,64}$`)
	nameForm       = regexp.MustCompile(`^[A-Za-z0-9.@_-]{2,64}$`)
	externalIDForm = regexp.MustCompile(`^[\w+=,.@:/-]{2,}$`)
)

// assumeRole is the one operation.
const assumeRole = "AssumeRole"

const (
	shortestSession = 15 * time.Minute
	defaultSession  = time.Hour
)

// ServeHTTP answers a request of the API.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := strings.ToUpper(rand.Text())
	done := localoss.Request{Method: r.Method, Began: s.config.Now(), Status: http.StatusOK}
	given, refused := s.serve(r, &done.Operation)
	if refused != nil {
		done.Status, done.Code = refused.Status, localoss.ErrorCode(refused.Code)
	}
	if done.Took = s.config.Now().Sub(done.Began); s.config.OnRequest != nil {
		s.config.OnRequest(done)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Date", s.config.Now().UTC().Format(http.TimeFormat))
	var answer any
	if refused != nil {
		w.WriteHeader(refused.Status)
		answer = map[string]string{"Code": refused.Code, "Message": refused.Message, "RequestId": id}
	} else {
		given["RequestId"] = id
		answer = given
	}
	_ = json.NewEncoder(w).Encode(answer) // who has gone does not get it
}

// serve also fills in the operation, as far as it is known.
func (s *Server) serve(r *http.Request, op *localoss.Operation) (map[string]any, *signed.Refusal) {
	known := r.Header.Get("x-acs-action") == assumeRole && r.Header.Get("x-acs-version") == "2015-04-01"
	if known {
		op.Name = assumeRole
	}
	id, caller, refused := s.caller(r)
	if refused != nil {
		return nil, refused
	}
	op.AccessKeyID = id
	if !known {
		return nil, signed.Refuse(http.StatusNotFound, "InvalidAction.NotFound", "Specified api is not found.")
	}
	query := r.URL.Query()
	arn, name := query.Get("RoleArn"), query.Get("RoleSessionName")
	duration, refused := readDuration(query.Get("DurationSeconds"))
	switch external := query.Get("ExternalId"); {
	case refused != nil:
		return nil, refused
	case !roleForm.MatchString(arn):
		return nil, malformed("RoleArn")
	case !nameForm.MatchString(name):
		return nil, malformed("RoleSessionName")
	case external != "" && !externalIDForm.MatchString(external):
		return nil, malformed("ExternalId")
	}
	role, ok := s.config.Roles[arn]
	most := max(role.MaxSession, defaultSession)
	switch {
	case !ok:
		return nil, signed.Refuse(http.StatusNotFound, "EntityNotExist.Role", "The specified Role not exists .")
	case caller.Role == "" && caller.Principal == "":
		return nil, signed.Refuse(http.StatusForbidden, "NoPermission", "Roles may not be assumed by root accounts.")
	case duration > most:
		return nil, signed.Refuse(http.StatusBadRequest, "InvalidParameter.DurationSeconds",
			"The Max value of DurationSeconds is %d.", int(most.Seconds()))
	case !s.allowed(id, arn) || !s.trusts[arn].allows(caller, query.Get("ExternalId")):
		return nil, signed.Refuse(http.StatusForbidden, "NoPermission",
			"You are not authorized to do this action. You should be authorized by RAM.")
	}
	return s.give(arn, name, duration), nil
}

// caller is the access key that has signed a request.
func (s *Server) caller(r *http.Request) (id string, key localoss.AccessKey, refused *signed.Refusal) {
	id, refused = signed.Check(r, nil, func(id string) (signed.Key, bool) {
		var ok bool
		if key, ok = s.config.AccessKeys[id]; !ok {
			key, ok = s.AccessKey(id)
		}
		return signed.Key{Secret: key.Secret, SecurityToken: key.SecurityToken}, ok
	}, s.config.Now())
	if refused == nil && !key.Expires.IsZero() && s.config.Now().After(key.Expires) {
		refused = signed.Refuse(http.StatusForbidden, "InvalidSecurityToken.Expired",
			"Specified SecurityToken is expired.")
	}
	return id, key, refused
}

// allowed reports whether the caller's own policies allow it to assume a role.
func (s *Server) allowed(id, arn string) bool {
	return s.config.Allows == nil || s.config.Allows(localoss.Operation{Name: assumeRole, AccessKeyID: id,
		Actions: []localoss.Action{{Name: "sts:AssumeRole", Resource: arn}}}) == nil
}

// give makes a session.
func (s *Server) give(arn, name string, duration time.Duration) map[string]any {
	account, role, _ := strings.Cut(strings.TrimPrefix(arn, "acs:ram::"), ":role/")
	ends := s.config.Now().UTC().Add(duration).Truncate(time.Second)
	id := "STS." + rand.Text()
	key := localoss.AccessKey{Secret: rand.Text(), SecurityToken: rand.Text(), Expires: ends, Account: account,
		Role: role + "/" + name}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[id] = session{key, arn}
	s.assumed++
	return map[string]any{
		"AssumedRoleUser": map[string]string{"Arn": arn + "/" + name, "AssumedRoleId": account + ":" + name},
		"Credentials": map[string]string{"AccessKeyId": id, "AccessKeySecret": key.Secret,
			"SecurityToken": key.SecurityToken, "Expiration": ends.Format(time.RFC3339)},
	}
}

func readDuration(text string) (time.Duration, *signed.Refusal) {
	if text == "" {
		return defaultSession, nil
	}
	seconds, err := strconv.Atoi(text)
	duration := time.Duration(seconds) * time.Second
	if err != nil || duration < shortestSession {
		return 0, signed.Refuse(http.StatusBadRequest, "InvalidParameter.DurationSeconds",
			"The Min value of DurationSeconds is %d.", int(shortestSession.Seconds()))
	}
	return duration, nil
}

func malformed(parameter string) *signed.Refusal {
	return signed.Refuse(http.StatusBadRequest, "InvalidParameter."+parameter, "The parameter %s is wrongly formed.",
		parameter)
}
