package localcloud

import (
	"encoding/json"
	"slices"
	"strings"
)

// Trigger is an OSS trigger of the function. It selects the events of one bucket whose keys begin
// with Prefix and end with Suffix; "" is any. Events are the names without "oss:"; a name may end
// with *.
type Trigger struct {
	Bucket         string
	Events         []string
	Prefix, Suffix string
}

// selectedBy returns how many of the triggers select an event.
func selectedBy(payload []byte, triggers []Trigger) (n int) {
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
	e := event.Events[0] // OSS sends one event per payload
	for _, t := range triggers {
		named := slices.ContainsFunc(t.Events, func(name string) bool {
			head, any := strings.CutSuffix(name, "*")
			return name == e.EventName || any && strings.HasPrefix(e.EventName, head)
		})
		key := e.OSS.Object.Key
		fits := strings.HasPrefix(key, t.Prefix) && strings.HasSuffix(key, t.Suffix)
		if named && fits && t.Bucket == e.OSS.Bucket.Name {
			n++
		}
	}
	return n
}
