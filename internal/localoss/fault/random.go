package fault

import (
	"encoding/binary"
	"hash/fnv"
	"sync"

	"afterput/internal/localoss"
)

// random draws numbers that depend on the seed, the purpose, the request, and how often the same
// request has drawn before. Requests under way at the same time therefore each get their own number,
// whatever order they run in.
type random struct {
	seed uint64

	mu    sync.Mutex
	drawn map[uint64]uint64
}

// draw returns a number in [0, 1).
func (r *random) draw(purpose int, op localoss.Operation) float64 {
	h := fnv.New64a()
	text := func(s string) {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	h.Write(binary.BigEndian.AppendUint64(nil, r.seed))
	h.Write(binary.AppendVarint(nil, int64(purpose)))
	h.Write(binary.AppendVarint(nil, int64(op.PartNumber)))
	text(op.Name)
	text(op.Bucket)
	text(op.Key)
	text(op.VersionID)
	if op.Source != nil {
		text(op.Source.Bucket)
		text(op.Source.Key)
		text(op.Source.VersionID)
	}
	what := h.Sum64()

	r.mu.Lock()
	defer r.mu.Unlock()
	if r.drawn == nil {
		r.drawn = make(map[uint64]uint64)
	}
	turn := r.drawn[what]
	r.drawn[what]++
	return float64(mix(what+turn*0x9e3779b97f4a7c15)>>11) / (1 << 53)
}

// mix spreads every bit of x over the result. It is the finisher of SplitMix64 (Steele, Lea, Flood:
// "Fast splittable pseudorandom number generators").
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
