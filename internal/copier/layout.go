package copier

import (
	"math"
	"time"
)

// layout divides an object into parts of one size; the last may be shorter.
type layout struct {
	size, part int64 // in bytes
	count      int
}

// assumedRate is how many bytes one request is assumed to copy in a second, when the size of parts
// is chosen: what OSS gives a single connection by default. If it is wrong, copies take somewhat
// longer, but are still correct.
const assumedRate = 83e6

// unevenEnd is how much longer a copy takes, in times of one part, because places are empty while
// the last parts end, and because of stragglers among those.
const unevenEnd = 0.75

// layoutOf divides size bytes for so many requests at once, each of which costs latency before it
// copies anything. Every additional round of requests costs one more latency, but makes the parts
// smaller and so the end more even; the number of rounds minimizes the sum of both. Parts are not
// smaller than least, since every part is a billed request, and the last round is full.
func layoutOf(size, least int64, places int, latency time.Duration) layout {
	side := int64(places)
	moving := float64(size) / (assumedRate * float64(places)) // seconds
	rounds := int64(math.Round(math.Sqrt(unevenEnd * moving / max(latency, time.Millisecond).Seconds())))
	rounds = max(1, min(rounds, maxParts/side, size/(least*side)))
	return cut(size, max(least, (size+rounds*side-1)/(rounds*side)))
}

// duration is how long the parts are expected to take, so many at once.
func (l layout) duration(places int, latency time.Duration) time.Duration {
	rounds := (l.count + places - 1) / places
	return time.Duration(rounds) * (latency + transferTime(min(l.part, l.size)))
}

// transferTime is how long one request is expected to take to copy size bytes.
func transferTime(size int64) time.Duration {
	return time.Duration(float64(size) / assumedRate * float64(time.Second))
}

// cut divides size bytes into parts of part bytes, or as close to that as OSS's limits allow.
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

// UsualRequests is about how many requests a copy of an object of so many bytes takes, if nothing fails and the rule
// asks for nothing that takes a request of its own.
func (c *Copier) UsualRequests(size int64) int {
	if size <= c.opts.SingleCopyLimit {
		return 1
	}
	const besides = besideParts + 3 // HeadObject of source and destination, and the second look
	return c.Parts(size) + besides
}

// Parts is into how many parts a copy of an object of so many bytes is divided, as far as is known of the service.
func (c *Copier) Parts(size int64) int {
	return layoutOf(size, c.opts.PartSize, c.home.service.Places(), c.home.service.Latency()).count
}
