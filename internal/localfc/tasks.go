package localfc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// TaskStatus is how far an asynchronous invocation has come.
// Source: FC API reference, AsyncTask.
type TaskStatus string

// The states of a task. One that is Enqueued waits for an instance or for its delay; one that is Retrying has failed
// and waits for its next attempt.
const (
	TaskEnqueued  TaskStatus = "Enqueued"
	TaskRunning   TaskStatus = "Running"
	TaskRetrying  TaskStatus = "Retrying"
	TaskStopping  TaskStatus = "Stopping"
	TaskSucceeded TaskStatus = "Succeeded"
	TaskFailed    TaskStatus = "Failed"
	TaskStopped   TaskStatus = "Stopped"
	TaskExpired   TaskStatus = "Expired"
)

// Task is an asynchronous invocation that came through the API. Times are epoch milliseconds.
type Task struct {
	ID        string     `json:"taskId"`
	Status    TaskStatus `json:"status"`
	RequestID string     `json:"requestId"`
	Function  string     `json:"functionArn"`
	Qualifier string     `json:"qualifier"`
	Started   int64      `json:"startedTime"` // when it was accepted
	Ended     int64      `json:"endTime,omitempty"`
	Retries   int        `json:"alreadyRetriedTimes"`
	Error     string     `json:"taskErrorMessage,omitempty"`
}

var (
	errUsed   = errors.New("the task id was used before")
	errNoRoom = errors.New("the function has no room")
	errNoTask = errors.New("there is no such task")
)

// submit queues an event as the task of an id, after a delay. Without an id the request id is the task's.
func (r *Runtime) submit(id string, payload []byte, delay time.Duration) (requestID string, err error) {
	e := &event{requestID: newRequestID(), payload: payload, arrived: time.Now(), stop: make(chan struct{})}
	if id == "" {
		id = e.requestID
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, used := r.tasks[id]; used {
		return "", errUsed
	}
	if limit := r.config.MaxQueue; limit > 0 && len(r.queue) >= limit {
		return "", errNoRoom
	}
	if r.closed {
		return "", ErrClosed
	}
	e.task = &Task{ID: id, Status: TaskEnqueued, RequestID: e.requestID, Function: r.config.arn(), Qualifier: "LATEST",
		Started: e.arrived.UnixMilli()}
	r.tasks[id] = e
	r.begin()
	if delay > 0 {
		r.work.Go(func() { r.enqueueAfter(e, delay) })
		return e.requestID, nil
	}
	r.queue = append(r.queue, e)
	r.dispatch()
	return e.requestID, nil
}

// invokeNow is InvokeSync where an instance has room, and errNoRoom where none has.
func (r *Runtime) invokeNow(ctx context.Context, payload []byte) (Result, error) {
	r.mu.Lock()
	room := len(r.free) > 0 && len(r.queue) == 0
	r.mu.Unlock()
	if !room {
		return Result{}, errNoRoom
	}
	return r.InvokeSync(ctx, payload)
}

// Task returns a task.
func (r *Runtime) Task(id string) (t Task, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.tasks[id]
	if !ok {
		return t, false
	}
	return *e.task, true
}

// tasksAfter returns the tasks whose ids begin with a prefix and come after another, in the order of their ids. A
// status of "" is any.
func (r *Runtime) tasksAfter(prefix string, status TaskStatus, after string) (all []Task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(r.tasks)) {
		t := r.tasks[id].task
		if strings.HasPrefix(id, prefix) && id > after && (status == "" || t.Status == status) {
			all = append(all, *t)
		}
	}
	return all
}

// StopTask stops a task: one that waits is not run any more, and one that runs is cut off.
func (r *Runtime) StopTask(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.tasks[id]
	if !ok {
		return errNoTask
	}
	switch e.task.Status {
	case TaskEnqueued, TaskRetrying:
		r.queue = slices.DeleteFunc(r.queue, func(other *event) bool { return other == e })
		r.end(e, TaskStopped, "")
		r.done()
	case TaskRunning:
		e.task.Status = TaskStopping
	default:
		return fmt.Errorf("task '%s' cannot be stopped: it is %s", id, e.task.Status)
	}
	close(e.stop)
	return nil
}

// set sets the status of an event's task, if it is one. r.mu is held.
func (e *event) set(s TaskStatus) {
	if e.task != nil {
		e.task.Status, e.task.Retries = s, max(0, e.attempts-1)
	}
}

// end sets the last status of an event's task. r.mu is held.
func (r *Runtime) end(e *event, s TaskStatus, message string) {
	e.set(s)
	if e.task != nil {
		e.task.Ended, e.task.Error = time.Now().UnixMilli(), message
		e.payload = nil // only its attempts need it
	}
}

// stopped reports whether an event's task is to stop.
func (e *event) stopped() bool {
	select {
	case <-e.stop: // nil where there is no task
		return true
	default:
		return false
	}
}

// concluded sets the status of an event after an attempt. r.mu is held.
func (r *Runtime) concluded(e *event, result *Result) {
	switch {
	case !result.Final:
		e.set(TaskRetrying)
	case result.Error == nil:
		r.end(e, TaskSucceeded, "")
	case result.Stopped:
		r.end(e, TaskStopped, "")
	default:
		r.end(e, TaskFailed, result.Error.Error())
	}
}

// expire gives up an event that has waited too long. r.mu is held.
func (r *Runtime) expire(e *event) {
	result := Result{RequestID: e.requestID, Attempt: e.attempts, Payload: e.payload, Final: true, Ended: time.Now(),
		Error: &FunctionError{Message: fmt.Sprintf("the event has waited for more than %v", r.config.MaxEventAge)}}
	failure := r.config.newFailure(result)
	failure.RequestContext.Condition = eventAgeExceeded
	failure.ResponseContext.FunctionError = ""
	r.failed = append(r.failed, failure)
	r.end(e, TaskExpired, result.Error.Message)
	r.work.Go(func() {
		r.tell(result)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.done()
	})
}
