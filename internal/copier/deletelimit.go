package copier

import (
	"slices"
	"sync"
	"time"
)

// DefaultDeletesAnHour is how many copies one Copier deletes after their sources in any hour.
const DefaultDeletesAnHour = 1000

// deleteLimit counts the deletions of the last hour.
type deleteLimit struct {
	mu    sync.Mutex
	times []time.Time // of the deletions of the last hour, the oldest first
}

// take reports whether there may be one more deletion now, and counts it. A negative most is no limit.
func (l *deleteLimit) take(most int) bool {
	if most < 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	old, _ := slices.BinarySearchFunc(l.times, now.Add(-time.Hour), func(t, bound time.Time) int {
		return t.Compare(bound.Add(1))
	})
	l.times = slices.Delete(l.times, 0, old)
	if len(l.times) >= most {
		return false
	}
	l.times = append(l.times, now)
	return true
}
