package existing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"afterput/events"
	"afterput/internal/osscall"
	"afterput/internal/sorted"
	"afterput/rules"
)

// handOver is where the hand over stands.
type handOver struct {
	// Done is the key of a source: it and all before it are done.
	Done []byte `json:"done,omitempty"`
	// Claimed is the key up to which objects may have been begun: those between Done and Claimed are begun again, with
	// a look at their destinations first.
	Claimed []byte `json:"claimed,omitempty"`
	// Batches is how many batches the deployed function has got.
	Batches int `json:"batches,omitempty"`
	// Pieces is how many pieces it has got of the object behind Done, whose destinations do not fit into one batch.
	Pieces int `json:"pieces,omitempty"`
	// Failures is how many files of failures there are.
	Failures int `json:"failures,omitempty"`
}

// todo is one object of which copies are to be made.
type todo struct {
	object events.Object
	key    []byte // of its records
	wants  []want
}

// todos reads the findings by object.
type todos struct {
	*Job
	merge *sorted.Merge
}

func (j *Job) todos(ctx context.Context, after []byte) (*todos, error) {
	if err := j.rewrite(ctx, j.state.Findings, func(runs []sorted.Run) { j.state.Findings = runs }); err != nil {
		return nil, err
	}
	merge, err := sorted.Open(ctx, j.Store, j.state.Findings, after, nil)
	return &todos{j, merge}, err
}

// next gives the next object; nil after the last.
func (t *todos) next() (*todo, error) {
	var o *todo
	for {
		r, ok, err := t.merge.Next()
		if err != nil || !ok {
			return t.complete(o), err
		}
		if o != nil && !bytes.Equal(r.Key, o.key) {
			t.merge.Unread()
			return t.complete(o), nil
		}
		w, err := t.codec.want(r.Value)
		if err != nil {
			return nil, err
		}
		if o == nil {
			o = &todo{key: bytes.Clone(r.Key)}
		}
		o.wants = append(o.wants, w)
	}
}

// complete adds the object, which names the destinations unless they are all that the rules want.
func (t *todos) complete(o *todo) *todo {
	if o == nil {
		return nil
	}
	w := &o.wants[0]
	o.object = t.planner.object(w.Bucket, w.Source)
	o.object.MayBeCopied = slices.ContainsFunc(o.wants, func(w want) bool {
		return w.Verdict == Unmoved || t.inventoryOf(w.ToBucket) != nil // which may be older than a copy
	})
	plan, err := t.Rules.Plan(o.object, noFacts{})
	if err == nil && len(plan.Copies) == len(o.wants) &&
		!slices.ContainsFunc(plan.Copies, func(c rules.Copy) bool { return !c.Certain() }) {
		return o
	}
	for i := range o.wants {
		o.object.Only = append(o.object.Only, osscall.URL(o.wants[i].ToBucket, o.wants[i].ToKey))
	}
	return o
}

// complete ends a job whose last object is done.
func (j *Job) complete(ctx context.Context) error {
	ctx, closed := osscall.Closing(ctx)
	defer closed()
	return j.write(ctx, func() []file { j.state.Phase = Complete; return nil })
}

// failures makes a file of the events of objects that failed. The caller holds mu.
func (j *Job) failures(failed []Failure) []file {
	if len(failed) == 0 {
		return nil
	}
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for i := range failed {
		if err := encoder.Encode(&failed[i]); err != nil {
			panic(err) // texts, numbers, and JSON
		}
	}
	j.state.HandOver.Failures++
	return []file{{failuresFile(j.state.HandOver.Failures), lines.Bytes()}}
}

func failuresFile(n int) string { return fmt.Sprintf("failed-%06d.jsonl", n) }

// Failure is an object of which a copy failed, with the event that replay takes.
type Failure struct {
	Source  string          `json:"source"`
	Reasons []FailureReason `json:"reasons"`
	Events  json.RawMessage `json:"events"` // what makes this line a payload
}

// FailureReason is why one copy failed.
type FailureReason struct {
	Destination string         `json:"destination,omitempty"`
	Error       *osscall.Error `json:"error"`
}

// Failures calls f for each failure of the job, in the order in which they happened.
func (j *Job) Failures(ctx context.Context, f func(line []byte) error) error {
	for n := 1; n <= j.state.HandOver.Failures; n++ {
		content, ok, err := j.Store.Get(ctx, failuresFile(n))
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("the job's file %s is missing", failuresFile(n))
		}
		for line := range bytes.Lines(content) {
			if err := f(line); err != nil {
				return err
			}
		}
	}
	return nil
}
