package keyset

import "testing"

func TestAnExpressionWithKnownGroupsFindsTheirTextsOnly(t *testing.T) {
	s := RegexpWith(`^in/(?<day>\d{2})/(?<name>[^/]+)(?<ext>\.(?:csv|json))$`,
		map[string][]string{"day": {"01", "02"}, "name": {"a.b"}})
	for key, want := range map[string]bool{
		"in/01/a.b.csv": true, "in/02/a.b.json": true, "in/03/a.b.csv": false,
		"in/01/aab.csv": false, "in/01/a.csv": false,
	} {
		if s.Contains(key) != want {
			t.Errorf("%s: got %v", key, !want)
		}
	}
}
