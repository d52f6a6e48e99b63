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
	// EventBridge says that it is a trigger of EventBridge, which delivers each event as a CloudEvent. Its keys
	// begin with one of Prefixes and end with one of Suffixes, where there are any.
	EventBridge        bool
	Prefixes, Suffixes []string
}

// selectedBy returns those of the triggers that select an event.
func selectedBy(payload []byte, triggers []Trigger) (selecting []Trigger) {
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
		return nil
	}
	e := event.Events[0] // OSS sends one event per payload
	for _, t := range triggers {
		named := slices.ContainsFunc(t.Events, func(name string) bool {
			head, any := strings.CutSuffix(name, "*")
			return name == e.EventName || any && strings.HasPrefix(e.EventName, head)
		})
		key := e.OSS.Object.Key
		begins := func(prefix string) bool { return strings.HasPrefix(key, prefix) }
		ends := func(suffix string) bool { return strings.HasSuffix(key, suffix) }
		fits := begins(t.Prefix) && (t.Prefixes == nil || slices.ContainsFunc(t.Prefixes, begins)) &&
			ends(t.Suffix) && (t.Suffixes == nil || slices.ContainsFunc(t.Suffixes, ends))
		if named && fits && t.Bucket == e.OSS.Bucket.Name {
			selecting = append(selecting, t)
		}
	}
	return selecting
}

// deliver is an event of OSS as the trigger delivers it.
// Source: EventBridge user guide, OSS events; a sample of a real delivery.
func (t *Trigger) deliver(payload []byte) []byte {
	if !t.EventBridge {
		return payload
	}
	var native struct {
		Events []json.RawMessage `json:"events"`
	}
	var record struct {
		EventName string `json:"eventName"`
		EventTime string `json:"eventTime"`
		Region    string `json:"region"`
		OSS       struct {
			Bucket struct {
				Name  string `json:"name"`
				Owner string `json:"ownerIdentity"`
			} `json:"bucket"`
			Object struct {
				Key string `json:"key"`
			} `json:"object"`
		} `json:"oss"`
		Response struct {
			RequestID string `json:"requestId"`
		} `json:"responseElements"`
	}
	if json.Unmarshal(payload, &native) != nil || len(native.Events) == 0 ||
		json.Unmarshal(native.Events[0], &record) != nil {
		return payload // selectedBy has read it
	}
	bucket := record.OSS.Bucket
	envelope, err := json.Marshal(map[string]any{
		"specversion": "1.0", "source": "acs.oss", "type": "oss:" + record.EventName, "id": record.Response.RequestID,
		"datacontenttype": "application/json;charset=utf-8", "time": record.EventTime,
		"subject": "acs:oss:" + record.Region + ":" + bucket.Owner + ":" + bucket.Name + "/" + record.OSS.Object.Key,
		"data":    native.Events[0],
	})
	if err != nil {
		panic("localcloud: " + err.Error()) // texts, and JSON
	}
	return envelope
}

// Invokes reports whether a trigger brings an event of OSS to the function.
func (c *Cloud) Invokes(payload []byte) bool { return len(selectedBy(payload, *c.triggers.Load())) > 0 }
