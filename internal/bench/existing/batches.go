package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"afterput/internal/bench/table"
	"afterput/internal/existing"
	"afterput/internal/fcapi"
)

// ofLeast is how many times the least number of invocations a backfill may send.
const ofLeast = 1.02

// batches hands objects over to the deployed function.
func batches(ctx context.Context, t *table.Tables) error {
	const objects = 100_000
	j, err := open(ctx, newService(objects, all, 0), existing.NewMemory(), 64, nil)
	if err != nil {
		return err
	}
	if err := j.Compare(j.ctx); err != nil {
		return err
	}
	q := &queue{batches: make(map[string][]int)}
	err = j.ByFunction(j.ctx, existing.Function{Name: "backfill", Client: &fcapi.Client{
		Endpoint: "http://1.cn-hangzhou.fc.aliyuncs.com", Credentials: keys, HTTP: &http.Client{Transport: q}}})
	if err != nil {
		return err
	}
	t.Begin("Batches handed to the function", "objects", "records a batch", "batches in which one more would fit",
		"invocations", "least possible", "of it")
	records, fewest, most := 0, objects, 0
	room, least := 0, q.least()
	all := q.inOrder()
	for i, lengths := range all {
		records += len(lengths)
		if i+1 < len(all) {
			fewest, most = min(fewest, len(lengths)), max(most, len(lengths))
			if payloadOf(lengths)+1+all[i+1][0] <= existing.MaxPayload {
				room++
			}
		}
	}
	if records != objects {
		return fmt.Errorf("%d objects were handed over of %d", records, objects)
	}
	t.Row(fmt.Sprint(objects), fmt.Sprintf("%d to %d", fewest, most), t.Most(float64(room), 0, "%.0f"),
		fmt.Sprint(len(all)), fmt.Sprint(least), t.Most(float64(len(all))/float64(least), ofLeast, "%.3f"))
	return nil
}

// queue is Function Compute's asynchronous queue: it keeps the lengths of the records of each batch, by task id.
type queue struct {
	mu      sync.Mutex
	batches map[string][]int
}

func (q *queue) RoundTrip(req *http.Request) (*http.Response, error) {
	payload, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var batch struct{ Events []json.RawMessage }
	if err := json.Unmarshal(payload, &batch); err != nil {
		return nil, err
	}
	lengths := make([]int, len(batch.Events))
	for i, r := range batch.Events {
		lengths[i] = len(r)
	}
	if len(payload) != payloadOf(lengths) || len(payload) > existing.MaxPayload {
		return nil, fmt.Errorf("a payload of %d bytes", len(payload))
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.batches[req.Header.Get("x-fc-async-task-id")] = lengths
	return &http.Response{StatusCode: http.StatusAccepted, Header: http.Header{}, Request: req,
		Body: io.NopCloser(strings.NewReader(""))}, nil
}

// inOrder are the batches in the order of their task ids, which is that of the objects.
func (q *queue) inOrder() (all [][]int) {
	var ids []string
	for id := range q.batches {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		all = append(all, q.batches[id])
	}
	return all
}

// envelope is what a payload has beside its records.
const envelope = len(`{"events":[]}`)

// payloadOf is the length of a payload with records of these lengths.
func payloadOf(lengths []int) int {
	n := envelope - 1
	for _, l := range lengths {
		n += l + 1
	}
	return n
}

// least is how many payloads hold all records, if records could be cut.
func (q *queue) least() int {
	bytes, room := 0, existing.MaxPayload-envelope+1
	for _, lengths := range q.batches {
		bytes += payloadOf(lengths) - envelope + 1
	}
	return (bytes + room - 1) / room
}
