package fault

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"afterput/internal/localoss"
)

func TestFaultHappensToTheRequestsItSelects(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault Fault
		want  string // for each request below: x if it happens, - if not
	}{
		{"every request", Fault{}, "xxxxxx"},
		{"an operation", Fault{Operations: []string{"UploadPartCopy"}}, "--xxx-"},
		{"one of several operations", Fault{Operations: []string{"CopyObject", "HeadObject"}}, "xx---x"},
		{"a bucket by glob", Fault{Bucket: "arch*"}, "-x---x"},
		{"a key by glob", Fault{Key: "logs/**"}, "x----x"},
		{"a part", Fault{Part: 2}, "---x--"},
		{"the second call", Fault{Operations: []string{"UploadPartCopy"}, Calls: Nth(2)}, "---x--"},
		{"a range of calls", Fault{Calls: Calls{2, 4}}, "-xxx--"},
		{"from a call on", Fault{Calls: Calls{First: 5}}, "----xx"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.fault.Error = &localoss.Error{Code: localoss.InternalError}
			in := New(1, test.fault)
			var got strings.Builder
			for _, c := range []*localoss.Call{
				call("CopyObject", "dst", "logs/2026/a.gz"), call("HeadObject", "archive", "b"),
				part(1, 0), part(2, 0), part(3, 0), call("CopyObject", "archive", "logs/b.gz"),
			} {
				got.WriteString(map[int]string{0: "x", 1: "-"}[serve(t, in.Intercept, c).commits])
			}
			if got.String() != test.want {
				t.Errorf("happened %s, want %s", got.String(), test.want)
			}
			if n := in.Happened()[0]; n != strings.Count(test.want, "x") {
				t.Errorf("counted %d", n)
			}
		})
	}
}

func TestFaultsChangeEffectAndReply(t *testing.T) {
	header := func(name, value string) map[string]string { return map[string]string{name: value} }
	unavailable := &localoss.Error{Code: localoss.ServiceUnavailable, EC: "0048-1", Message: "slow down"}
	for _, test := range []struct {
		name    string
		fault   Fault
		commits int
		status  int // 0 if dropped
		code    string
		etag    string
		body    string // its beginning
		length  int    // Content-Length; -1 for any
		given   int    // bytes sent; -1 for any
	}{
		{"refused", Fault{Error: unavailable}, 0, 503, "ServiceUnavailable", "", "<?xml", -1, -1},
		{"refused after it took effect", Fault{Error: unavailable, Committed: true},
			1, 503, "ServiceUnavailable", "", "<?xml", -1, -1},
		{"an error under 200", Fault{Error: &localoss.Error{Code: localoss.InternalError, Status: 200}},
			0, 200, "InternalError", "", "<?xml", -1, -1},
		{"dropped before", Fault{Drop: true}, 0, 0, "", "", "", 0, 0},
		{"dropped after", Fault{Drop: true, Committed: true}, 1, 0, "", "", "", 0, 0},
		{"an empty body", Fault{Body: Empty}, 1, 200, "", `"E1"`, "", 0, 0},
		{"a malformed body", Fault{Body: Malformed},
			1, 200, "", `"E1"`, "<CopyObjectResult>", len(copyResult) / 2, len(copyResult) / 2},
		{"a truncated body", Fault{Body: Truncated},
			1, 200, "", `"E1"`, "<CopyObjectResult>", len(copyResult), len(copyResult) / 2},
		{"no ETag", Fault{WithoutETag: true}, 1, 200, "", "", "<CopyObjectResult><LastModified>", -1, -1},
		{"another header", Fault{Header: header("etag", `"E2"`)}, 1, 200, "", `"E2"`, "<CopyObjectResult>", -1, -1},
		{"a removed header", Fault{Header: header("ETag", "")}, 1, 200, "", "", "<CopyObjectResult><ETag>", -1, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := serve(t, New(1, test.fault).Intercept, call("CopyObject", "b", "k"))
			if got.commits != test.commits {
				t.Errorf("took effect %d times, want %d", got.commits, test.commits)
			}
			if got.reply == nil {
				if test.status != 0 {
					t.Error("the reply was dropped")
				}
				return
			}
			if got.reply.Status != test.status || errorCode(got.body) != test.code {
				t.Errorf("got %d %s, want %d %s", got.reply.Status, errorCode(got.body), test.status, test.code)
			}
			if etag := got.reply.Header.Get("ETag"); etag != test.etag {
				t.Errorf("ETag is %s, want %s", etag, test.etag)
			}
			if !strings.HasPrefix(got.body, test.body) {
				t.Errorf("body is %q", got.body)
			}
			if test.length >= 0 && got.length != int64(test.length) || test.given >= 0 && len(got.body) != test.given {
				t.Errorf("Content-Length %d and %d bytes sent, want %d and %d",
					got.length, len(got.body), test.length, test.given)
			}
		})
	}
}

func TestBodyFaultsDoNotChangeHEAD(t *testing.T) {
	for _, body := range []Body{Empty, Malformed, Truncated} {
		in := New(1, Fault{Body: body})
		reply := in.Intercept(t.Context(), call("HeadObject", "b", "k"), func() *localoss.Response {
			return &localoss.Response{Status: 200, Header: http.Header{}, Length: 1000}
		})
		if reply.Length != 1000 {
			t.Errorf("%s: HEAD has Content-Length %d", body, reply.Length)
		}
	}
}

func TestErrorReplyHasTheFieldsOfTheFault(t *testing.T) {
	e := &localoss.Error{
		Code:    "Odd",
		Status:  429,
		EC:      "0048-7",
		Message: "slow down",
		Header:  headers(map[string]string{"x-oss-qos-delay-time": "250"}),
	}
	got := serve(t, New(1, Fault{Error: e}).Intercept, call("PutObject", "b", "k"))
	h := got.reply.Header
	if got.reply.Status != 429 || h.Get("x-oss-ec") != "0048-7" || h.Get("x-oss-qos-delay-time") != "250" {
		t.Errorf("got %d %v", got.reply.Status, h)
	}
	for _, element := range []string{"<Code>Odd</Code>", "<Message>slow down</Message>", "<EC>0048-7</EC>"} {
		if !strings.Contains(got.body, element) {
			t.Errorf("body lacks %s:\n%s", element, got.body)
		}
	}
}

func TestDelaysComeBeforeAndAfterTheEffect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := New(1, Fault{Delay: 3 * time.Second, ReplyDelay: 40 * time.Second})
		start := time.Now()
		var committed time.Duration
		in.Intercept(t.Context(), call("CopyObject", "b", "k"), func() *localoss.Response {
			committed = time.Since(start)
			return success()
		})
		if committed != 3*time.Second || time.Since(start) != 43*time.Second {
			t.Errorf("took effect after %v and answered after %v", committed, time.Since(start))
		}
	})
}

func TestRandomFaultsDependOnTheSeedNotTheOrder(t *testing.T) {
	inject := func(seed uint64, order []int) []int {
		in := New(seed, Fault{Probability: 0.25, Drop: true})
		var happened []int
		for _, n := range order {
			if serve(t, in.Intercept, part(n, 0)).reply == nil {
				happened = append(happened, n)
			}
		}
		slices.Sort(happened)
		return happened
	}
	var forward, backward []int
	for n := range 2000 {
		forward, backward = append(forward, n), append(backward, 1999-n)
	}
	first := inject(7, forward)
	if !slices.Equal(first, inject(7, backward)) {
		t.Error("another order of the same requests met other faults")
	}
	if slices.Equal(first, inject(8, forward)) {
		t.Error("another seed met the same faults")
	}
	if len(first) < 420 || len(first) > 580 {
		t.Errorf("the fault happened to %d of 2000 requests with a probability of 0.25", len(first))
	}
}

func TestRepeatedRequestGetsANewRandomNumber(t *testing.T) {
	in := New(3, Fault{Probability: 0.5, Drop: true})
	dropped := 0
	for range 200 {
		if serve(t, in.Intercept, part(1, 0)).reply == nil {
			dropped++
		}
	}
	if dropped < 60 || dropped > 140 {
		t.Errorf("the fault happened to %d of 200 tries with a probability of 0.5", dropped)
	}
}

func TestContradictoryFaultsPanic(t *testing.T) {
	for _, f := range []Fault{
		{},
		{Drop: true, Error: &localoss.Error{Code: "X"}},
		{Error: &localoss.Error{}},
		{Committed: true, Delay: 1},
		{Drop: true, Corrupt: []int64{0}},
		{Corrupt: []int64{-1}},
		{Drop: true, Body: Empty},
		{Body: "odd"},
		{Body: ErrorBody, Error: &localoss.Error{Code: "X"}},
		{Drop: true, Body: HTML},
		{Later: 1},
		{Later: 1, Delay: 1},
		{Later: -1, Drop: true},
		{Later: 1, Drop: true, Committed: true},
		{Drop: true, Probability: 1.5},
		{Drop: true, Calls: Calls{3, 2}},
		{Drop: true, Key: "["},
		{Delay: -1},
	} {
		t.Run(fmt.Sprintf("%+v", f), func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			New(1, f)
		})
	}
}
