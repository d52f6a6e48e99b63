package events_test

import (
	"fmt"

	"afterput/events"
)

func ExampleParse() {
	payload := []byte(`{"events": [
		{"eventName": "ObjectCreated:PutObject", "eventTime": "2026-11-20T08:00:00.000Z",
		 "oss": {"bucket": {"name": "photos"}, "object": {"key": "in/a.jpg", "size": 29203, "eTag": "7D73E105"}}},
		{"eventName": "ObjectRemoved:DeleteObject",
		 "oss": {"bucket": {"name": "photos"}, "object": {"key": "in/b.jpg"}}}
	]}`)
	objects, err := events.Parse(payload)
	if err != nil {
		fmt.Println(err)
	}
	for _, o := range objects {
		if o.Ignored != "" {
			fmt.Printf("%s: ignored: %s\n", o.Key, o.Ignored)
			continue
		}
		fmt.Printf("%s: %d bytes, uploaded at %s\n", o.Key, o.Size.Value, o.Time.Format("15:04"))
	}
	// Output:
	// in/a.jpg: 29203 bytes, uploaded at 08:00
	// in/b.jpg: ignored: something was removed
}

// Records that cannot be read do not hold up the others: Parse returns both objects
// and an error.
func ExampleParse_partly() {
	payload := []byte(`{"events": [
		{"eventName": "ObjectCreated:PutObject", "oss": {"bucket": {"name": "photos"}, "object": {"key": "in/a.jpg"}}},
		{"eventName": "ObjectCreated:PutObject", "oss": {"bucket": {"name": "photos"}, "object": {}}}
	]}`)
	objects, err := events.Parse(payload)
	fmt.Println(len(objects), "object")
	fmt.Printf("%.30s…\n", err)
	// Output:
	// 1 object
	// events[1] lacks oss.object.key…
}
