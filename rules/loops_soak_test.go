package rules

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestSoakOfRuleSets simulates random rule sets until it is stopped, if AFTERPUT_SOAK is set; see make soak. A failure
// says how to run it again.
func TestSoakOfRuleSets(t *testing.T) {
	if os.Getenv("AFTERPUT_SOAK") == "" {
		t.Skip("AFTERPUT_SOAK is not set; see make soak")
	}
	began := time.Now()
	for round := 1; !t.Failed(); round++ {
		endsItsChains(t, simpleRule)
		endsItsChains(t, caseRule)
		endsItsChains(t, stayingRule)
		endsForAllShortKeys(t)
		if round%50 == 0 {
			fmt.Printf("%d rounds of random rule sets in %s\n", round, time.Since(began).Round(time.Second))
		}
	}
}
