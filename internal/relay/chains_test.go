package relay_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/rules"
)

// Small enough for rules to meet again and again.
var (
	chainSources  = []string{"one-src", "two-src"}
	chainBuckets  = []string{"", "one-src", "two-src", "replica"}
	chainPrefixes = []string{"", "a/", "a/b/", "b/"}
	chainSuffixes = []string{"", ".x", ".y"}
	chainKeys     = []string{
		"${key}", "b/${base}", "a/${base}", "${key#a/}", "${dir}/${stem}.y", "c/${key}", "a/b/${stem}",
	}
)

// drawRules draws a rules file.
func drawRules(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("version: 1\nsources: [one-src, two-src]\nrules:\n")
	for i := range rapid.IntRange(1, 4).Draw(t, "rules") {
		fmt.Fprintf(&b, "  - name: rule-%d\n    match:\n      prefix: %q\n      suffix: %q\n", i,
			rapid.SampledFrom(chainPrefixes).Draw(t, "prefix"), rapid.SampledFrom(chainSuffixes).Draw(t, "suffix"))
		if bucket := rapid.SampledFrom(append(chainSources, "")).Draw(t, "of"); bucket != "" {
			fmt.Fprintf(&b, "      bucket: %s\n", bucket)
		}
		fmt.Fprintf(&b, "    copy:\n      - key: %s\n", rapid.SampledFrom(chainKeys).Draw(t, "key"))
		if bucket := rapid.SampledFrom(chainBuckets).Draw(t, "to"); bucket != "" {
			fmt.Fprintf(&b, "        bucket: %s\n", bucket)
		}
		if rapid.Bool().Draw(t, "rewrites") {
			b.WriteString("        storage-class: IA\n        rewrite-in-place: true\n")
		}
	}
	// Empty conditions are left out: they are mistakes.
	return strings.NewReplacer("      prefix: \"\"\n", "", "      suffix: \"\"\n", "",
		"match:\n    copy", "match: {}\n    copy").Replace(b.String())
}

// mostEvents is more than any chain that ends raises here: an upload, four
// rules, eight hops.
const mostEvents = 300

// chainWorld is an OSS whose events are handled one after the other.
type chainWorld struct {
	*localoss.Server
	handler *relay.Handler

	mu     sync.Mutex // parts are copied at the same time
	events [][]byte
}

// newChainWorld is a world of rules. Small objects are copied in one request or in parts: the
// events differ.
func newChainWorld(t *rapid.T, set *rules.Set) *chainWorld {
	w := new(chainWorld)
	server, err := localoss.New(localoss.Config{OnEvent: func(payload []byte) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, payload)
	}})
	if err != nil {
		t.Fatal(err)
	}
	w.Server = server
	for _, bucket := range append(chainSources, "replica") {
		if err := server.CreateBucket(bucket); err != nil {
			t.Fatal(err)
		}
	}
	limit := rapid.SampledFrom([]int64{0, 1}).Draw(t, "limit")
	engine := copier.New(osscall.NewClient("cn-hangzhou", "http://127.0.0.1", server.Transport()),
		copier.Options{SingleCopyLimit: limit, Confirm: copier.ConfirmNever})
	w.handler = relay.New(relay.Config{Rules: relay.Fixed(set), Copier: engine, Log: slog.New(slog.DiscardHandler)})
	return w
}

// next takes the oldest event; nil if there is none.
func (w *chainWorld) next() (payload []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.events) > 0 {
		payload, w.events = w.events[0], w.events[1:]
	}
	return payload
}

// upload puts an object and handles events until there are no more, or mostEvents of them. It
// gives how many there were.
func (w *chainWorld) upload(t *rapid.T, bucket, key string) (handled int) {
	if err := w.PutSparse(bucket, key, 1000); err != nil {
		t.Fatal(err)
	}
	invocation := relay.Invocation{Credentials: osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}}
	for payload := w.next(); payload != nil && handled <= mostEvents; payload = w.next() {
		handled++
		if !strings.Contains(string(payload), `"name":"replica"`) { // which has no trigger
			_, _ = w.handler.Handle(t.Context(), invocation, payload) // a copy that fails ends its chain too
		}
	}
	return handled
}

func TestEverySetThatLoadsEndsItsChainsOnTheLocalServers(t *testing.T) {
	loaded, chained := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		file := drawRules(t)
		set, err := rules.Load("rules.yaml", []byte(file), func(string) (string, bool) { return "", false })
		if err != nil {
			return
		}
		loaded++
		w := newChainWorld(t, set)
		defer w.Close()
		for _, bucket := range chainSources {
			for _, key := range []string{"a/b/k.x", "a/k.y", "b/k.x", "k.x"} {
				handled := w.upload(t, bucket, key)
				if handled > mostEvents {
					t.Fatalf("oss://%s/%s raises events in an endless loop with\n%s", bucket, key, file)
				}
				if handled > 1 {
					chained++
				}
			}
		}
	})
	if loaded < 10 || chained == 0 {
		t.Fatalf("%d sets loaded and %d uploads led to chains: the property was hardly tested", loaded, chained)
	}
	t.Logf("%d sets loaded, %d uploads led to chains", loaded, chained)
}
