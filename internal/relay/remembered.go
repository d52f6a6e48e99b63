package relay

import (
	"crypto/sha256"
	"slices"
	"sync"

	"afterput/internal/copier"
	"afterput/internal/osscall"
)

// Bounds of what a [Handler] remembers of invocations that failed.
const (
	mostPayloads = 256
	mostRecords  = 20_000 // of all payloads together
)

// remembered holds how the records of invocations that failed ended, for their retries. Its methods
// may be called from many goroutines.
type remembered struct {
	mu       sync.Mutex
	payloads []tried // oldest first
	records  int     // of all of them
}

// tried is what an earlier attempt at a payload did. Its slices are by index of the record.
type tried struct {
	payload identity
	records []ObjectReport // of the records that succeeded
	results []result
}

// identity identifies a payload and the version of the rules that it was handled by.
type identity struct {
	hash  [sha256.Size]byte
	rules string
}

// result is how a record ended in its last attempt.
type result uint8

const (
	unreached result = iota // or stopped when the invocation ran out of time
	failed                  // the record or one of its copies, or superseded: its version may have come back
	succeeded
)

// identify gives the identity of a payload and a version of the rules.
func identify(payload []byte, rules string) identity {
	return identity{sha256.Sum256(payload), rules}
}

// recall gives what is remembered of a payload. Of an unknown one, all records are unreached.
func (m *remembered) recall(id identity) tried {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.index(id); i >= 0 {
		return m.payloads[i]
	}
	return tried{}
}

// keep remembers an attempt that failed, in place of an earlier one at the same payload. The oldest
// payloads are forgotten if there is no room.
func (m *remembered) keep(id identity, records []ObjectReport) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(m.index(id))
	if len(records) > mostRecords {
		return
	}
	t := tried{payload: id, records: make([]ObjectReport, len(records)), results: make([]result, len(records))}
	for i := range records {
		if t.results[i] = resultOf(&records[i]); t.results[i] == succeeded {
			t.records[i] = records[i]
		}
	}
	m.payloads = append(m.payloads, t)
	for m.records += len(records); m.records > mostRecords || len(m.payloads) > mostPayloads; {
		m.drop(0)
	}
}

// forget drops a payload that was handled without a failure.
func (m *remembered) forget(id identity) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(m.index(id))
}

// index is the index of a payload in m.payloads, -1 if it is not there.
func (m *remembered) index(id identity) int {
	return slices.IndexFunc(m.payloads, func(t tried) bool { return t.payload == id })
}

// drop forgets the payload at index i; -1 is none.
func (m *remembered) drop(i int) {
	if i >= 0 {
		m.records -= len(m.payloads[i].results)
		m.payloads = slices.Delete(m.payloads, i, i+1)
	}
}

// result is how record i ended.
func (t tried) result(i int) result {
	if i < len(t.results) {
		return t.results[i]
	}
	return unreached
}

// resultOf is the result of a record by its report.
func resultOf(o *ObjectReport) result {
	if !o.failed() {
		if slices.ContainsFunc(o.Copies, func(c CopyReport) bool { return c.Result == copier.Superseded }) {
			return failed
		}
		return succeeded
	}
	if o.Error != nil && o.Error.Kind != osscall.KindStopped {
		return failed
	}
	for _, c := range o.Copies {
		if c.Error != nil && c.Error.Kind != osscall.KindStopped {
			return failed
		}
	}
	return unreached
}
