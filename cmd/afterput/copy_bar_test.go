package main

import (
	"testing"
	"time"
)

func TestTheBarShowsHowFarACopyHasComeAndHowLongItTakes(t *testing.T) {
	b := &bar{}
	if line := b.line(time.Now()); line != "" {
		t.Errorf("before it began: %q", line)
	}
	b.progress(2<<30, 8<<30) // an earlier run has copied these
	b.progress(4<<30, 8<<30)
	want := "[===============               ]  50 %  4.0 GiB of 8.0 GiB  1.0 GiB/s  4s left"
	if line := b.line(b.began.Add(2 * time.Second)); line != want {
		t.Errorf("%q, want %q", line, want)
	}
	b.progress(8<<30, 8<<30)
	want = "[==============================] 100 %  8.0 GiB of 8.0 GiB  3.0 GiB/s  0s left"
	if line := b.line(b.began.Add(2 * time.Second)); line != want {
		t.Errorf("%q, want %q", line, want)
	}
}
