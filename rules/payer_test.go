package rules

import "testing"

func TestReadsOfABucketArePaidForByTheRequesterWhereACopyOfItIs(t *testing.T) {
	const paid = ", request-payer: requester"
	for name, c := range map[string]struct {
		rules string
		paid  []string
	}{
		"one bucket": {"{name: a, match: {bucket: one}, copy: [{bucket: x-replica" + paid + "}]}", []string{"one"}},
		"any bucket": {"{name: a, match: {}, copy: [{bucket: x-replica" + paid + "}]}", []string{"one", "two"}},
		"second copy": {"{name: a, match: {bucket: two}, copy: [{bucket: x-replica}, {bucket: y-replica" + paid +
			"}]}", []string{"two"}},
		"second rule": {"{name: a, match: {}, copy: [{bucket: x-replica}]}, {name: b, match: {bucket: two}, " +
			"copy: [{bucket: y-replica" + paid + "}]}", []string{"two"}},
		"disabled":    {"{name: a, disabled: true, match: {}, copy: [{bucket: x-replica" + paid + "}]}", nil},
		"nobody asks": {"{name: a, match: {}, copy: [{bucket: x-replica}]}", nil},
		"the defaults": {"{name: a, match: {bucket: one}, copy: [{bucket: x-replica}]}], defaults: {copy: " +
			"{request-payer: requester}", []string{"one"}},
		"other defaults": {"{name: a, match: {bucket: one}, copy: [{bucket: x-replica}]}], defaults: {copy: " +
			"{object-acl: private}", nil},
	} {
		tail := "]}"
		if name == "the defaults" || name == "other defaults" {
			tail = "}}"
		}
		set, err := Load("rules.yaml", []byte("{version: 1, sources: [one, two], rules: ["+c.rules+tail), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := map[string]string{}
		for _, bucket := range c.paid {
			want[bucket] = "requester"
		}
		for _, bucket := range []string{"one", "two", "x-replica", "other"} {
			if got := set.RequestPayer(bucket); got != want[bucket] {
				t.Errorf("%s: the reads of %s are paid for by %q, want %q", name, bucket, got, want[bucket])
			}
		}
	}
}
