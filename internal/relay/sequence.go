package relay

import "math"

// sequence is the order in which an attempt handles n records; attempt 0 is the first. Attempts get
// about equally far, and what earlier ones reached on other instances is not known. So each begins
// where the earlier ones would have left the largest gap: the first at the front, the second at
// the back and backwards, the third in the middle and outwards, the fourth at both quarters and
// towards the middle. If the first k of these have time for n/k records each, they reach all
// records together. Further attempts begin at points that the golden ratio spreads evenly.
func sequence(n, attempt int) []int {
	s := make([]int, 0, n)
	switch max(attempt, 0) { // RetryUnknown counts as the first
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

// appendWithin appends the two indexes, without those outside 0 to n-1, once if they are equal.
func appendWithin(s []int, n, low, high int) []int {
	if low >= 0 && low < n {
		s = append(s, low)
	}
	if high >= 0 && high < n && high != low {
		s = append(s, high)
	}
	return s
}
