package relay

import "math"

// sequence is the order in which an attempt takes n records, 0 being the first
// attempt. Each attempt gets about as far as the others, and what they reached is
// not known where they ran on other instances. So each begins where the ones
// before, had they ended there, would have left the largest gap: the first
// at the front, the second at the back, the third in the middle, the fourth at the
// two quarters, towards the middle. If k of these attempts have time for n/k records
// each, they reach all of them. Further ones begin at points that the golden
// ratio spreads evenly.
func sequence(n, attempt int) []int {
	s := make([]int, 0, n)
	switch max(attempt, 0) { // RetryUnknown is taken as the first
	case 0:
		for i := range n {
			s = append(s, i)
		}
	case 1:
		for i := range n {
			s = append(s, n-1-i)
		}
	case 2:
		for low, high := (n-1)/2, (n+1)/2; len(s) < n; low, high = low-1, high+1 {
			s = appendWithin(s, n, low, high)
		}
	case 3:
		quarter := n / 4
		for low, high := quarter, n-1-quarter; low <= high; low, high = low+1, high-1 {
			s = appendWithin(s, n, low, high)
		}
		for low, high := quarter-1, n-quarter; low >= 0; low, high = low-1, high+1 {
			s = appendWithin(s, n, low, high)
		}
	default:
		_, start := math.Modf(float64(attempt) / math.Phi)
		for i := range n {
			s = append(s, (i+int(start*float64(n)))%n)
		}
	}
	return s
}

// appendWithin adds those of two indexes that lie within n, once if they are the same.
func appendWithin(s []int, n, low, high int) []int {
	if low >= 0 && low < n {
		s = append(s, low)
	}
	if high >= 0 && high < n && high != low {
		s = append(s, high)
	}
	return s
}
