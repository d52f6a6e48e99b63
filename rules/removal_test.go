package rules

import (
	"fmt"
	"slices"
	"testing"

	"afterput/events"
)

// removals lists what a file deletes after objects of a bucket were removed.
func removals(t *testing.T, s *Set, bucket, key string) (all []string) {
	t.Helper()
	found, err := s.Removal(events.Object{Event: "ObjectRemoved:DeleteObject", Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		text := fmt.Sprintf("%s oss://%s/%s", d.Rule, d.Bucket, d.Key)
		if d.WithoutVersioning {
			text += " without versioning"
		}
		if d.Err != nil {
			text += " " + d.Err.Error()
		}
		all = append(all, text)
	}
	return all
}

func TestARemovalDeletesWhatTheRulesNameByBucketAndKeyAlone(t *testing.T) {
	s := mustLoad(t, `version: 1
sources: [inbox, outbox]
defaults:
  except: [{size: {below: 1}}, {prefix: in/tmp/}]
rules:
  - name: puts-only
    stop: true
    match: {prefix: in/half/, event: ObjectCreated:PutObject}
    copy: [{bucket: halves}]
  - name: kept
    stop: true
    match: {prefix: in/kept/}
    copy: [{bucket: replica}]
  - name: followed
    match: {bucket: inbox, regexp: '^in/(?<name>.+)$'}
    except: [{suffix: .part}]
    copy: [{bucket: replica}]
    delete:
      - {bucket: replica}
      - {bucket: names, key: "${re.name}", without-versioning: true}
      - {bucket: inbox, key: "in/${base}"}
  - name: again
    match: {}
    delete: [{bucket: replica}]
  - name: off
    disabled: true
    match: {}
    delete: [{bucket: off}]
`)
	for _, c := range []struct {
		why, bucket, key string
		want             []string
	}{
		{"each destination once, never the object itself", "inbox", "in/a", []string{"followed oss://replica/in/a",
			"followed oss://names/a without versioning"}},
		{"an except of the rule", "inbox", "in/a.part", []string{"again oss://replica/in/a.part"}},
		{"another bucket", "outbox", "in/a", []string{"again oss://replica/in/a"}},
		{"defaults.except by name", "inbox", "in/tmp/a", nil},
		{"a rule with stop that surely took it", "inbox", "in/kept/a", nil},
		{"a rule with stop of which that is not known", "inbox", "in/half/a",
			[]string{"followed oss://replica/in/half/a", "followed oss://names/half/a without versioning",
				"followed oss://inbox/in/a"}},
	} {
		if got := removals(t, s, c.bucket, c.key); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.why, got, c.want)
		}
	}
	if _, err := s.Removal(events.Object{Bucket: "elsewhere", Key: "a"}); err == nil {
		t.Error("a removal in a bucket that is no source is taken")
	}
}

// namesOf lists the copies of an upload, and whether each carries the name of its source.
func namesOf(t *testing.T, s *Set, bucket, key string) (all []string) {
	t.Helper()
	p, err := s.Plan(events.Object{Event: "ObjectCreated:PutObject", Bucket: bucket, Key: key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Copies {
		all = append(all, fmt.Sprintf("%s names=%t moves=%t", c.Bucket, c.NamesSource, c.Moves))
	}
	return all
}

func TestCopiesNameTheirSourceWhereARuleDeletesUnlessTheObjectIsMoved(t *testing.T) {
	s := mustLoad(t, `version: 1
sources: [inbox]
rules:
  - name: all
    match: {}
    copy: [{bucket: replica}, {bucket: other}, {bucket: "x-${dir}"}]
  - name: moved
    match: {prefix: moved/}
    copy: [{bucket: away, delete-source: true}]
  - name: follow
    match: {prefix: in/}
    delete: [{bucket: replica, key: "${key}"}]
`)
	for key, want := range map[string][]string{
		"in/a": {"replica names=true moves=false", "other names=false moves=false", "x-in names=true moves=false"},
		"moved/a": {"replica names=false moves=true", "other names=false moves=true", "x-moved names=false moves=true",
			"away names=false moves=true"},
	} {
		if got := namesOf(t, s, "inbox", key); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
}

func TestRulesWithDeleteWantTheEventsOfRemovals(t *testing.T) {
	s := mustLoad(t, `version: 1
sources: [inbox]
rules:
  - name: both
    match: {prefix: in/}
    copy: [{bucket: replica}]
    delete: [{bucket: replica}]
  - name: alone
    match: {prefix: alone/}
    delete: [{bucket: replica}]
`)
	got := map[string][]string{}
	for _, w := range s.Wants() {
		got[w.Rule] = append(got[w.Rule], w.Events...)
	}
	if want := slices.Concat(UploadEvents(), RemovalEvents()); !slices.Equal(got["both"], want) {
		t.Errorf("%q, want %q", got["both"], want)
	}
	if !slices.Equal(got["alone"], RemovalEvents()) {
		t.Errorf("%q, want %q", got["alone"], RemovalEvents())
	}
}

func TestADeletionWhereNothingIsCopiedIsWarnedOf(t *testing.T) {
	s := mustLoad(t, `version: 1
sources: [inbox]
rules:
  - name: typo
    match: {prefix: in/}
    copy: [{bucket: replica}, {bucket: moved, key: "m/${key}", delete-source: true}]
  - name: follow
    match: {prefix: in/}
    delete: [{bucket: replca}, {bucket: replica}, {bucket: moved}]
`)
	var got []int
	for _, w := range s.Lint() {
		if w.Code == NeverDeletes {
			got = append(got, w.Col)
		}
	}
	if !slices.Equal(got, []int{23, 60}) {
		t.Errorf("warnings at columns %v", got)
	}
}

// Deletions are compared with the copies near them alone, so that of thousands each is looked at.
func TestEachOfManyDeletionsOfAnotherKeyIsWarnedOf(t *testing.T) {
	const n = 2000
	s := mustLoad(t, "version: 1\nsources: [inbox]\nrules:\n"+numbered("  - name: r%[1]d\n"+
		"    match: {prefix: t%[1]d/}\n    copy: [{bucket: replica}]\n"+
		"    delete: [{bucket: replica, key: \"old/${key}\"}]\n", n))
	warned := 0
	for _, w := range s.Lint() {
		if w.Code == NeverDeletes {
			warned++
		}
	}
	if warned != n {
		t.Errorf("%d warnings, want %d", warned, n)
	}
}

func mustLoad(t *testing.T, file string) *Set {
	t.Helper()
	s, err := Load("r.yaml", []byte(file), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheEndOfARestoreMovesTheObjectOnlyIfAllOfItsCopiesWaitedForIt(t *testing.T) {
	for others, want := range map[string]bool{
		"":                                    true,
		", {bucket: too, restore: {days: 2}}": true,
		", {bucket: other}":                   false, // it failed when the object was uploaded
		", {bucket: other}, {bucket: restored, restore: {}, key: b}": false,
	} {
		s := mustLoad(t, `version: 1
sources: [inbox]
rules:
  - name: moved
    match: {}
    copy: [{bucket: away, restore: {}, delete-source: true}`+others+`]
`)
		p, err := s.Plan(events.Object{Event: events.FinishRestore, Restored: true, Bucket: "inbox", Key: "a"}, nil)
		if err != nil || len(p.Copies) == 0 {
			t.Fatal(p.Copies, err)
		}
		if got := p.Copies[0].DeleteSource; got != want {
			t.Errorf("with %q: the source is deleted: %t, want %t", others, got, want)
		}
	}
}
