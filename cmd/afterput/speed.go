package main

import "time"

// speed measures how fast a number grows, by what it was over the last time.
type speed struct {
	over time.Duration
	seen []reading
}

type reading struct {
	at  time.Time
	did int64
}

// at notes the number at a time and returns how much it grows in a second; 0 if that is not known yet.
func (s *speed) at(now time.Time, did int64) float64 {
	for len(s.seen) > 1 && now.Sub(s.seen[0].at) > s.over {
		s.seen = s.seen[1:]
	}
	s.seen = append(s.seen, reading{now, did})
	first := s.seen[0]
	if took := now.Sub(first.at); took > 0 {
		return float64(did-first.did) / took.Seconds()
	}
	return 0
}
