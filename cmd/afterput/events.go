package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
)

// readEvents reads the payloads of events: as Function Compute delivers them, and as it hands them to an on-failure
// destination.
func readEvents(path string) ([][]byte, error) {
	text, err := readText("the events", path)
	if err != nil {
		return nil, err
	}
	payloads := split(text)
	if payloads == nil {
		return nil, fmt.Errorf("read the events: %s holds no event", inputName(path))
	}
	return payloads, nil
}

// split takes a file of events apart: JSON values, one after the other or in arrays, or Base64, each beginning on a
// line of its own. What is neither is taken for an event that cannot be read.
func split(text []byte) (payloads [][]byte) {
	for {
		text = bytes.TrimSpace(text)
		if len(text) == 0 {
			return payloads
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			end := endOfBase64(text)
			payloads, text = append(payloads, payloadOf(bytes.TrimSpace(text[:end]))), text[end:]
			continue
		}
		text = text[decoder.InputOffset():]
		several := []json.RawMessage{value}
		if value[0] == '[' {
			_ = json.Unmarshal(value, &several) // an array, and valid
		}
		for _, one := range several {
			payloads = append(payloads, payloadOf(one))
		}
	}
}

// payloadOf is the event within a failure as FC delivers it: bare, in Base64, as the message of an SMQ topic or as the
// data of an event of EventBridge. Anything else is taken for an event itself.
// Source: FC user guide, result callbacks.
func payloadOf(value []byte) []byte {
	if decoded, ok := decodeBase64(value); ok {
		return payloadOf(decoded)
	}
	var text string
	if bytes.HasPrefix(value, []byte(`"`)) && json.Unmarshal(value, &text) == nil {
		return payloadOf([]byte(text))
	}
	type failed struct {
		RequestPayload *string `json:"requestPayload"`
	}
	var failure struct {
		failed
		Data         failed  `json:"data"`
		Message      *string // of a topic
		Subscription *string `json:"SubscriptionName"`
	}
	if json.Unmarshal(value, &failure) != nil {
		return value
	}
	if failure.Message != nil && failure.Subscription != nil {
		return payloadOf([]byte(*failure.Message))
	}
	if p := cmp.Or(failure.RequestPayload, failure.Data.RequestPayload); p != nil {
		return []byte(*p)
	}
	return value
}
