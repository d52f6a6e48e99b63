package main

import (
	"encoding/json"
	"time"

	"afterput/internal/existing"
	"afterput/internal/localcloud"
	"afterput/internal/localfc"
	"afterput/internal/terminal"
	"afterput/rules"
)

// localSweep is the timer of sweeps that run so often; none for 0. Sweeps that run more often than events are left
// time for leave them that much only, so that a sweep can be watched.
func localSweep(set *rules.Set, every time.Duration) []localcloud.Timer {
	if every == 0 {
		return nil
	}
	restore, _ := set.LongestRestore()
	window := existing.WindowFor(every, restore)
	if _, older, err := window.Durations(); err == nil && every < older {
		window.OlderThan = every.String()
	}
	return []localcloud.Timer{{Name: "sweep", Every: every, Payload: window.Payload()}}
}

// printSweep prints what a sweep found and did.
func printSweep(c console, r localfc.Result) {
	text := string(r.Response)
	if r.Error != nil {
		text = r.Error.Message
	}
	var report existing.SweepReport
	switch err := json.Unmarshal([]byte(text), &report); {
	case err != nil:
		terminal.Fprintf(c.out, "%-10s failed: %s\n", "sweep", text)
	case report.Error != nil:
		terminal.Fprintf(c.out, "%-10s failed: %s: %s\n", "sweep", report.Error.Code, report.Error.Message)
	case report.Sweep != nil:
		printProgress(c, report.Sweep)
	}
}

func printProgress(c console, p *existing.SweepProgress) {
	if p.Since.IsZero() {
		terminal.Fprintf(c.out, "%-10s another one is still running\n", "sweep")
		return
	}
	terminal.Fprintf(c.out, "%-10s %s put from %s to %s: %d missing, %d older; %d copied, %d failed\n", "sweep",
		count(int(p.Objects), "object"), p.Since.Format(time.RFC3339), p.Before.Format(time.RFC3339),
		p.Missing, p.Older, p.Copied, p.Failed)
	if !p.Complete {
		terminal.Fprintf(c.out, "%-10s it is not complete; the next one goes on\n", "sweep")
	}
}
