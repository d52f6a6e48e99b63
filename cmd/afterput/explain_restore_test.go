package main

import (
	"strings"
	"testing"
)

const restoreFilms = `version: 1
sources: [uploads]
rules:
  - name: films
    match: {prefix: films/, size: {at-least: 1KiB}}
    copy: [{bucket: replica, key: "${time.date}/${etag}/${key}", restore: {tier: Bulk}}]
`

// The function reads the object when its restore has ended: the event says neither when it was put nor what it is.
func TestExplainFillsNothingFromTheEventThatARestoreHasEnded(t *testing.T) {
	path := files(t, map[string]string{"rules.yaml": restoreFilms, "event.json": `{"specversion":"1.0",
		"type":"oss:ObjectRestore:FinishRestore", "data":{"eventName":"ObjectRestore:FinishRestore",
		"eventTime":"2026-05-05T01:02:03Z","oss":{"bucket":{"name":"uploads"},"object":{"key":"films/a","size":0}}}}`})
	byKey := []string{"--key", "oss://uploads/films/a", "--event-name", "ObjectRestore:FinishRestore"}
	put := []string{"--time", "2025-02-03T04:05:06Z", "--size", "2KiB", "--etag", "E"}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{append([]string{"--event", path("event.json")}, put...), []string{
			"→ oss://replica/${time.date}/${etag}/films/a", "(known after HeadObject)",
			"of class ColdArchive (--storage-class), without metadata (--meta), without tags (--tag):\n" +
				"  HEAD /uploads/films/a\n  HEAD /replica/2025-02-03/E/films/a\n  PUT /replica/2025-02-03/E/films/a\n",
			"x-oss-copy-source-if-match: (the ETag from HeadObject)"}},
		{append(byKey, put...), []string{"→ oss://replica/${time.date}/${etag}/films/a", "  HEAD /uploads/films/a\n"}},
		{append(byKey, put[2:]...), []string{"put at the time of the event (--time)"}},
		{append(byKey, put[:2]...), []string{"of 0 bytes (--size)", "  HEAD /uploads/films/a\n"}},
	} {
		code, out, problems := command(t, append([]string{"explain", path("rules.yaml")}, c.args...)...)
		for _, want := range c.want {
			if code != exitGood || !strings.Contains(out, want) {
				t.Errorf("%q: exit %d, want %q:\n%s%s", c.args, code, want, out, problems)
			}
		}
	}
}
