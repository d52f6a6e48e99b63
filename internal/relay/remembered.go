package relay

import (
	"crypto/sha256"
	"slices"
	"sync"

	"afterput/internal/osscall"
)

// Bounds of what a Handler remembers of invocations that failed.
const (
	mostPayloads = 256
	mostRecords  = 20_000 // of all payloads together
)

// remembered holds what became of the records of invocations that failed, until
// their retries come. Its methods may be called from many goroutines.
type remembered struct {
	mu       sync.Mutex
	payloads []tried // oldest first
	records  int     // of all of them
}

// tried is what an earlier attempt at a payload did, by index of the record.
type tried struct {
	payload identity
	records []ObjectReport // of those that ended well
	ended   []ending
}

// identity says which payload it was, and by which rules it was handled.
type identity struct {
	hash  [sha256.Size]byte
	rules string
}

// ending is how a record left its last attempt.
type ending uint8

const (
	unreached ending = iota // or stopped when the time was up
	failed                  // it or one of its copies
	well
)

func identify(payload []byte, rules string) identity {
	return identity{sha256.Sum256(payload), rules}
}

// recall gives what is remembered of a payload. Of an unknown one that is
// nothing: no record ended well, all are unreached.
func (m *remembered) recall(id identity) tried {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.index(id); i >= 0 {
		return m.payloads[i]
	}
	return tried{}
}

// keep remembers an attempt that failed, in place of earlier ones at the same
// payload. Where there is no room, the oldest are forgotten.
func (m *remembered) keep(id identity, records []ObjectReport) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(m.index(id))
	if len(records) > mostRecords {
		return
	}
	t := tried{payload: id, records: make([]ObjectReport, len(records)), ended: make([]ending, len(records))}
	for i := range records {
		if t.ended[i] = endingOf(&records[i]); t.ended[i] == well {
			t.records[i] = records[i]
		}
	}
	m.payloads = append(m.payloads, t)
	for m.records += len(records); m.records > mostRecords || len(m.payloads) > mostPayloads; {
		m.drop(0)
	}
}

// forget drops a payload that was handled to its end.
func (m *remembered) forget(id identity) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop(m.index(id))
}

func (m *remembered) index(id identity) int {
	return slices.IndexFunc(m.payloads, func(t tried) bool { return t.payload == id })
}

// drop forgets the payload at i; -1 is none.
func (m *remembered) drop(i int) {
	if i >= 0 {
		m.records -= len(m.payloads[i].ended)
		m.payloads = slices.Delete(m.payloads, i, i+1)
	}
}

// ending is how record i ended.
func (t tried) ending(i int) ending {
	if i < len(t.ended) {
		return t.ended[i]
	}
	return unreached
}

func endingOf(o *ObjectReport) ending {
	if !o.failed() {
		return well
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
