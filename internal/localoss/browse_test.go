package localoss

import (
	"slices"
	"testing"
)

func TestPagesListTheNewestVersionsOfKeysWithAPrefixAfterAKey(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.CreateBucket("photos", WithVersioning()); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "in/", "in/a", "in/b", "in/b", "in/c", "j"} {
		if err := s.PutSparse("photos", key, 1); err != nil {
			t.Fatal(err)
		}
	}
	keys := func(prefix, after string, n int) (all []string) {
		for _, o := range s.Page("photos", prefix, after, n) {
			all = append(all, o.Key)
		}
		return all
	}
	for _, c := range []struct {
		prefix, after string
		n             int
		want          []string
	}{
		{"in/", "", 10, []string{"in/", "in/a", "in/b", "in/c"}},
		{"in/", "", 2, []string{"in/", "in/a"}},
		{"in/", "in/a", 2, []string{"in/b", "in/c"}},
		{"", "in/c", 10, []string{"j"}},
		{"no", "", 10, nil},
	} {
		if got := keys(c.prefix, c.after, c.n); !slices.Equal(got, c.want) {
			t.Errorf("prefix %q after %q: %q, want %q", c.prefix, c.after, got, c.want)
		}
	}
	if b := s.Buckets(); len(b) != 1 || b[0].Name != "photos" || b[0].Versioning != "Enabled" || b[0].ACL != "private" {
		t.Errorf("the buckets are %+v", b)
	}
}
