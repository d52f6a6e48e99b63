package main

import (
	"context"
	"errors"
	"io"
	"time"

	"afterput/internal/existing"
	"afterput/internal/fcapi"
	"afterput/internal/osscall"
	"afterput/internal/terminal"
)

// taskCounts counts the batches of a backfill that Function Compute knows. It forgets a task after seven days.
type taskCounts struct {
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"` // or waited for too long
	Stopped   int `json:"stopped"`
	Running   int `json:"running"` // or wait for another attempt
	Waiting   int `json:"waiting"`
}

// tasks asks what became of the batches of a job.
func (cmd *backfillCmd) tasks(ctx context.Context, job string) (*taskCounts, error) {
	client := cmd.fcClient()
	counts := new(taskCounts)
	for next := ""; ; {
		var tasks []fcapi.Task
		var following string
		err := persistently(ctx, func() (err error) {
			tasks, following, err = client.Tasks(ctx, cmd.Function, cmd.Qualifier, existing.TaskPrefix(job), next)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, t := range tasks {
			counts.count(t.Status)
		}
		if next = following; next == "" {
			return counts, nil
		}
	}
}

// persistently sends a request to Function Compute again, four times at most, as long as that may help.
func persistently(ctx context.Context, send func() error) error {
	for pause := 500 * time.Millisecond; ; pause *= 2 {
		err := send()
		var e *fcapi.Error
		again := errors.As(err, &e) && e.Transient() && pause <= 4*time.Second
		if !again || !osscall.Sleep(ctx, pause) {
			return err
		}
	}
}

func (c *taskCounts) count(status string) {
	switch status {
	case "Succeeded":
		c.Succeeded++
	case "Failed", "Expired", "Invalid":
		c.Failed++
	case "Stopping", "Stopped":
		c.Stopped++
	case "Running", "Retrying":
		c.Running++
	default:
		c.Waiting++
	}
}

func (c *taskCounts) print(w io.Writer, function string) {
	if c == nil {
		return
	}
	terminal.Fprintf(w, "function %s: %s succeeded, %d failed, %d running, %d waiting", function,
		plural(c.Succeeded, "batch", "batches"), c.Failed, c.Running, c.Waiting)
	if c.Stopped > 0 {
		terminal.Fprintf(w, ", %d stopped", c.Stopped)
	}
	terminal.Fprintf(w, "\n")
}
