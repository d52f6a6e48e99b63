package copier

import "hash/crc64"

// crcOf combines the CRC-64s of pieces (ECMA polynomial, as OSS uses it) into that of the whole.
// Most pieces of an object have the same length, so what was computed for the last length is
// kept. The zero value is the CRC-64 of nothing.
type crcOf struct {
	sum    uint64
	length int64
	shift  uint64 // factor by which appending length bytes multiplies the CRC-64 before them
}

// add appends a piece of length bytes.
func (c *crcOf) add(crc uint64, length int64) {
	if c.shift == 0 || length != c.length {
		c.length, c.shift = length, zeroes(length)
	}
	c.sum = times(c.shift, c.sum) ^ crc
}

// A CRC-64 is a polynomial over GF(2) modulo ECMA's, the highest bit for x^0.
// Appending n bytes multiplies the CRC-64 of what was before by x^(8n).

const unit = uint64(1) << 63 // x^0

// zeroes is x^(8n), by squaring.
func zeroes(n int64) uint64 {
	power, square := unit, unit>>8
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			power = times(power, square)
		}
		square = times(square, square)
	}
	return power
}

// times multiplies two polynomials.
func times(a, b uint64) (product uint64) {
	for ; a != 0; a <<= 1 {
		if a&unit != 0 {
			product ^= b
		}
		b = b>>1 ^ crc64.ECMA*(b&1)
	}
	return product
}
