package rules

import (
	"strings"
	"testing"

	"afterput/events"
)

// unchecked loads a file without the search for endless loops.
func unchecked(t *testing.T, file string) *Set {
	t.Helper()
	l := &loader{reporter: &reporter{file: "r.yaml"}, env: testEnv}
	s := l.readFile([]byte(file))
	if len(l.problems) > 0 {
		t.Fatal(l.problems)
	}
	s.index = newIndex(s.sources, s.rules)
	return s
}

func TestPlanFailsEndlessCopiesEvenIfTheLoaderAcceptedThem(t *testing.T) {
	for name, c := range map[string]struct {
		file, want string
	}{
		"there and back": {chainFile(`{bucket: in-bucket} -> {bucket: mid-bucket}`,
			`{bucket: mid-bucket} -> {bucket: in-bucket}`),
			"the copies are an endless loop: oss://in-bucket/a is written again after 2 copies"},
		"ever deeper": {chainFile(`{bucket: in-bucket} -> {key: "x/${key}"}`),
			"more than 8 copies trigger each other in a chain, up to oss://in-bucket/x/x/x/x/x/x/x/x/x/a and further"},
	} {
		t.Run(name, func(t *testing.T) {
			o := events.Object{Event: "ObjectCreated:PutObject", Bucket: "in-bucket", Key: "a"}
			p, err := unchecked(t, c.file).Plan(o, nil)
			if err != nil || len(p.Copies) != 1 {
				t.Fatal(p.Copies, err)
			}
			if got := p.Copies[0].Err; got == nil || !strings.Contains(got.Error(), c.want) {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}
