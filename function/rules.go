package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/settings"
	"afterput/rules"
)

// rulesFrom loads the rules that the function starts with. Rules in OSS are checked
// for a newer version later.
func rulesFrom(
	cfg settings.Settings, env func(string) (string, bool), client getter, log *slog.Logger,
) (relay.RuleSource, error) {
	bucket, key, inOSS := osscall.CutURL(cfg.Rules)
	if !inOSS {
		text, err := os.ReadFile(cfg.Rules)
		if err != nil {
			return nil, fmt.Errorf("read the rules: %w; put rules.yaml beside the function, or set AFTERPUT_RULES", err)
		}
		set, err := rules.Load(cfg.Rules, text, env)
		if err != nil {
			return nil, err
		}
		return relay.Fixed(set), nil
	}
	r := &ossRules{
		client: client, bucket: bucket, key: key, env: env,
		refresh: cfg.Refresh, log: log, checked: time.Now(),
	}
	ctx, cancel := context.WithTimeout(osscall.WithCredentials(context.Background(), cfg.Credentials), startTimeout)
	defer cancel()
	if err := r.read(ctx); err != nil {
		if osscall.Is(err, osscall.KindStopped) {
			err = fmt.Errorf("no answer within %s", startTimeout)
		}
		return nil, fmt.Errorf("read the rules from %s: %w", cfg.Rules, err)
	}
	return r, nil
}

// getter is the call of OSS that reads rules.
type getter interface {
	GetObject(context.Context, *oss.GetObjectRequest, ...func(*oss.Options)) (*oss.GetObjectResult, error)
}

// ossRules is a source of rules that are kept in OSS. It checks for a newer version at
// most once per refresh. A version that cannot be loaded is refused; the one before it
// stays in force.
type ossRules struct {
	client      getter
	bucket, key string
	env         func(string) (string, bool)
	refresh     time.Duration
	log         *slog.Logger

	mu       sync.Mutex // guards what is below
	checked  time.Time  // when the last check began
	checking bool
	readETag string // of the version read last, valid or not, in OSS's own quotes
	set      *rules.Set
	version  string // ETag of the version in force, without quotes
}

const (
	// maxRules bounds what is read, in bytes. It is more than the loader accepts, so
	// that the loader is the one to refuse a larger file.
	maxRules = 8 << 20
	// startTimeout bounds reading the rules at start, all attempts together: without
	// rules the function cannot start.
	startTimeout = 25 * time.Second
	// checkTimeout bounds one check for newer rules, all attempts together. An
	// invocation is answered that much later if OSS does not answer.
	checkTimeout = 2 * time.Second
)

func (r *ossRules) Current(ctx context.Context) (set *rules.Set, version string, done func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.checking || time.Since(r.checked) < r.refresh {
		return r.set, r.version, func() {}
	}
	r.checking, r.checked = true, time.Now()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	go func() {
		defer cancel()
		r.check(ctx)
	}()
	return r.set, r.version, func() { <-ctx.Done() }
}

// check looks for a newer version of the rules, and logs why it could not be taken.
func (r *ossRules) check(ctx context.Context) {
	err := osscall.Safely("rules", func() error { return r.read(ctx) })
	if osscall.Is(err, osscall.KindStopped) {
		err = errors.New("no answer in time; the rules in force stay, and newer ones are looked for again later")
	}
	r.mu.Lock()
	r.checking = false
	version := r.version
	r.mu.Unlock()
	if err != nil {
		r.log.Error("rules", "error", err.Error(), "rules", version, "object", osscall.URL(r.bucket, r.key))
	}
}

// read reads the rules, and puts them in force if they have changed since they were
// read last and can be loaded.
func (r *ossRules) read(ctx context.Context) error {
	r.mu.Lock()
	lastRead := r.readETag
	r.mu.Unlock()
	var text []byte
	var etag string
	err := osscall.Send(ctx, "GetObject", func(ctx context.Context) error {
		request := &oss.GetObjectRequest{Bucket: &r.bucket, Key: &r.key}
		if lastRead != "" {
			request.IfNoneMatch = &lastRead
		}
		res, err := r.client.GetObject(ctx, request)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		etag = oss.ToString(res.ETag)
		text, err = io.ReadAll(io.LimitReader(res.Body, maxRules))
		return err
	})
	if lastRead != "" && osscall.Is(err, osscall.KindNotModified) { // a 304 to a request without condition is a fault
		return nil
	}
	if err != nil {
		return err
	}
	set, err := rules.Load(osscall.URL(r.bucket, r.key), text, r.env)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.readETag = etag
	if err != nil {
		return err
	}
	r.set, r.version = set, strings.Trim(etag, `"`)
	return nil
}
