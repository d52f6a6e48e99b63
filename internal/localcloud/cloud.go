// Package localcloud connects the local OSS and the local Function Compute on this machine: an
// upload to a source bucket invokes the compiled function as an OSS trigger would.
package localcloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"afterput/internal/localfc"
	"afterput/internal/localoss"
	"afterput/internal/localsts"
)

// Config configures a cloud. Function and Rules are required.
type Config struct {
	// Addr is the address of OSS; default is 127.0.0.1 and a free port.
	Addr string
	// Function is the compiled function, Rules its rules file.
	Function, Rules string
	// Sources are the buckets whose events invoke the function. They and the Destinations are
	// created if they do not exist.
	Sources, Destinations []string
	// Regions has destinations that are in other regions than the rest, by region.
	Regions map[string][]string
	// Owners are the accounts of buckets that are not the function's own, by bucket.
	Owners map[string]string
	// Policies are the bucket policies of some of Owners' buckets, by bucket.
	Policies map[string]string
	// Roles can be assumed by the function, by their ARN.
	Roles map[string]localsts.Role
	// Triggers select the events of Sources that invoke the function; nil is ObjectCreated:* for
	// each. An event that two of them select invokes it twice.
	Triggers []Trigger
	// FinishRestore says that, without Triggers, the end of the restore of an object of Sources invokes the function
	// too.
	FinishRestore bool
	// OwnKey gives the function an access key of its own, with the id FunctionKey, as a role of OSS's account. Without
	// it the function has one only beside Owners or Roles, and no FC.Credentials.
	OwnKey bool
	// Timers invoke the function again and again.
	Timers []Timer
	// Env is additional environment of the function, as "K=V".
	Env []string
	OSS localoss.Config
	// FC configures the runtime. Its Function, Region and Env are overwritten.
	FC localfc.Config
}

// Cloud is a running OSS and the function that its events invoke.
type Cloud struct {
	OSS *localoss.Server
	FC  *localfc.Runtime
	// STS is nil without other accounts.
	STS *localsts.Server
	// Endpoint is the URL of OSS, FCEndpoint that of FC, STSEndpoint that of STS. AccessKeyID and AccessKeySecret are
	// the access key of the first two.
	Endpoint, FCEndpoint, STSEndpoint string
	AccessKeyID, AccessKeySecret      string

	server, fcServer, stsServer *http.Server
	region                      string
	triggers                    atomic.Pointer[[]Trigger]
	ready                       chan struct{} // closed when the function has started, or did not; events wait for it
	timers                      sync.WaitGroup
	stopTimers                  chan struct{} // closed with Close; nil before the timers run
}

// FunctionKey is the id of the function's own access key.
const FunctionKey = "function"

// Start starts OSS and the function. It returns when both are ready; on an error it has stopped
// both.
func Start(ctx context.Context, c Config) (*Cloud, error) {
	cloud := &Cloud{region: c.OSS.Region, AccessKeyID: "local", AccessKeySecret: "local", ready: make(chan struct{})}
	if cloud.region == "" {
		cloud.region = "cn-hangzhou"
	}
	cloud.chooseKey(c.OSS.AccessKeys)
	if c.OwnKey || (c.Roles != nil || c.Owners != nil) && c.FC.Credentials == nil {
		cloud.giveKey(&c)
	}
	cloud.listen(&c)
	if err := cloud.serveSTS(&c); err != nil {
		return nil, err
	}
	if err := cloud.serve(c); err != nil {
		return nil, errors.Join(err, cloud.Close())
	}
	err := cloud.run(ctx, c)
	close(cloud.ready) // events that wait are now passed to the function, or dropped if it did not start
	if err != nil {
		return nil, errors.Join(err, cloud.Close())
	}
	cloud.startTimers(c.Timers)
	return cloud, nil
}

// chooseKey takes one of the access keys for this cloud, the usual one if it is among them.
func (c *Cloud) chooseKey(keys map[string]localoss.AccessKey) {
	usual := c.AccessKeyID
	for id, key := range keys {
		if _, there := keys[usual]; !there || id == usual {
			c.AccessKeyID, c.AccessKeySecret = id, key.Secret
		}
	}
}

// Deploy puts other rules in force, for every event that is handed to the function from now on. Of c count Rules,
// Sources, Destinations, Regions, Owners, Policies, Triggers and Env; accounts and roles must be those of before.
// Buckets that do not exist are created; none is removed.
func (c *Cloud) Deploy(cfg Config) error {
	if err := c.createBuckets(cfg); err != nil {
		return fmt.Errorf("local OSS: %w", err)
	}
	env, err := c.environment(cfg)
	if err != nil {
		return err
	}
	c.triggers.Store(&cfg.Triggers)
	c.FC.Deploy(env)
	return nil
}

// listen has every event that a trigger selects delivered to the function.
func (c *Cloud) listen(cfg *Config) {
	if cfg.Triggers == nil {
		for _, bucket := range cfg.Sources {
			cfg.Triggers = append(cfg.Triggers, Trigger{Bucket: bucket, Events: []string{"ObjectCreated:*"}})
			if cfg.FinishRestore {
				cfg.Triggers = append(cfg.Triggers,
					Trigger{Bucket: bucket, Events: []string{"ObjectRestore:FinishRestore"}, EventBridge: true})
			}
		}
	}
	c.triggers.Store(&cfg.Triggers)
	observe := cfg.OSS.OnEvent
	cfg.OSS.OnEvent = func(payload []byte) {
		if observe != nil {
			observe(payload)
		}
		for _, t := range selectedBy(payload, *c.triggers.Load()) {
			<-c.ready
			if c.FC != nil {
				c.FC.Deliver(t.deliver(payload))
			}
		}
	}
}

// serve starts OSS and creates the buckets.
func (c *Cloud) serve(cfg Config) (err error) {
	addr := cfg.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return fmt.Errorf("local OSS: %w; choose another address", err)
	}
	if c.OSS, err = localoss.New(cfg.OSS); err != nil {
		return errors.Join(fmt.Errorf("local OSS: %w", err), listener.Close())
	}
	c.Endpoint = "http://" + listener.Addr().String()
	c.server = &http.Server{Handler: c.OSS, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = c.server.Serve(listener) }() // ends with Close
	if err := c.createBuckets(cfg); err != nil {
		return errors.Join(fmt.Errorf("local OSS: %w", err), c.Close())
	}
	return nil
}

// createBuckets creates the buckets, each once, in its region and for its owner.
func (c *Cloud) createBuckets(cfg Config) error {
	region := map[string]string{}
	for id, buckets := range cfg.Regions {
		for _, bucket := range buckets {
			region[bucket] = id
		}
	}
	all := slices.Concat(cfg.Sources, cfg.Destinations, slices.Collect(maps.Keys(region)),
		slices.Collect(maps.Keys(cfg.Owners)))
	slices.Sort(all)
	for _, bucket := range slices.Compact(all) {
		options := []localoss.BucketOption{localoss.WithRegion(region[bucket])}
		if owner := cfg.Owners[bucket]; owner != "" {
			options = append(options, localoss.WithOwner(owner), localoss.WithPolicy(cfg.Policies[bucket]))
		}
		if err := c.OSS.CreateBucket(bucket, options...); err != nil {
			return err
		}
	}
	return nil
}

// Endpoints is AFTERPUT_ENDPOINTS for other regions, with this OSS as every one's.
func (c *Cloud) Endpoints(regions map[string][]string) string {
	var all []string
	for region := range regions {
		all = append(all, region+"="+c.Endpoint)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// run starts the function.
func (c *Cloud) run(ctx context.Context, cfg Config) (err error) {
	fc := cfg.FC
	fc.Function = cfg.Function
	fc.Region = c.region
	if fc.Credentials == nil {
		keys := localfc.Credentials{AccessKeyID: c.AccessKeyID, AccessKeySecret: c.AccessKeySecret}
		fc.Credentials = func() localfc.Credentials { return keys }
	}
	if fc.Env, err = c.environment(cfg); err != nil {
		return err
	}
	if c.FC, err = localfc.Start(ctx, fc); err != nil {
		return err
	}
	return c.serveFC(cfg.OSS.AccessKeys)
}

// environment is what the function is configured with.
func (c *Cloud) environment(cfg Config) ([]string, error) {
	rulesFile, err := filepath.Abs(cfg.Rules) // the function has another working directory
	if err != nil {
		return nil, fmt.Errorf("find the rules: %w", err)
	}
	return append([]string{
		"OSS_ENDPOINT=" + c.Endpoint,
		"AFTERPUT_ENDPOINTS=" + c.Endpoints(cfg.Regions),
		"AFTERPUT_STS_ENDPOINT=" + c.STSEndpoint,
		"AFTERPUT_RULES=" + rulesFile,
		"AFTERPUT_LISTEN=127.0.0.1", // a custom runtime must not be reachable from other machines
	}, cfg.Env...), nil
}

// giveKey gives the function an access key of its own, that of a role: an account itself cannot assume roles.
func (c *Cloud) giveKey(cfg *Config) {
	cfg.OSS.AccessKeys = maps.Clone(cfg.OSS.AccessKeys)
	if cfg.OSS.AccessKeys == nil {
		cfg.OSS.AccessKeys = map[string]localoss.AccessKey{c.AccessKeyID: {Secret: c.AccessKeySecret}}
	}
	cfg.OSS.AccessKeys[FunctionKey] = localoss.AccessKey{Secret: FunctionKey, Role: "afterput/local"}
	cfg.FC.Credentials = func() localfc.Credentials {
		return localfc.Credentials{AccessKeyID: FunctionKey, AccessKeySecret: FunctionKey}
	}
}

// serveSTS serves STS on this machine alone, if there are other accounts. Its sessions are access keys of OSS.
func (c *Cloud) serveSTS(cfg *Config) (err error) {
	if cfg.Roles == nil && cfg.Owners == nil {
		return nil
	}
	c.STS, err = localsts.New(localsts.Config{AccessKeys: cfg.OSS.AccessKeys, Roles: cfg.Roles,
		Allows: cfg.OSS.Authorize, OnRequest: cfg.OSS.OnRequest, Now: cfg.OSS.Now})
	if err != nil {
		return fmt.Errorf("local STS: %w", err)
	}
	cfg.OSS.Sessions, cfg.OSS.Authorize = c.STS.AccessKey, c.STS.Authorize(cfg.OSS.Authorize)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("local STS: %w", err)
	}
	c.STSEndpoint = "http://" + listener.Addr().String()
	c.stsServer = &http.Server{Handler: c.STS, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = c.stsServer.Serve(listener) }() // ends with Close
	return nil
}

// serveFC serves FC's API on this machine alone, to who has an access key of OSS.
func (c *Cloud) serveFC(accessKeys map[string]localoss.AccessKey) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("local FC: %w", err)
	}
	c.FCEndpoint = "http://" + listener.Addr().String()
	keys := map[string]localfc.Credentials{c.AccessKeyID: {AccessKeySecret: c.AccessKeySecret}}
	for id, key := range accessKeys {
		keys[id] = localfc.Credentials{AccessKeySecret: key.Secret, SecurityToken: key.SecurityToken}
	}
	c.fcServer = &http.Server{Handler: c.FC.API(keys), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = c.fcServer.Serve(listener) }() // ends with Close
	return nil
}

// Client returns a client of the official SDK for this OSS.
func (c *Cloud) Client() *oss.Client {
	return oss.NewClient(oss.LoadDefaultConfig().
		WithRegion(c.region).
		WithEndpoint(c.Endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(c.AccessKeyID, c.AccessKeySecret)))
}

// Close stops the function, then OSS.
func (c *Cloud) Close() error {
	c.closeTimers()
	var errs []error
	for _, s := range []*http.Server{c.fcServer, c.stsServer} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	if c.FC != nil {
		errs = append(errs, c.FC.Close())
	}
	if c.server != nil {
		errs = append(errs, c.server.Close())
	}
	if c.OSS != nil {
		errs = append(errs, c.OSS.Close())
	}
	return errors.Join(errs...)
}

// Region is the region of the function and of every bucket that is in no other.
func (c *Cloud) Region() string { return c.region }
