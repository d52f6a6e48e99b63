package main

import (
	"context"
	"log/slog"

	"afterput/internal/copier"
	"afterput/internal/existing"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

// replica copies everything.
const replica = `
version: 1
sources: [uploads]
rules:
  - name: replica
    match: {}
    copy: [{bucket: replica}]
`

var keys = osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}

// job is a job on a service, and what it needs.
type job struct {
	*existing.Job
	ctx      context.Context
	set      *rules.Set
	engine   *copier.Copier
	inFlight int
}

// open opens a job as afterput backfill does. pace is waited for before each request; nil for no limit.
func open(
	ctx context.Context, s *service, store existing.Store, inFlight int, pace func(context.Context) error,
) (*job, error) {
	set, err := rules.Load("rules.yaml", []byte(replica), nil)
	if err != nil {
		return nil, err
	}
	client := osscall.NewClient("cn-hangzhou", "http://127.0.0.1", s)
	engine := copier.New(client, copier.Options{PartsInFlight: max(copier.DefaultPartsInFlight, inFlight)})
	engine.Service().Pace = pace
	ctx = osscall.WithCredentials(ctx, keys)
	j, err := existing.Open(ctx, existing.Config{
		Rules: set, RulesDigest: "bench", Region: "cn-hangzhou", Copier: engine,
		Lister: existing.Lister(client, engine, set), Store: store,
		Keep: []existing.Verdict{existing.Missing, existing.Older}, Workers: min(inFlight, 64),
	})
	return &job{j, ctx, set, engine, inFlight}, err
}

// backfill compares, and copies what is missing.
func (j *job) backfill() error {
	if err := j.Compare(j.ctx); err != nil {
		return err
	}
	handler := relay.New(relay.Config{Rules: relay.Fixed(j.set), Copier: j.engine, Log: slog.New(slog.DiscardHandler)})
	return j.ByEngine(j.ctx, handler, relay.Invocation{RequestID: "bench", Credentials: keys}, j.inFlight, nil)
}
