// Package localoss is an OSS that runs in this process: an [http.Handler] that replies as Alibaba
// Cloud OSS does, for trying, developing and testing without a cloud account.
//
// A request is routed by a table, authenticated and authorized. Then it is accepted: its body is
// read and checked, and for a copy the source version is found. Then, inside [Config.Intercept],
// it takes effect: its bucket is locked, and the change is logged and made visible. Requests that
// read also read in this step. Events are delivered afterwards.
//
// Content is a list of extents of blobs that never change, so that a copy moves no bytes.
// Versions and parts never change once they are visible, so that a reader needs the lock only to
// find one.
//
// What the server does, and how it differs from OSS: docs/local.md.
package localoss

import (
	"strings"
	"time"

	"afterput/internal/localoss/ram"
)

// Config configures a server. The zero value is a server of region cn-hangzhou that stores in
// memory, with the access key "local" and the secret "local".
type Config struct {
	// Region is the region of all buckets that [WithRegion] puts nowhere else; default "cn-hangzhou".
	Region string
	// Data is a directory that stores everything. It is created if it does not exist, and can be
	// used by one server at a time. Default "": in memory only.
	Data string
	// AccessKeys maps access key ids to their secrets; nil is {"local": {Secret: "local"}}.
	AccessKeys map[string]AccessKey
	// Sessions returns further access keys by their ids: those of sessions that STS has given. nil is none.
	Sessions func(id string) (AccessKey, bool)
	// Now is the clock; default time.Now.
	Now func() time.Time
	// OnEvent is called with every event that OSS would send, each as a payload
	// {"events":[…]} of its own. It is called after the change, without locks, before the reply,
	// in the goroutine of the request. If an Intercept lets a request take effect after its
	// reply, it is called in the goroutine that does so.
	OnEvent func(payload []byte)
	// Authorize decides what access keys may do in buckets of their own account, as RAM policies do;
	// nil lets them do everything.
	Authorize Authorize
	// Intercept is called between accepting a request and its effect; nil for none.
	Intercept Intercept
	// OnRequest is called after every request, also one that was refused. It is called concurrently, and must not call
	// the server.
	OnRequest func(Request)
	// CreateBucket reports whether a bucket that a request names, and that does not exist, is created. nil creates
	// none. It is called concurrently, and must not call the server.
	CreateBucket func(name string) bool
	// OnChange is called whenever the object that a GET of the key returns changes; now is nil
	// when there is none any more. The calls are in order. The bucket is locked during a call,
	// so that it must not call the server.
	OnChange func(bucket, key string, now *Object)
	// DeleteMarkerEvents says that DeleteObject raises ObjectRemoved:DeleteObject also where it makes a delete marker.
	// OSS's pages contradict each other: the page on events says that it does not, the FAQ that it does, and that
	// DeleteMultipleObjects does not. Default: it does not.
	DeleteMarkerEvents bool
	// RestoreTime is how long the restore of an archived object takes; default [RestoreTime].
	RestoreTime func(storageClass, tier string) time.Duration
	// InventoryRows is how many rows a file of an inventory has at most; default 10,000. OSS does not say how many it
	// writes.
	InventoryRows int
}

// AccessKey is the secret of an access key and the identity it belongs to.
type AccessKey struct {
	Secret string
	// SecurityToken makes the key a temporary one: its requests must have the token.
	SecurityToken string
	// Expires is when the token expires; the zero time is never.
	Expires time.Time
	// Account is the id of the Alibaba Cloud account; default is the owner of every bucket that
	// [WithOwner] gives to nobody else. Other accounts may do what the bucket's policy and the ACLs
	// allow. Their requests to buckets with [WithRequesterPays] need x-oss-request-payer.
	Account string
	// Role is the role that the key is a session of, as "ROLE/SESSION"; "" is none. Bucket policies
	// name it so.
	Role string
	// Principal is userIdentity.principalId in events; default is the account's id.
	Principal string
}

// AccountID is the account that the key belongs to.
func (k AccessKey) AccountID() string { return defaultTo(k.Account, accountID) }

// principal is how bucket policies name the key's identity.
func (k AccessKey) principal() string {
	if role, session, ok := strings.Cut(k.Role, "/"); ok {
		return ram.SessionARN(k.AccountID(), role, session)
	}
	return defaultTo(k.Principal, k.AccountID())
}
