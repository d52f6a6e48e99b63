package localfc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writes records each write.
type writes []string

func (w *writes) Write(p []byte) (int, error) {
	*w = append(*w, string(p))
	return len(p), nil
}

func TestOutputIsPassedOnInWholeLines(t *testing.T) {
	var got writes
	o := &output{to: &got}
	for _, piece := range []string{"on", "e\ntwo\nth", "ree\n", "rest"} {
		fmt.Fprint(o, piece)
	}
	o.flush()
	if diff := cmp.Diff(writes{"one\ntwo\n", "three\n", "rest\n"}, got); diff != "" {
		t.Errorf("passed on (-want +got):\n%s", diff)
	}
}

func TestOutputKeepsOnlyTheLastLines(t *testing.T) {
	o := &output{to: new(writes)}
	for n := range 3 * tailLines {
		fmt.Fprintf(o, "line %d\n", n)
	}
	got := strings.Split(o.last(), "\n\t")[1:]
	if len(got) != tailLines || got[tailLines-1] != fmt.Sprintf("line %d", 3*tailLines-1) {
		t.Errorf("keeps %q", got)
	}
}
