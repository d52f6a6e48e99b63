package dashboard

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"testing"
)

// indexed are the fields below message in the index that the pages have people create, each with its type.
func indexed(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../examples/logstore-index.json")
	if err != nil {
		t.Fatal(err)
	}
	type words struct {
		Token              []string
		CaseSensitive, Chn *bool // required, like the separators
	}
	var index struct {
		Line words
		Keys struct {
			Message struct {
				words
				Type     string
				JSONKeys map[string]struct {
					Type     string
					DocValue bool `json:"doc_value"`
				} `json:"json_keys"`
			}
		}
	}
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	m := index.Keys.Message
	for _, w := range []words{index.Line, m.words} {
		if len(w.Token) == 0 || w.CaseSensitive == nil || w.Chn == nil {
			t.Errorf("SLS refuses an index of text without token, caseSensitive and chn: %+v", w)
		}
	}
	all := map[string]string{}
	for name, key := range m.JSONKeys {
		all[name] = key.Type
		if !key.DocValue || !slices.Contains([]string{"text", "long", "double"}, key.Type) {
			t.Errorf("%s: %+v; queries need its statistics", name, key)
		}
	}
	return all
}

var (
	queried = regexp.MustCompile(`\bmessage\.([a-z_]+)`)
	counted = regexp.MustCompile(`(?:sum|approx_percentile|count_if)\("message\.([a-z_]+)"|message\.([a-z_]+) >`)
)

// The index of examples/ has every field that the queries of the pages and of the dashboard ask for, as a number where
// they count with it, and no other.
func TestTheIndexHasTheFieldsOfEveryQuery(t *testing.T) {
	index := indexed(t)
	asked := map[string]bool{}
	for _, page := range []string{"../../docs/operations.md", file} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range queried.FindAllStringSubmatch(string(text), -1) {
			asked[m[1]] = true
		}
		for _, m := range counted.FindAllStringSubmatch(string(text), -1) {
			if field := m[1] + m[2]; index[field] == "text" {
				t.Errorf("%s counts with %s, which is indexed as text", page, field)
			}
		}
	}
	want, got := slices.Sorted(maps.Keys(asked)), slices.Sorted(maps.Keys(index))
	if !slices.Equal(got, want) {
		t.Errorf("the index has the fields\n%q, the queries ask for\n%q", got, want)
	}
}
