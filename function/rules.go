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

// rulesFrom loads the rules that the function begins with. Rules in OSS are
// looked at again later.
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
	r := &ossRules{client: client, bucket: bucket, key: key, env: env, every: cfg.Refresh, log: log, looked: time.Now()}
	ctx, cancel := context.WithTimeout(osscall.WithCredentials(context.Background(), cfg.Credentials), startTime)
	defer cancel()
	if err := r.read(ctx); err != nil {
		if osscall.Is(err, osscall.KindStopped) {
			err = fmt.Errorf("no answer within %s", startTime)
		}
		return nil, fmt.Errorf("read the rules from %s: %w", cfg.Rules, err)
	}
	return r, nil
}

// getter is what reading rules asks of OSS.
type getter interface {
	GetObject(context.Context, *oss.GetObjectRequest, ...func(*oss.Options)) (*oss.GetObjectResult, error)
}

// ossRules are rules kept in OSS. They are looked at again at most once in
// every; a version that cannot be loaded is refused, and the last good one stays.
type ossRules struct {
	client      getter
	bucket, key string
	env         func(string) (string, bool)
	every       time.Duration
	log         *slog.Logger

	mu      sync.Mutex // guards what is below
	looked  time.Time  // when a look began last
	looking bool
	seen    string // ETag of the version read last, good or bad, as OSS wrote it
	set     *rules.Set
	version string // ETag of the version in force
}

const (
	// maxRules is more than the loader takes, so that it is the one to refuse.
	maxRules = 8 << 20
	// startTime bounds reading the rules that the function begins with, all
	// attempts together: without them it cannot start.
	startTime = 25 * time.Second
	// renewTime bounds one look for newer rules, all attempts together. An
	// invocation is answered that much later when OSS does not answer.
	renewTime = 2 * time.Second
)

func (r *ossRules) Current(ctx context.Context) (set *rules.Set, version string, done func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.looking || time.Since(r.looked) < r.every {
		return r.set, r.version, func() {}
	}
	r.looking, r.looked = true, time.Now()
	ctx, cancel := context.WithTimeout(ctx, renewTime)
	go func() {
		defer cancel()
		r.renew(ctx)
	}()
	return r.set, r.version, func() { <-ctx.Done() }
}

// renew looks for newer rules.
func (r *ossRules) renew(ctx context.Context) {
	err := osscall.Safely("rules", func() error { return r.read(ctx) })
	if osscall.Is(err, osscall.KindStopped) {
		err = errors.New("no answer in time; the rules in force stay, and are looked at again later")
	}
	r.mu.Lock()
	r.looking = false
	version := r.version
	r.mu.Unlock()
	if err != nil {
		r.log.Error("rules", "error", err.Error(), "rules", version, "object", "oss://"+r.bucket+"/"+r.key)
	}
}

// read takes the rules over if they have changed since they were read last.
func (r *ossRules) read(ctx context.Context) error {
	r.mu.Lock()
	seen := r.seen
	r.mu.Unlock()
	var text []byte
	var etag string
	err := osscall.Send(ctx, "GetObject", func(ctx context.Context) error {
		request := &oss.GetObjectRequest{Bucket: &r.bucket, Key: &r.key}
		if seen != "" {
			request.IfNoneMatch = &seen
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
	if seen != "" && osscall.Is(err, osscall.KindNotModified) { // else nobody has asked for it
		return nil
	}
	if err != nil {
		return err
	}
	set, err := rules.Load("oss://"+r.bucket+"/"+r.key, text, r.env)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = etag
	if err != nil {
		return err
	}
	r.set, r.version = set, strings.Trim(etag, `"`)
	return nil
}
