package relay

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"afterput/internal/copier"
	"afterput/internal/osscall"
)

// message is what Function Compute would send to an on-failure destination.
func message(t interface{ Fatal(...any) }, payload []byte, failure error) []byte {
	text, err := json.Marshal(map[string]string{"errorMessage": failure.Error(), "errorType": "Failure"})
	if err != nil {
		t.Fatal(err)
	}
	return inMessage(t, payload, text)
}

func inMessage(t interface{ Fatal(...any) }, payload, response []byte) []byte {
	data, err := json.Marshal(map[string]any{
		"timestamp": 1660120276975,
		"requestContext": map[string]any{
			"requestId":   "1-692566e8-00000000-0000000000000000",
			"functionArn": "acs:fc:ap-southeast-1:1000000000000000:functions/" + strings.Repeat("f", 128) + "/LATEST",
			"condition":   "UnhandledInvocationError", "approximateInvokeCount": 4,
		},
		"requestPayload":  string(payload),
		"responseContext": map[string]any{"statusCode": 200, "functionError": "UnhandledInvocationError"},
		"responsePayload": string(response),
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// hostile are texts that JSON makes longer, each in its way.
var hostile = []string{"a", "\x01", `"`, `\`, "<", "\u2028", "键", "🗝", "\xff", "a key/with words.txt "}

func drawText(t *rapid.T, label string, most int) string {
	unit := rapid.SampledFrom(hostile).Draw(t, label)
	return strings.Repeat(unit, rapid.IntRange(1, most).Draw(t, label+" length"))
}

func drawError(t *rapid.T) *osscall.Error {
	return &osscall.Error{
		Code: rapid.SampledFrom([]string{"AccessDenied", "NoSuchBucket", "NoAnswer", "Stopped", "NotReached", "Panic",
			"InvalidArgument", "RuleFailed", "", "<html>", strings.Repeat("X", 500), "\x01\x02"}).Draw(t, "code"),
		EC: "0003-00000001", RequestID: "692566E8C2F5A53736E2B7F1",
		Message:   drawText(t, "message", rapid.SampledFrom([]int{20, 400, 5_000}).Draw(t, "message up to")),
		Permanent: rapid.Bool().Draw(t, "permanent"),
	}
}

const etag = "5B3C1A2E053D763E1B002CC607C5A0FE"

func drawReport(t *rapid.T) *Report {
	r := &Report{RequestID: "1-692566e8-00000000-0000000000000000", Rules: etag, RetryCount: 3}
	keys := rapid.SampledFrom([]int{10, 200, 1023}).Draw(t, "keys up to")
	most := rapid.SampledFrom([]int{3, 80, 500}).Draw(t, "copies up to")
	failure := drawError(t)
	for range rapid.IntRange(1, rapid.SampledFrom([]int{2, 100, 1500}).Draw(t, "objects up to")).Draw(t, "objects") {
		o := ObjectReport{Event: "ObjectCreated:PutObject", Bucket: "source-bucket", Key: drawText(t, "key", keys)}
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			o.Ignored = ownState
		case 1: // unwanted
		case 2:
			o.Error = drawError(t)
		default:
			for range rapid.IntRange(1, most).Draw(t, "copies") {
				c := CopyReport{Rule: "replicate", Destination: "oss://target-bucket/" + o.Key}
				c.Outcome = copier.Outcome{Result: copier.Copied, Method: "CopyObject", ETag: etag,
					CRC64: "9548687815775124833"}
				if rapid.IntRange(0, 3).Draw(t, "fails") > 0 {
					c.Outcome = copier.Outcome{Result: copier.Failed, Error: failure}
				}
				o.Copies = append(o.Copies, c)
			}
		}
		r.Objects = append(r.Objects, o)
		if len(r.Objects)*most > 1500 {
			break
		}
	}
	if rapid.Bool().Draw(t, "unread") {
		r.Error = drawError(t)
	}
	return r
}

// tally is what a report says of how many.
type tally struct{ failures, failedObjects, others int }

func tallyOf(r *Report) (n tally) {
	for i := range r.Objects {
		n.add(&r.Objects[i])
	}
	n.failures += sum(r.FailedByCode)
	n.failedObjects += r.Omitted["objects"]
	n.others += sum(r.Omitted) - r.Omitted["objects"]
	return n
}

// add counts an object.
func (n *tally) add(o *ObjectReport) {
	if o.failed() || len(o.FailedByCode) > 0 {
		n.failedObjects++
	}
	if o.Error != nil {
		n.failures++
	} else if len(o.Copies) == 0 && len(o.FailedByCode) == 0 {
		n.others++ // ignored or unwanted
	}
	for _, c := range o.Copies {
		if c.Result == copier.Failed {
			n.failures++
		} else {
			n.others++
		}
	}
	n.failures += sum(o.FailedByCode)
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// answerOf is the report that the handler returns, or that is its error.
func answerOf(t *rapid.T, r *Report, payload []byte) []byte {
	answer, err := r.answer(payload)
	if r.failed() != (err != nil) {
		t.Fatalf("failed: %v, error: %v", r.failed(), err)
	}
	var failure *Failure
	if errors.As(err, &failure) {
		return failure.report
	}
	return answer
}

func TestAnyReportFitsBesideItsPayloadAndItsCountsAddUp(t *testing.T) {
	shortened := 0
	rapid.Check(t, func(t *rapid.T) {
		r := drawReport(t)
		want := tallyOf(r)
		payload := []byte(drawText(t, "payload",
			rapid.SampledFrom([]int{100, 10_000, 70_000}).Draw(t, "payload up to")))
		failed := r.failed()
		answer := answerOf(t, r, payload)
		if limitOf(payload, failed).room == maxMessage-frame && len(payload) > 100 { // the payload alone fills it
			payload = nil
		}
		sent := inMessage(t, payload, answer)
		if failed {
			sent = message(t, payload, &Failure{answer})
		}
		if len(sent) > maxMessage {
			t.Fatalf("the message has %d bytes", len(sent))
		}
		var got Report
		if err := json.Unmarshal(answer, &got); err != nil {
			t.Fatal(err)
		}
		if got.Omitted != nil {
			shortened++
		}
		if said := tallyOf(&got); said != want {
			t.Fatalf("the report counts %+v, want %+v", said, want)
		}
		if (r.Error == nil) != (got.Error == nil) || r.Error != nil && got.Error.Message == "" {
			t.Fatalf("the payload's error is %+v", got.Error)
		}
	})
	if shortened < 10 {
		t.Errorf("%d reports were shortened: the property was hardly tried", shortened)
	}
}

// failing is a report of objects whose copies all fail.
func failing(objects, copies int, message string) *Report {
	r := &Report{RequestID: "inv-1"}
	for i := range objects {
		o := ObjectReport{Event: "ObjectCreated:PutObject", Bucket: "source-bucket", Key: fmt.Sprintf("in/%04d", i)}
		for j := range copies {
			denied := &osscall.Error{Code: "AccessDenied", EC: "0003-00000001", Message: message, Permanent: true}
			o.Copies = append(o.Copies, CopyReport{
				Rule: "replicate", Destination: fmt.Sprintf("oss://target-%d/%s", j, o.Key),
				Outcome: copier.Outcome{Result: copier.Failed, Error: denied},
			})
		}
		r.Objects = append(r.Objects, o)
	}
	return r
}

// deniedCopies counts the copies of a report, and checks what is kept of each.
func deniedCopies(t *testing.T, r *Report, message, ec bool) (n int) {
	t.Helper()
	for _, o := range r.Objects {
		for _, c := range o.Copies {
			n++
			if c.Rule == "" || c.Destination == "" || c.Error.Code != "AccessDenied" || !c.Error.Permanent {
				t.Fatalf("a copy is %+v", c)
			}
			if (c.Error.Message != "") != message || (c.Error.EC != "") != ec {
				t.Fatalf("a copy's error is %+v", c.Error)
			}
		}
	}
	return n
}

func TestWhatIsLeftOutFirstIsTheMessageThenWhatOSSAnsweredThenLines(t *testing.T) {
	cases := map[string]struct {
		objects, copies int
		message         string
		wantMessage     bool
		wantEC          bool
		wantLines       int // 0: fewer than there are
	}{
		"all fits":             {1, 1, "short", true, true, 1},
		"a very long message":  {1, 1, strings.Repeat("long ", 50_000), true, true, 1},
		"80 copies":            {1, 80, strings.Repeat("the role lacks a right ", 100), true, true, 80},
		"150 copies":           {1, 150, strings.Repeat("the role lacks a right ", 20), false, true, 150},
		"500 copies":           {1, 500, "x", false, false, 0},
		"1500 objects":         {1500, 1, "x", false, false, 0},
		"60 objects' 3 copies": {60, 3, strings.Repeat("x", 400), false, true, 180},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := failing(c.objects, c.copies, c.message)
			_, err := r.answer([]byte("{}"))
			got, readErr := ReadReport([]byte(err.Error()))
			if readErr != nil {
				t.Fatal(readErr)
			}
			lines := deniedCopies(t, got, c.wantMessage, c.wantEC)
			all := c.objects * c.copies
			if c.wantLines > 0 && lines != c.wantLines || c.wantLines == 0 &&
				(lines == 0 && c.objects == 1 || lines >= all) {
				t.Errorf("%d lines of %d copies", lines, all)
			}
			if said := tallyOf(got); said != (tally{all, c.objects, 0}) {
				t.Errorf("counts %+v of %d failures", said, all)
			}
			if c.objects == 1 && (len(got.Objects) != 1 || got.Objects[0].FailedByCode["AccessDenied"] != all-lines) {
				t.Errorf("the object is %+v", got.Objects)
			}
		})
	}
}

func TestThePayloadsRoomIsNotTheReports(t *testing.T) {
	r := failing(100, 1, strings.Repeat("x", 100))
	long := len(r.mustAnswer(t, nil))
	payload := []byte(strings.Repeat(`{"k":"v"}`, 4000)) // 36 KB, 52 KB in the message
	err := errors.New(r.mustAnswer(t, payload))
	if size := len(message(t, payload, err)); size > maxMessage || len(err.Error()) >= long {
		t.Errorf("the message has %d bytes, the report %d of %d", size, len(err.Error()), long)
	}
}

func (r *Report) mustAnswer(t *testing.T, payload []byte) string {
	t.Helper()
	_, err := r.answer(payload)
	if err == nil {
		t.Fatal("it did not fail")
	}
	return err.Error()
}
