package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"afterput/internal/localcloud"
	"afterput/rules"
)

// localRules is the rules file of a local cloud. The function reads a copy of the text that was accepted last, so that
// a process that is started while the file is being edited gets rules that load.
type localRules struct {
	file      string
	dir       string // of the copy
	env       environment
	variables []string // of the copy engine
	remotesOf func(*rules.Set) localRemotes

	mu       sync.Mutex
	seen     []byte // what was read last, in force or refused
	missing  error  // why the file could not be read the last time; nil if it could
	set      *rules.Set
	patterns []string // bucketPatterns of set
	accepted int      // how many texts were put in force

	saved func() // looks at the file, which the page has written
}

func newLocalRules(file string) (*localRules, error) {
	dir, err := os.MkdirTemp("", "afterput")
	if err != nil {
		return nil, fmt.Errorf("copy the rules: %w", err)
	}
	return &localRules{file: file, dir: dir, env: environment{}}, nil
}

func (r *localRules) close() { _ = os.RemoveAll(r.dir) }

// load reads the file and accepts it, if it is valid.
func (r *localRules) load() (*rules.Set, error) {
	text, err := readInput("the rules", r.file)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.accept(text)
}

// accept loads a text and copies it for the function. r.mu is held.
func (r *localRules) accept(text []byte) (*rules.Set, error) {
	r.seen = text
	set, err := rules.Load(inputName(r.file), text, r.env.lookup)
	if err != nil {
		return nil, err
	}
	if r.set != nil && !r.sameRemotes(r.set, set) {
		return nil, errOtherRemotes(r.file)
	}
	// Each in a file of its own: a process of the function may be reading the one before.
	if err := os.WriteFile(r.path(r.accepted+1), text, 0o600); err != nil {
		return nil, fmt.Errorf("copy the rules: %w", err)
	}
	r.accepted++
	r.set, r.patterns = set, bucketPatterns(set)
	return set, nil
}

// mayCreate reports whether a bucket that does not exist may be one that depends on the object.
func (r *localRules) mayCreate(bucket string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.patterns, func(pattern string) bool {
		return strings.HasPrefix(bucket, strings.TrimSuffix(pattern, "*"))
	})
}

// path is where the function finds the text that was accepted as the nth.
func (r *localRules) path(n int) string { return filepath.Join(r.dir, fmt.Sprintf("rules-%d.yaml", n)) }

func (r *localRules) sameRemotes(a, b *rules.Set) bool {
	return reflect.DeepEqual(r.remotesOf(a), r.remotesOf(b))
}

func errOtherRemotes(file string) error {
	return fmt.Errorf("%s: the rules name other regions, roles or accounts than the ones in force; "+
		"restart afterput local", file)
}

// config is the part of a cloud's configuration that the rules decide.
func (r *localRules) config(set *rules.Set) localcloud.Config {
	remotes := r.remotesOf(set)
	return localcloud.Config{
		Rules:        r.path(r.accepted),
		Regions:      remotes.regions,
		Owners:       remotes.owners,
		Roles:        remotes.roles,
		Sources:      set.Sources(),
		Destinations: set.Destinations(),
		Triggers:     localTriggers(set),
		Env:          slices.Concat(r.env.list(), r.variables),
	}
}

// lookEvery is how often the file is looked at for changes.
const lookEvery = 300 * time.Millisecond

// errUnchanged answers SIGHUP if the file has not changed.
var errUnchanged = errors.New("no change")

// follow puts every change of the file in force until ctx ends. It tells each, and why it is not in force. SIGHUP has
// it look at once, and tell also that there is no change. Standard input is not read again.
func (r *localRules) follow(ctx context.Context, cloud *localcloud.Cloud, tell func(file string, err error)) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		asked := false
		select {
		case <-ctx.Done():
			return
		case <-hangups:
			asked = true
		case <-tick.C:
		}
		if !r.lookAgain(cloud, tell) && asked {
			tell(inputName(r.file), errUnchanged)
		}
	}
}

// lookAgain puts the file in force if it has changed, and tells so.
func (r *localRules) lookAgain(cloud *localcloud.Cloud, tell func(file string, err error)) (changed bool) {
	if r.file == stdin {
		return false
	}
	changed, err := r.reload(cloud)
	if changed {
		tell(r.file, err)
	}
	return changed
}

// reload puts the file in force if it has changed since it was read last. Each change is reported once: changed is
// false if there is nothing new to say.
func (r *localRules) reload(cloud *localcloud.Cloud) (changed bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	text, err := readInput("the rules", r.file)
	if err != nil {
		changed = r.missing == nil || r.missing.Error() != err.Error()
		r.missing = err
		return changed, err
	}
	r.missing = nil
	if bytes.Equal(text, r.seen) {
		return false, nil
	}
	set, err := r.accept(text)
	if err != nil {
		return true, err
	}
	return true, cloud.Deploy(r.config(set))
}
