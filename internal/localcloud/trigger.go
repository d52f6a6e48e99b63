package localcloud

import (
	"encoding/json"
	"slices"
	"strings"
)

// Trigger is an OSS trigger of the function: it brings the events of one bucket
// whose keys begin with Prefix and end with Suffix, "" being any. Events are their
// names without "oss:"; one may end with *.
type Trigger struct {
	Bucket         string
	Events         []string
	Prefix, Suffix string
}

// passed is how many of the triggers let an event through.
func passed(payload []byte, triggers []Trigger) (n int) {
	var event struct {
		Events []struct {
			EventName string `json:"eventName"`
			OSS       struct {
				Bucket struct {
					Name string `json:"name"`
				} `json:"bucket"`
				Object struct {
					Key string `json:"key"`
				} `json:"object"`
			} `json:"oss"`
		} `json:"events"`
	}
	if json.Unmarshal(payload, &event) != nil || len(event.Events) == 0 {
		return 0
	}
	e := event.Events[0] // OSS sends one
	for _, t := range triggers {
		named := slices.ContainsFunc(t.Events, func(name string) bool {
			head, any := strings.CutSuffix(name, "*")
			return name == e.EventName || any && strings.HasPrefix(e.EventName, head)
		})
		if named && t.Bucket == e.OSS.Bucket.Name && strings.HasPrefix(e.OSS.Object.Key, t.Prefix) && strings.HasSuffix(e.OSS.Object.Key, t.Suffix) {
			n++
		}
	}
	return n
}
