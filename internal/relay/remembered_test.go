package relay

import (
	"fmt"
	"sync"
	"testing"

	"afterput/internal/osscall"
)

func records(n int) []ObjectReport {
	all := make([]ObjectReport, n)
	all[0].Error = &osscall.Error{Code: "AccessDenied"}
	return all
}

func TestWhatIsRememberedIsBoundedAndTheOldestGoesFirst(t *testing.T) {
	var m remembered
	id := func(i int) identity { return identify(fmt.Append(nil, i), "") }
	for i := range mostPayloads + 10 {
		m.keep(id(i), records(2))
	}
	if len(m.payloads) != mostPayloads || m.recall(id(9)).results != nil || m.recall(id(10)).result(1) != succeeded {
		t.Errorf("%d payloads; the 10th is %v, the 11th %v", len(m.payloads), m.recall(id(9)), m.recall(id(10)))
	}
	m.keep(id(1000), records(mostRecords-100))
	if len(m.payloads) != 51 || m.records != mostRecords {
		t.Errorf("%d payloads with %d records", len(m.payloads), m.records)
	}
	m.keep(id(1000), records(50)) // again
	if len(m.payloads) != 51 || m.records != 150 {
		t.Errorf("kept again: %d payloads with %d records", len(m.payloads), m.records)
	}
	m.keep(id(2000), records(mostRecords+1))
	m.forget(id(1000))
	m.forget(id(3000))
	if len(m.payloads) != 50 || m.records != 100 {
		t.Errorf("forgotten: %d payloads with %d records", len(m.payloads), m.records)
	}
}

func TestAnotherVersionOfTheRulesRemembersNothing(t *testing.T) {
	var m remembered
	m.keep(identify([]byte("p"), "1"), records(2))
	for _, other := range []identity{identify([]byte("p"), "2"), identify([]byte("q"), "1")} {
		if m.recall(other).result(1) != unreached {
			t.Errorf("remembered for %v", other)
		}
	}
}

func TestRememberingIsSafeForManyInvocationsAtOnce(t *testing.T) {
	var m remembered
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 200 {
				id := identify(fmt.Append(nil, n%5, i%2), "")
				m.keep(id, records(n%7+1))
				m.recall(id).result(n)
				if n%3 == 0 {
					m.forget(id)
				}
			}
		})
	}
	all.Wait()
}
