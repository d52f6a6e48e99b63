package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/relay"
	"afterput/rules"
)

// rulesFrom loads the rules that the function begins with. Rules in OSS are
// looked at again later.
func rulesFrom(cfg config, env func(string) (string, bool), client getter, log *slog.Logger) (relay.RuleSource, error) {
	bucket, key, inOSS := copier.CutURL(cfg.rules)
	if !inOSS {
		text, err := os.ReadFile(cfg.rules)
		if err != nil {
			return nil, fmt.Errorf("read the rules: %w; put rules.yaml beside the function, or set AFTERPUT_RULES", err)
		}
		set, err := rules.Load(cfg.rules, text, env)
		if err != nil {
			return nil, err
		}
		return relay.Fixed(set), nil
	}
	r := &ossRules{client: client, bucket: bucket, key: key, env: env, every: cfg.refresh, log: log}
	ctx := copier.WithCredentials(context.Background(), cfg.credentials)
	if err := r.read(ctx); err != nil {
		return nil, fmt.Errorf("read the rules from %s: %w", cfg.rules, err)
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

	looking sync.Mutex // held by the one invocation that looks
	mu      sync.Mutex // guards what is below
	looked  time.Time
	seen    string // ETag of the version read last, good or bad, as OSS wrote it
	set     *rules.Set
	version string // ETag of the version in force
}

const (
	// maxRules is more than the loader takes, so that it is the one to refuse.
	maxRules = 8 << 20
	// rulesTime bounds one look.
	rulesTime = 10 * time.Second
)

func (r *ossRules) Current(ctx context.Context) (*rules.Set, string) {
	if r.due() && r.looking.TryLock() {
		if err := r.read(ctx); err != nil {
			r.log.Error("rules", "error", err.Error(), "rules", r.inForce(), "object", "oss://"+r.bucket+"/"+r.key)
		}
		r.looking.Unlock()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.set, r.version
}

func (r *ossRules) due() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Since(r.looked) >= r.every
}

func (r *ossRules) inForce() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.version
}

// read takes the rules over if they have changed since they were read last.
func (r *ossRules) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, rulesTime)
	defer cancel()
	r.mu.Lock()
	r.looked = time.Now()
	seen := r.seen
	r.mu.Unlock()
	request := &oss.GetObjectRequest{Bucket: &r.bucket, Key: &r.key}
	if seen != "" {
		request.IfNoneMatch = &seen
	}
	res, err := r.client.GetObject(ctx, request)
	var service *oss.ServiceError
	if errors.As(err, &service) && service.StatusCode == http.StatusNotModified {
		return nil
	}
	if err != nil {
		return copier.Classify("GetObject", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxRules))
	if err != nil {
		return err
	}
	etag := oss.ToString(res.ETag)
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
