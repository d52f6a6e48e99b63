package copier

import (
	"hash/crc64"
	"testing"

	"pgregory.net/rapid"
)

func TestCombinedCRCOfThePartsIsThatOfTheWhole(t *testing.T) {
	table := crc64.MakeTable(crc64.ECMA)
	rapid.Check(t, func(t *rapid.T) {
		var whole []byte
		var combined crcOf
		for _, piece := range rapid.SliceOf(rapid.SliceOfN(rapid.Byte(), 0, 50)).Draw(t, "pieces") {
			combined.add(crc64.Checksum(piece, table), int64(len(piece)))
			whole = append(whole, piece...)
		}
		if want := crc64.Checksum(whole, table); combined.sum != want {
			t.Fatalf("%x, want %x", combined.sum, want)
		}
	})
}

// BenchmarkVerify is the CPU that proving 10,000 parts takes.
func BenchmarkVerify(b *testing.B) {
	for b.Loop() {
		var combined crcOf
		for i := range uint64(maxParts) {
			combined.add(i, 1<<30)
		}
	}
}
