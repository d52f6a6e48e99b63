package fault

import (
	"encoding/binary"
	"hash/fnv"
	"sync"

	"afterput/internal/localoss"
)

// lots draws numbers by the seed, by what is drawn for, by what the request is
// and by how often such a request has drawn before. Of requests under way at
// once each so gets its own number, whatever order they run in.
type lots struct {
	seed uint64

	mu    sync.Mutex
	drawn map[uint64]uint64
}

// draw gives a number in [0, 1).
func (l *lots) draw(purpose int, op localoss.Operation) float64 {
	h := fnv.New64a()
	text := func(s string) {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	h.Write(binary.BigEndian.AppendUint64(nil, l.seed))
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

	l.mu.Lock()
	defer l.mu.Unlock()
	if l.drawn == nil {
		l.drawn = make(map[uint64]uint64)
	}
	turn := l.drawn[what]
	l.drawn[what]++
	return float64(mix(what+turn*0x9e3779b97f4a7c15)>>11) / (1 << 53)
}

// mix spreads every bit of x over the result: the finisher of SplitMix64
// (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
