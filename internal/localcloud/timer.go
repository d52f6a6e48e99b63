package localcloud

import (
	"encoding/json"
	"time"
)

// Timer is a time trigger of the function.
// Source: FC user guide, time trigger: {"triggerTime":…,"triggerName":…,"payload":"…"}.
type Timer struct {
	Name    string
	Payload string
	// Every is the time between two invocations, the first of which comes after that time, as with FC's @every.
	Every time.Duration
}

// Fire invokes the function as a timer does whose time has come, and returns the request id.
func (c *Cloud) Fire(t Timer) string {
	text, err := json.Marshal(map[string]string{
		"triggerTime": time.Now().UTC().Format(time.RFC3339), "triggerName": t.Name, "payload": t.Payload,
	})
	if err != nil {
		panic(err) // texts alone
	}
	return c.FC.Invoke(text)
}

// startTimers fires timers until the cloud is closed.
func (c *Cloud) startTimers(timers []Timer) {
	c.stopTimers = make(chan struct{})
	for _, t := range timers {
		c.timers.Go(func() {
			tick := time.NewTicker(t.Every)
			defer tick.Stop()
			for {
				select {
				case <-c.stopTimers:
					return
				case <-tick.C:
					c.Fire(t)
				}
			}
		})
	}
}

func (c *Cloud) closeTimers() {
	if c.stopTimers != nil {
		close(c.stopTimers)
		c.timers.Wait()
	}
}
