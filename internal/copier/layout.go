package copier

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// grid divides an object for one upload into units of one size; the last may be shorter. A part is any number of units
// in a row, and its number is that of the first. So its number says where a part begins, whoever has copied it and
// whatever was known of the service then, and no layout has more than 10,000 parts. (Numbers of parts need not be
// consecutive. Source: OSS API reference, CompleteMultipartUpload.)
type grid struct {
	size, unit int64 // in bytes
}

// span is units in a row, from the first to the one before to, counted from 0.
type span struct{ from, to int }

// gridOf is the grid for parts of many sizes, but for parts of one size where the options name it.
func (o *Options) gridOf(size int64) grid {
	if o.PartSize > 0 {
		return gridFrom(size, o.PartSize)
	}
	unit := max(minPartSize, (size+maxParts-1)/maxParts)
	if unit > minPartSize {
		unit = maxPartSize / (maxPartSize / unit) // the largest part has whole units
	}
	return gridFrom(size, unit)
}

// gridFrom is the grid of units of a size, or as close to that as OSS's limits allow.
func gridFrom(size, unit int64) grid {
	if fewest := (size + maxParts - 1) / maxParts; unit < fewest {
		unit = (fewest + mib - 1) / mib * mib
	}
	return grid{size: size, unit: min(max(unit, minPartSize), maxPartSize)}
}

// units is how many units the object has.
func (g grid) units() int { return int((g.size + g.unit - 1) / g.unit) }

// atLeast is how many units have so many bytes or more, but at least one.
func (g grid) atLeast(bytes int64) int { return max(1, int((bytes+g.unit-1)/g.unit)) }

// number is the number of a part.
func (s span) number() int { return s.from + 1 }

func (s span) units() int { return s.to - s.from }

// length is the size of a part in bytes.
func (g grid) length(s span) int64 { return min(int64(s.to)*g.unit, g.size) - int64(s.from)*g.unit }

// bytes is which bytes of the source a part has, as headers name them.
func (g grid) bytes(s span) string {
	first := int64(s.from) * g.unit
	return fmt.Sprintf("%d-%d", first, first+g.length(s)-1)
}

// gaps are what the listed parts do not cover. A part that reaches into the next one, or does not end where a unit
// ends, is one of another layout that was copied at the same time, or damaged: it is to be copied again, up to the next
// one, so that in the end the parts follow each other without any left over. ok is false for a list that no copy of
// this object makes.
func (g grid) gaps(parts []oss.Part) (gaps []span, ok bool) {
	at := 0
	for i, p := range parts {
		from, next := int(p.PartNumber)-1, g.units()
		if i+1 < len(parts) {
			next = int(parts[i+1].PartNumber) - 1
		}
		if from < at || next <= from || next > g.units() {
			return nil, false
		}
		if from > at {
			gaps = append(gaps, span{at, from})
		}
		at = from + g.atLeast(p.Size)
		if at > next || p.Size != g.length(span{from, at}) {
			gaps = append(gaps, span{from, next})
			at = next
		}
	}
	if at < g.units() {
		gaps = append(gaps, span{at, g.units()})
	}
	return gaps, true
}

// joined makes one gap of those that follow each other.
func joined(gaps []span) (all []span) {
	for _, gap := range gaps {
		if last := len(all) - 1; last >= 0 && all[last].to == gap.from {
			all[last].to = gap.to
			continue
		}
		all = append(all, gap)
	}
	return all
}

// rest is what of an object is not cut into parts yet. It is cut in batches, of parts that are as even as units allow.
type rest struct {
	gaps         []span
	parts, units int // of the batch that are left
	most         int // units of a part
	least        int // units of a part, but of one that is a gap
}

// left is how many units are not cut.
func (r *rest) left() (units int) {
	for _, gap := range r.gaps {
		units += gap.units()
	}
	return units
}

// next cuts a part of the batch, from the first gap. That is cut evenly: what a part leaves is none that is too small.
func (r *rest) next() span {
	gap := &r.gaps[0]
	size := min(r.most, (r.units+r.parts-1)/r.parts)
	pieces := max(1, min((gap.units()+size-1)/size, gap.units()/r.least))
	s := span{gap.from, gap.from + (gap.units()+pieces-1)/pieces}
	gap.from = s.to
	if gap.units() == 0 {
		r.gaps = r.gaps[1:]
	}
	r.parts--
	r.units = max(r.units-s.units(), r.parts)
	return s
}

// requestTime is how many seconds one request more must save, 0 if prices do not matter. For the price of a request a
// function with 256 MB and 0.2 vCPU runs for 0.029 s, at the prices of internal/bench/function. It is half of that,
// which costs a twentieth more than the least, and takes a fifth less time.
func (o *Options) requestTime() float64 {
	if o.Prefer == PreferMoney {
		return 0.0145
	}
	return 0
}

// leastPart is the least size in bytes that a part of an object of so many bytes has, if one request copies rate bytes
// a second. n parts cost n requests, and the time of one part, size / n / rate; together they are least with
// n = √(size / rate / requestTime), which is parts of this size.
func (o *Options) leastPart(size int64, rate float64) int64 {
	return max(o.LeastPart, int64(math.Sqrt(float64(size)*rate*o.requestTime())))
}

// worthARound is how many latencies the unevenness of the end costs at least that is worth one more round of parts.
const worthARound = 4

// shareOf is by how much the rest is divided for the next round of parts, if all places need so many seconds for it and
// parts differ by the share spread in the time that a byte takes. The last round ends unevenly; so as long as that
// costs more than the latency of another round, one takes only so much that what it leaves evens it out.
func shareOf(seconds, spread float64, latency time.Duration) float64 {
	if spread*seconds <= worthARound*max(latency, time.Millisecond).Seconds() {
		return 1
	}
	return max(2, 1+spread)
}

// roundsFor is how many rounds that makes.
func roundsFor(seconds, spread float64, latency time.Duration) (rounds int) {
	for seconds > 0 {
		seconds -= seconds / shareOf(seconds, spread, latency)
		rounds++
	}
	return max(1, rounds)
}

// atOncePart is the share of the time that is left to the invocation that one part may take: what is stopped with the
// invocation has to be copied again.
const atOncePart = 8

// timeWithoutDeadline is taken for the time that is left to who has no deadline.
const timeWithoutDeadline = time.Hour

// timeForOne is how long one part may take.
func timeForOne(ctx context.Context) time.Duration {
	left := timeWithoutDeadline
	if deadline, ok := ctx.Deadline(); ok {
		left = time.Until(deadline)
	}
	return left / atOncePart
}

// UsualRequests is about how many requests a copy of an object of so many bytes takes, if nothing fails and the rule
// asks for nothing that takes a request of its own. A copy that is streamed reads what it sends.
func (c *Copier) UsualRequests(size int64, streamed bool) int {
	switch {
	case streamed && size <= MostInMemory:
		return 2
	case streamed:
		return 2*c.Parts(size) + besides
	case size <= c.opts.SingleCopyLimit:
		return 1
	}
	return c.Parts(size) + besides
}

// besides is how many requests a copy in parts takes in addition to its parts: see besideParts, the state, HeadObject
// of source and destination, and the second look.
const besides = 8

// Parts is into how many parts a copy of an object of so many bytes is divided, as far as is known of the service
// before it.
func (c *Copier) Parts(size int64) int {
	g, service := c.opts.gridOf(size), c.home.service
	if c.opts.PartSize > 0 {
		return g.units()
	}
	var unknown pace
	rate, spread, _ := unknown.seen()
	places := service.Places()
	rounds := roundsFor(float64(size)/(rate*float64(places)), spread, service.Latency())
	return max(1, min(places*rounds, g.units()/g.atLeast(c.opts.leastPart(size, rate))))
}
