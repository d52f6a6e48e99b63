package copier

import (
	"math"
	"time"
)

// layout cuts an object into parts of one size, the last may be shorter.
type layout struct {
	size, part int64
	count      int
}

// assumedRate is what one part request is taken to move in a second, in bytes,
// when the parts' size is chosen: what OSS gives a single connection by default.
// Being wrong costs some latency or some evenness, not correctness.
const assumedRate = 83e6

// unevenEnd is what the end of a copy costs, in times of one part: places that
// stand empty while the last parts end, and stragglers among those.
const unevenEnd = 0.75

// layoutOf cuts size bytes for places requests side by side, each of which costs
// latency before anything moves. Every round of requests adds its latency, and
// makes the parts shorter and so the end more even: the rounds are those whose sum
// is the least. Parts are not under least, since every part is a billed request,
// and the last round is full.
func layoutOf(size, least int64, places int, latency time.Duration) layout {
	side := int64(places)
	moving := float64(size) / (assumedRate * float64(places)) // seconds
	rounds := int64(math.Round(math.Sqrt(unevenEnd * moving / max(latency, time.Millisecond).Seconds())))
	rounds = max(1, min(rounds, maxParts/side, size/(least*side)))
	return cut(size, max(least, (size+rounds*side-1)/(rounds*side)))
}

// duration is how long the parts are expected to take, over so many places.
func (l layout) duration(places int, latency time.Duration) time.Duration {
	rounds := (l.count + places - 1) / places
	return time.Duration(rounds) * (latency + transferTime(min(l.part, l.size)))
}

// transferTime is how long one request is expected to move size bytes.
func transferTime(size int64) time.Duration {
	return time.Duration(float64(size) / assumedRate * float64(time.Second))
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
