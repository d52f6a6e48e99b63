package osscall

import "testing"

func TestETagsAreTheSameWithAndWithoutQuotesAndInAnyCase(t *testing.T) {
	if !SameETag(`"abC1"`, "ABc1") || SameETag("A", "B") || BareETag(`"x"`) != "x" {
		t.Error("ETags are compared wrongly")
	}
}
