package main

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// bar is how far the copy of one object has come.
type bar struct {
	mu           sync.Mutex
	copied, size int64
	first        int64     // what was copied before, by an earlier run
	began        time.Time // zero until parts are copied
}

// progress is for [copier.Options.Progress].
func (b *bar) progress(copied, size int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.began.IsZero() {
		b.first, b.began = copied, time.Now()
	}
	b.copied, b.size = copied, size
}

// line is the bar at a time; "" if no parts are copied.
func (b *bar) line(now time.Time) string {
	const width = 30
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.size == 0 {
		return ""
	}
	share := float64(b.copied) / float64(b.size)
	filled := int(share * width)
	text := fmt.Sprintf("[%s%s] %3.0f %%  %s of %s", strings.Repeat("=", filled), strings.Repeat(" ", width-filled),
		share*100, humanBytes(b.copied), humanBytes(b.size))
	took, moved := now.Sub(b.began), b.copied-b.first
	if took < time.Second || moved == 0 {
		return text
	}
	rate := float64(moved) / took.Seconds()
	left := time.Duration(float64(b.size-b.copied) / rate * float64(time.Second))
	return fmt.Sprintf("%s  %s/s  %s left", text, humanBytes(int64(rate)), left.Round(time.Second))
}

// sum says what is copied, in words.
func (b *bar) sum() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.size == 0 {
		return ""
	}
	return humanBytes(b.copied) + " of " + humanBytes(b.size) + " are copied"
}
