// Package localoss is an OSS that runs in this process: an [http.Handler]
// that answers as Alibaba Cloud OSS does, for trying, developing and testing
// without a cloud account.
//
// A request is addressed, routed by a table, authenticated and authorized. Then
// it is accepted: its body is read and checked, and the version that a copy
// reads is chosen. Then, past [Config.Intercept], it takes effect: one bucket is
// locked, one step is recorded and shown. Reading happens with the effect too.
// Events are handed on after it.
//
// Content is a list of extents over blobs that never change, so that a copy
// moves no bytes, and versions and parts never change once they show, so that
// a reader needs the lock only to find one.
//
// What is served, and where it differs from OSS: docs/local.md.
package localoss

import "time"

// Config is what a server is made of. The zero value serves region
// cn-hangzhou from memory, for the access key "local" with the secret "local".
type Config struct {
	// Region is where all buckets are; default "cn-hangzhou".
	Region string
	// Data is a directory that keeps everything; it is made if need be, and
	// belongs to one server at a time. Default "": memory alone.
	Data string
	// AccessKeys maps an access key id to its secret; nil is
	// {"local": {Secret: "local"}}.
	AccessKeys map[string]AccessKey
	// Now is the clock; default time.Now.
	Now func() time.Time
	// OnEvent is handed every event OSS would raise, one native payload
	// {"events":[…]} each, after the change it tells of and outside all locks,
	// in the goroutine of the request and before its reply; where an Intercept
	// lets a request take effect after its reply, in that goroutine.
	OnEvent func(payload []byte)
	// Authorize says who may do what; nil lets every key do everything.
	Authorize Authorize
	// Intercept stands between a request's acceptance and its effect; nil is
	// none.
	Intercept Intercept
	// OnChange is told of every object that becomes the one a plain GET of its
	// key sees, nil when there is none any more: the history of what ever was
	// visible. It is called in order, with the bucket locked: it must not call
	// the server.
	OnChange func(bucket, key string, now *Object)
	// RestoreTime is how long a restore of an archived object takes; default
	// [RestoreTime].
	RestoreTime func(storageClass, tier string) time.Duration
}

// AccessKey is one access key's secret and whom it belongs to.
type AccessKey struct {
	Secret string
	// SecurityToken makes the key a temporary one: requests must carry it.
	SecurityToken string
	// Expires is when the token does; the zero time is never.
	Expires time.Time
	// Account is the id of the Alibaba Cloud account that the key belongs to;
	// default is the owner of every bucket. Other accounts pay for their requests
	// to buckets of which [WithRequesterPays] says so.
	Account string
	// Principal is the userIdentity.principalId of events; default is the
	// account's id.
	Principal string
}

func (k AccessKey) account() string { return defaultTo(k.Account, accountID) }
