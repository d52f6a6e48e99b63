package keyset

// Meter counts the steps of operations on sets, so that a series of them ends after the
// same work on every machine. It is not safe for concurrent use. A nil Meter counts
// nothing and has no limit.
type Meter struct{ limit, spent int }

// NewMeter returns a meter with a limit.
func NewMeter(limit int) *Meter { return &Meter{limit: limit} }

// Spend counts steps. It reports whether the limit has not been exceeded.
func (m *Meter) Spend(steps int) bool {
	if m == nil {
		return true
	}
	m.spent += steps
	return m.spent <= m.limit
}

// Spent returns the steps so far.
func (m *Meter) Spent() int { return m.spent }

// Left returns how many steps remain.
func (m *Meter) Left() int { return max(0, m.limit-m.spent) }

// Exceeded reports whether more steps were needed than the limit allows. From then on no
// operation computes anything: sets are as large as they can be.
func (m *Meter) Exceeded() bool { return m != nil && m.spent > m.limit }

// meterOf returns the meter of the first set that has one.
func meterOf(sets ...*Set) *Meter {
	for _, s := range sets {
		if s.meter != nil {
			return s.meter
		}
	}
	return nil
}
