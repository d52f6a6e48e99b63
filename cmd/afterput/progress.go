package main

import (
	"fmt"
	"time"

	"afterput/internal/existing"
	"afterput/internal/terminal"
)

// watch shows progress on a terminal. stop ends it.
func (r *existingRun) watch(j *existing.Job) (stop func()) {
	var m meter
	r.console, stop = r.showing(func() terminal.Plain {
		text := m.line(time.Now(), j.Phase(), j.Counts(), j.Wanted()) + waitingText(j)
		return terminal.Plain(terminal.Escape(text))
	})
	return stop
}

// progressLine says how far a job has come.
func progressLine(j *existing.Job) string {
	return string(j.Phase()) + ": " + progressOf(j.Phase(), j.Counts(), j.Wanted())
}

// waitingText says why a job makes no progress now; "" if it does.
func waitingText(j *existing.Job) string {
	if why := j.Waiting(); why != "" {
		return "; waiting: " + why
	}
	return ""
}

// progressOf says how far a phase has come; wanted is how many copies are to be compared, 0 if that is not known.
func progressOf(p existing.Phase, c existing.Counts, wanted int64) string {
	did, of := stepsOf(p, c, wanted)
	switch {
	case p == existing.Comparing && of > 0:
		return fmt.Sprintf("%d of %d copies compared, %s", did, of, count(int(c.Requests), "request"))
	case p == existing.HandingOver && of > 0:
		return fmt.Sprintf("%d of %d copies, %d failed", did, of, c.Done.Failed.Copies)
	}
	return fmt.Sprintf("%s seen, %s", count(int(c.Objects), "object"), count(int(c.Requests), "request"))
}

// stepsOf is how many steps of a phase are done, of how many; 0 if that is not known.
func stepsOf(p existing.Phase, c existing.Counts, wanted int64) (did, of int64) {
	switch p {
	case existing.Comparing:
		return c.Wanted("").Copies, wanted
	case existing.HandingOver:
		d := c.Done
		did := d.Copied.Copies + d.Unchanged.Copies + d.Skipped.Copies + d.Restoring.Copies + d.Failed.Copies
		return did + d.Handed.Copies, c.Copies().Copies
	}
	return c.Objects, 0
}

// meter measures how fast a phase proceeds, by the last 30 seconds.
type meter struct {
	phase existing.Phase
	speed speed
}

// line says how far a job has come, how fast it proceeds, and how long the phase still takes at that rate.
func (m *meter) line(now time.Time, p existing.Phase, c existing.Counts, wanted int64) string {
	did, of := stepsOf(p, c, wanted)
	if p != m.phase {
		m.phase, m.speed = p, speed{over: 30 * time.Second}
	}
	line := fmt.Sprintf("%s: %s", p, progressOf(p, c, wanted))
	rate := m.speed.at(now, did)
	if rate <= 0 {
		return line
	}
	line += fmt.Sprintf(", %.0f a second", rate)
	if of > did {
		line += fmt.Sprintf(", %s left", humanTime(time.Duration(float64(of-did)/rate*float64(time.Second))))
	}
	return line
}
