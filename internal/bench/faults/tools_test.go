package faults

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/relay"
	"afterput/rules"
)

// replicate is the rule that the whole function applies.
const replicate = `
version: 1
sources: [source-bucket]
rules:
  - name: replicate
    match: {}
    copy:
      - bucket: target-bucket
`

// copy has the tool copy the source, and returns what it reports.
func (w *world) copy(ctx context.Context, change ...func(*rules.Copy)) string {
	return w.attempt(ctx, w.copier, false, change)
}

// copyAgain is another attempt at the same event.
func (w *world) copyAgain(ctx context.Context, change ...func(*rules.Copy)) string {
	return w.attempt(ctx, w.copier, true, change)
}

// twice copies for two deliveries of one event, the second in the middle of the first and
// on another instance.
func (w *world) twice() (first, second string) {
	var both sync.WaitGroup
	both.Go(func() { first = w.attempt(w.ctx, w.engine(), false, nil) })
	time.Sleep(2500 * time.Millisecond)
	both.Go(func() { second = w.attempt(w.ctx, w.engine(), false, nil) })
	both.Wait()
	return first, second
}

func (w *world) attempt(ctx context.Context, by *copier.Copier, again bool, change []func(*rules.Copy)) string {
	plan := &rules.Copy{
		Rule: "r", Bucket: to, Key: key, TaggingDirective: rules.DirectiveCopy, MetadataDirective: rules.DirectiveCopy}
	for _, f := range change {
		f(plan)
	}
	if w.far {
		plan.Region = away
	}
	if w.tool == sdkCopier && w.far {
		return reported(w.upload(ctx))
	}
	if w.tool == sdkCopier {
		_, err := oss.NewCopier(w.client).Copy(ctx, requestOf(plan), func(o *oss.CopierOptions) {
			if w.size > 0 {
				o.PartSize = w.size
			}
			o.ParallelNum = w.count
		})
		return reported(err)
	}
	w.mu.Lock()
	event := w.event
	w.mu.Unlock()
	source := by.Source(ctx, event)
	source.Retried, source.Repeated, source.RequestPayer = again, again, plan.RequestPayer
	return reportOf(by.Copy(ctx, source, plan))
}

// requestOf is the plan as a request for the Copier.
func requestOf(plan *rules.Copy) *oss.CopyObjectRequest {
	request := &oss.CopyObjectRequest{
		Bucket: &plan.Bucket, Key: &plan.Key, SourceBucket: oss.Ptr(from), SourceKey: oss.Ptr(key),
		TrafficLimit: plan.TrafficLimit}
	if plan.ForbidOverwrite {
		request.ForbidOverwrite = oss.Ptr("true")
	}
	if plan.TaggingDirective == rules.DirectiveReplace {
		request.TaggingDirective = oss.Ptr("REPLACE")
	}
	if plan.MetadataDirective == rules.DirectiveReplace {
		request.MetadataDirective = oss.Ptr("REPLACE")
	}
	if plan.RequestPayer != "" {
		request.RequestPayer = &plan.RequestPayer
	}
	return request
}

// handle lets the whole function handle an event at FC's attempt number retry + 1; a
// function around the Copier does no more than to copy.
func (w *world) handle(payload []byte, retry int) string {
	if w.tool == sdkCopier {
		return w.copy(w.ctx)
	}
	set, err := rules.Load("rules.yaml", []byte(replicate), func(string) (string, bool) { return "", false })
	if err != nil {
		w.t.Fatal(err)
	}
	h := relay.New(relay.Config{Rules: relay.Fixed(set), Copier: w.copier, Log: slog.New(slog.DiscardHandler)})
	answer, failed := h.Handle(w.ctx, relay.Invocation{RetryCount: retry, Credentials: local}, payload)
	if failed != nil {
		answer = []byte(failed.Error())
	}
	report, err := relay.ReadReport(answer)
	if err != nil || len(report.Objects) != 1 || len(report.Objects[0].Copies) == 0 {
		w.t.Fatalf("%v: %s", err, answer)
	}
	copies := report.Objects[0].Copies
	return reportOf(copies[len(copies)-1].Outcome)
}

// reportOf is what the engine reports.
func reportOf(out copier.Outcome) string {
	switch {
	case out.Error == nil:
		return "reports " + string(out.Result)
	case out.Error.Permanent:
		return "reports " + out.Error.Code + ", permanent"
	}
	return "reports " + out.Error.Code + ", to be retried"
}

// reported is what the Copier's error says.
func reported(err error) string {
	var service *oss.ServiceError
	switch {
	case err == nil:
		return "reports copied"
	case errors.As(err, &service):
		return "reports " + service.Code
	case errors.Is(err, context.DeadlineExceeded):
		return "reports the time-out"
	case strings.Contains(err.Error(), "crc is inconsistent"):
		return "reports a wrong CRC"
	}
	return "reports an error"
}
