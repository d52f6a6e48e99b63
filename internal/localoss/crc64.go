package localoss

import "hash/crc64"

// crcTable is the table of the CRC-64 in x-oss-hash-crc64ecma.
var crcTable = crc64.MakeTable(crc64.ECMA)

func crcUpdate(crc uint64, p []byte) uint64 { return crc64.Update(crc, crcTable, p) }

// The CRC-64 of a concatenation can be calculated from those of its parts: appending n bytes
// multiplies the polynomial that the first CRC represents by x^(8n). Polynomials are bit-reversed:
// the highest bit is x^0.

// crcSquares[k] is x^(2^k) modulo the ECMA polynomial.
var crcSquares = func() (t [64]uint64) {
	t[0] = 1 << 62
	for k := 1; k < len(t); k++ {
		t[k] = crcMultiply(t[k-1], t[k-1])
	}
	return t
}()

func crcMultiply(a, b uint64) (p uint64) {
	for m := uint64(1) << 63; a != 0; m >>= 1 {
		if a&m != 0 {
			p ^= b
			a &^= m
		}
		if b&1 != 0 {
			b = b>>1 ^ crc64.ECMA
		} else {
			b >>= 1
		}
	}
	return p
}

// crcShift returns x^(8n), the factor for n appended bytes. n is not negative.
func crcShift(n int64) uint64 {
	p := uint64(1) << 63
	for k := 3; n != 0; n, k = n>>1, k+1 {
		if n&1 != 0 {
			p = crcMultiply(crcSquares[k], p)
		}
	}
	return p
}

// crcCombine returns the CRC of a concatenation: a is the CRC of the first part, b that of the
// second, which has n bytes.
func crcCombine(a, b uint64, n int64) uint64 {
	if n == 0 {
		return a
	}
	return crcMultiply(crcShift(n), a) ^ b
}

// crcRepeat returns the CRC of a unit repeated count times. The unit has n bytes and the given CRC.
func crcRepeat(unit uint64, n, count int64) uint64 {
	var crc uint64
	step, shift := crcShift(n), crcShift(0) // for the present unit, and for what is done
	for ; count > 0; count >>= 1 {
		if count&1 != 0 {
			crc ^= crcMultiply(shift, unit)
			shift = crcMultiply(shift, step)
		}
		unit ^= crcMultiply(step, unit)
		step = crcMultiply(step, step)
	}
	return crc
}
