package relay_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
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

// Conditions, and what copies set, on which it depends whether a rule takes a copy again.
var (
	chainConditions = []string{"", "", "meta: {seen: null}", "meta: {seen: yes}", "storage-class: Standard",
		"storage-class: IA", "tagging: {done: null}", "event: ObjectCreated:CopyObject"}
	chainAttributes = []string{"", "", "metadata-directive: MERGE\n        meta: {seen: yes}",
		"metadata-directive: MERGE\n        meta: {seen: \"\"}",
		"metadata-directive: MERGE\n        meta: {seen: \"${tag.done:-}\"}",
		"metadata-directive: MERGE\n        meta: {seen: \"${meta.seen:-}x\"}",
		"tagging-directive: MERGE\n        tagging: {done: yes}", "tagging: {done: \"\"}"}
)

// drawRules draws a rules file.
func drawRules(t *rapid.T, most int) string {
	var b strings.Builder
	b.WriteString("version: 1\nsources: [one-src, two-src]\nrules:\n")
	for i := range rapid.IntRange(1, most).Draw(t, "rules") {
		fmt.Fprintf(&b, "  - name: rule-%d\n    match:\n      prefix: %q\n      suffix: %q\n", i,
			rapid.SampledFrom(chainPrefixes).Draw(t, "prefix"), rapid.SampledFrom(chainSuffixes).Draw(t, "suffix"))
		if bucket := rapid.SampledFrom(append(chainSources, "")).Draw(t, "of"); bucket != "" {
			fmt.Fprintf(&b, "      bucket: %s\n", bucket)
		}
		if condition := rapid.SampledFrom(chainConditions).Draw(t, "condition"); condition != "" {
			fmt.Fprintf(&b, "      %s\n", condition)
		}
		fmt.Fprintf(&b, "    copy:\n      - key: %s\n        rewrite-in-place: true\n",
			rapid.SampledFrom(chainKeys).Draw(t, "key"))
		if bucket := rapid.SampledFrom(chainBuckets).Draw(t, "to"); bucket != "" {
			fmt.Fprintf(&b, "        bucket: %s\n", bucket)
		}
		if rapid.Bool().Draw(t, "rewrites") {
			b.WriteString("        storage-class: IA\n")
		}
		if attribute := rapid.SampledFrom(chainAttributes).Draw(t, "attribute"); attribute != "" {
			fmt.Fprintf(&b, "        %s\n", attribute)
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
	// objects counts the events of complete objects, failure is the newest error.
	objects int
	failure error
}

// forgetful is an OSS that does not store some attribute of copies, so that what the rules predict
// of them is wrong.
type forgetful struct {
	copier.OSS
	metadata, tagging, class bool // what it forgets
}

func (f forgetful) CopyObject(
	ctx context.Context, req *oss.CopyObjectRequest, opts ...func(*oss.Options),
) (*oss.CopyObjectResult, error) {
	if f.metadata {
		delete(req.Metadata, "seen")
	}
	if f.tagging {
		req.Tagging = nil
	}
	if f.class {
		req.StorageClass = ""
	}
	return f.OSS.CopyObject(ctx, req, opts...)
}

func (f forgetful) InitiateMultipartUpload(
	ctx context.Context, req *oss.InitiateMultipartUploadRequest, opts ...func(*oss.Options),
) (*oss.InitiateMultipartUploadResult, error) {
	if f.metadata {
		delete(req.Metadata, "seen")
	}
	if f.tagging {
		req.Tagging = nil
	}
	if f.class {
		req.StorageClass = ""
	}
	return f.OSS.InitiateMultipartUpload(ctx, req, opts...)
}

// drawLimit draws a SingleCopyLimit: small objects are copied in one request or in parts, and the
// events differ.
func drawLimit(t *rapid.T) int64 { return rapid.SampledFrom([]int64{0, 1}).Draw(t, "limit") }

// newChainWorld is a world of rules whose OSS may forget something.
func newChainWorld(t rapid.TB, set *rules.Set, forgets forgetful, singleCopyLimit int64) *chainWorld {
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
	forgets.OSS = osscall.NewClient("cn-hangzhou", "http://127.0.0.1", server.Transport())
	engine := copier.New(forgets,
		copier.Options{SingleCopyLimit: singleCopyLimit, Confirm: copier.ConfirmNever})
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
func (w *chainWorld) upload(t rapid.TB, bucket, key string) (handled int) {
	if err := w.PutSparse(bucket, key, 1000); err != nil {
		t.Fatal(err)
	}
	invocation := relay.Invocation{Credentials: osscall.Credentials{AccessKeyID: "local", AccessKeySecret: "local"}}
	for payload := w.next(); payload != nil && handled <= mostEvents; payload = w.next() {
		handled++
		if bytes.Contains(payload, []byte("ObjectCreated:CopyObject")) ||
			bytes.Contains(payload, []byte("ObjectCreated:CompleteMultipartUpload")) {
			w.objects++
		}
		if !strings.Contains(string(payload), `"name":"replica"`) { // which has no trigger
			// A copy that fails ends its chain too.
			if _, err := w.handler.Handle(context.Background(), invocation, payload); err != nil {
				w.failure = err
			}
		}
	}
	return handled
}

func TestEverySetThatLoadsEndsItsChainsOnTheLocalServers(t *testing.T) {
	loaded, chained := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		file := drawRules(t, 4)
		set, err := rules.Load("rules.yaml", []byte(file), func(string) (string, bool) { return "", false })
		if err != nil {
			return
		}
		loaded++
		w := newChainWorld(t, set, forgetful{}, drawLimit(t))
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

// Whatever the rules predict: here each prediction about an attribute is wrong.
func TestEveryChainIsCutWhereOSSForgetsWhatCopiesSet(t *testing.T) {
	loaded := 0
	rapid.Check(t, func(t *rapid.T) {
		file := drawRules(t, 2)
		set, err := rules.Load("rules.yaml", []byte(file), func(string) (string, bool) { return "", false })
		if err != nil {
			return
		}
		loaded++
		forgets := rapid.SampledFrom([]forgetful{{metadata: true}, {tagging: true}, {class: true}}).Draw(t, "forgets")
		w := newChainWorld(t, set, forgets, drawLimit(t))
		defer w.Close()
		for _, key := range []string{"a/b/k.x", "k.x"} {
			handled := w.upload(t, "one-src", key)
			if handled > mostEvents {
				t.Fatalf("oss://one-src/%s raises events in an endless loop with %+v and\n%s",
					key, forgets, file)
			}
		}
	})
	if loaded < 10 {
		t.Fatalf("only %d sets loaded", loaded)
	}
}

// A chain that the rules predict to end after one copy, and that goes on: it is cut
// after the first copy and MaxHops more.
func TestAChainThatGoesOnAgainstThePredictionIsCutAfterMaxHops(t *testing.T) {
	for name, c := range map[string]struct {
		forgets     forgetful
		match, copy string
	}{
		"growing key": {forgetful{metadata: true}, "meta: {seen: null}",
			`key: "x/${key}", metadata-directive: MERGE, meta: {seen: yes}`},
		"growing key by tags": {forgetful{tagging: true}, "tagging: {done: null}",
			`key: "x/${key}", tagging-directive: MERGE, tagging: {done: yes}`},
		"metadata in place": {forgetful{metadata: true}, "",
			"metadata-directive: MERGE, meta: {seen: yes}, rewrite-in-place: true"},
		"class in place": {forgetful{class: true}, "storage-class: Standard",
			"storage-class: IA, rewrite-in-place: true"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, limit := range []int64{0, 1} { // in one request, and in parts
				file := fmt.Sprintf("version: 1\nsources: [one-src]\nrules: [{name: r, match: {%s}, copy: [{%s}]}]\n",
					c.match, c.copy)
				set, err := rules.Load("rules.yaml", []byte(file), nil)
				if err != nil {
					t.Fatal(err)
				}
				w := newChainWorld(t, set, c.forgets, limit)
				defer w.Close()
				w.upload(t, "one-src", "k")
				if w.objects != rules.MaxHops+2 {
					t.Errorf("the upload and its copies raised %d events, want %d", w.objects, rules.MaxHops+2)
				}
				if w.failure == nil || !strings.Contains(w.failure.Error(), "ChainTooLong") {
					t.Errorf("the last copy does not fail with ChainTooLong: %v", w.failure)
				}
			}
		})
	}
}
