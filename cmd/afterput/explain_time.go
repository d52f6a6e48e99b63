package main

import (
	"time"

	"afterput/internal/copier"
	"afterput/internal/relay"
	"afterput/internal/terminal"
	"afterput/rules"
)

// copyTime says whether a copy can be done in the time that Function Compute gives it: the time-out, once for the first
// attempt and once for every retry, since each resumes the copy where the last one stopped.
type copyTime struct {
	Seconds    float64 `json:"seconds"` // what the copy takes
	PerAttempt float64 `json:"seconds_per_try"`
	Attempts   int     `json:"tries"`
	Fits       bool    `json:"fits"`

	assumed bool // nobody gave the rate
}

// streamedRate is how many bytes a second a copy is assumed to move that passes through the function.
const streamedRate = 100_000_000

// isStreamed reports whether the content of a copy passes through the function, unless its region is the function's.
func isStreamed(c rules.Copy) bool { return c.Remote != rules.Remote{} }

// time calculates the copying time; nil if the command line gives no size, or no rate and no copy takes the function
// more than a moment.
func (cmd *explainCmd) time(size int64, streamed bool) *copyTime {
	assumed := cmd.Rate == ""
	if size == 0 || assumed && (!streamed || size <= copier.MostInMemory) {
		return nil
	}
	perAttempt := cmd.Timeout - min(relay.DefaultMargin, cmd.Timeout/4)
	t := &copyTime{
		Seconds: float64(size) / float64(cmd.rate), PerAttempt: perAttempt.Seconds(), Attempts: cmd.Retries + 1,
		assumed: assumed,
	}
	t.Fits = t.Seconds <= t.total()
	return t
}

// total is the time of all attempts, in seconds.
func (t *copyTime) total() float64 { return t.PerAttempt * float64(t.Attempts) }

func (p *printer) time(t *copyTime) {
	if t == nil {
		return
	}
	verdict := p.paint(green, "it fits")
	if !t.Fits {
		verdict = p.paint(red, "it does not fit: raise the time-out or the retries in s.yaml")
	}
	at := ""
	if t.assumed {
		at = " at 100 MB/s (--rate)"
	}
	terminal.Fprintf(p.w, "time: the copy takes %s%s; %s of %s each give %s in all: %s\n",
		seconds(t.Seconds), at, count(t.Attempts, "attempt"), seconds(t.PerAttempt), seconds(t.total()), verdict)
}

// seconds writes a time as people read it.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	switch {
	case d >= time.Second:
		d = d.Round(time.Second)
	case d < time.Millisecond:
		return "under 1ms"
	default:
		d = d.Round(time.Millisecond)
	}
	return d.String()
}
