package copier

import "time"

// layout cuts an object into parts of one size, the last may be shorter.
type layout struct {
	size, part int64
	count      int
}

// assumedRate is what one part request is taken to move in a second, in bytes,
// when the parts' size is chosen: what OSS gives a single connection by default.
// Being wrong costs some latency or some evenness, not correctness.
const assumedRate = 83e6

// layoutOf cuts size bytes for inFlight requests side by side, each of which
// costs latency before anything moves. A part is as long as makes the latency a
// tenth of its time, so that many rounds of requests end evenly; shorter where
// that would leave places empty; not under least, since every part is a billed
// request; and adjusted so that the last round is full.
func layoutOf(size, least int64, inFlight int, latency time.Duration) layout {
	places := int64(inFlight)
	long := int64(9 * latency.Seconds() * assumedRate)
	rounds := max(1, size/(max(long, least)*places))
	return cut(size, max(least, (size+rounds*places-1)/(rounds*places)))
}

// cut cuts size bytes into parts of part bytes, within OSS's limits.
func cut(size, part int64) layout {
	if fewest := (size + maxParts - 1) / maxParts; part < fewest {
		part = (fewest + mib - 1) / mib * mib
	}
	part = min(max(part, minPartSize), maxPartSize)
	return layout{size: size, part: part, count: int((size + part - 1) / part)}
}

// span gives the first and last byte of part n, counted from 1.
func (l layout) span(n int) (first, last int64) {
	first = int64(n-1) * l.part
	return first, min(first+l.part, l.size) - 1
}

// length is the size of part n in bytes.
func (l layout) length(n int) int64 {
	first, last := l.span(n)
	return last - first + 1
}
