package osscall_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/osscall"
)

func TestErrorsAreClassifiedByWhetherARetryMaySucceed(t *testing.T) {
	service := func(status int, code string) error {
		return &oss.ServiceError{StatusCode: status, Code: code, Message: "m"}
	}
	cases := map[string]struct {
		err       error
		permanent bool
	}{
		"no such bucket":       {service(404, "NoSuchBucket"), true},
		"access denied":        {service(403, "AccessDenied"), true},
		"archived source":      {service(403, "InvalidObjectState"), true},
		"bad argument":         {service(400, "InvalidArgument"), true},
		"not implemented":      {service(501, "NotImplemented"), true},
		"worm":                 {service(409, "FileImmutable"), true},
		"internal error":       {service(500, "InternalError"), false},
		"throttled":            {service(503, "TotalQpsLimitExceeded"), false},
		"too many requests":    {service(429, "TooManyRequests"), false},
		"request timeout":      {service(400, "RequestTimeout"), false},
		"token expired":        {service(403, "SecurityTokenExpired"), false},
		"clock skewed":         {service(403, "RequestTimeTooSkewed"), false},
		"key rotated":          {service(403, "InvalidAccessKeyId"), false},
		"no such upload":       {service(404, "NoSuchUpload"), false},
		"error under 200":      {service(200, "InternalError"), false},
		"connection refused":   {errors.New("dial tcp: connection refused"), false},
		"deadline":             {context.DeadlineExceeded, false},
		"cancelled":            {context.Canceled, false},
		"wrapped by operation": {fmt.Errorf("operation error CopyObject: %w", service(403, "AccessDenied")), true},
	}
	for name, c := range cases {
		e := osscall.Classify("CopyObject", c.err)
		if e.Permanent != c.permanent {
			t.Errorf("%s: permanent is %v", name, e.Permanent)
		}
		if e.Code == "" || e.Message == "" || !strings.HasPrefix(e.Error(), "CopyObject: ") {
			t.Errorf("%s: %+v says too little: %v", name, *e, e)
		}
	}
}

func TestErrorsPeopleMeetMostSayHowToFixThem(t *testing.T) {
	for code, fix := range map[string]string{
		"NoSuchBucket": "create the bucket", "AccessDenied": "role", "InvalidObjectState": "restore",
	} {
		answer := &oss.ServiceError{StatusCode: 403, Code: code, Message: "m", RequestID: "R1"}
		e := osscall.Classify("CopyObject", answer)
		if !strings.Contains(e.Message, fix) || !strings.Contains(e.Error(), "R1") {
			t.Errorf("%s: %v", code, e)
		}
	}
}

func TestAnAddressThatRefusesConnectionsIsNamed(t *testing.T) {
	refused := &net.OpError{Op: "dial", Addr: &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 443},
		Err: syscall.ECONNREFUSED}
	e := osscall.Classify("HeadObject", fmt.Errorf("operation error HeadObject: %w", refused))
	if want := "HeadObject: NoConnection: 10.1.2.3:443: " + syscall.ECONNREFUSED.Error(); e.Error() != want {
		t.Errorf("%q, want %q", e.Error(), want)
	}
}

func TestDeniedRequestNamesTheMissingRightAndTheCommandThatPrintsThePolicy(t *testing.T) {
	const named = "<Error><AccessDeniedDetail><AuthAction>oss:PutObjectTagging</AuthAction>" +
		"</AccessDeniedDetail></Error>"
	for op, want := range map[string]string{
		"CopyObject": "oss:PutObject on the destination", "part 7": "oss:GetObject on the source",
		"InitiateMultipartUpload": "oss:PutObject", "HeadObject": "oss:GetObject", "PutObjectACL": "oss:PutObjectAcl",
		"ListParts": "oss:ListParts",
	} {
		for body, want := range map[string]string{
			"": want, "<AuthAction></AuthAction>": want, named: "needs oss:PutObjectTagging:",
		} {
			answer := &oss.ServiceError{StatusCode: 403, Code: "AccessDenied", Snapshot: []byte(body)}
			e := osscall.Classify(op, answer)
			if !strings.Contains(e.Message, want) || !strings.Contains(e.Message, "afterput policy RULES") {
				t.Errorf("%s, %s: %s; want %s", op, body, e.Message, want)
			}
		}
	}
}

func TestADeniedPartWhoseContentIsSentNamesTheRightToWriteAlone(t *testing.T) {
	denied := &oss.ServiceError{StatusCode: 403, Code: "AccessDenied"}
	for _, call := range []osscall.Call{{Op: "part 7", Region: "cn-beijing"}, {Op: "part 7", As: "acs:ram::1:role/a"}} {
		err := call.Do(t.Context(), func(context.Context) error { return denied })
		if !strings.Contains(err.Error(), "needs oss:PutObject:") {
			t.Errorf("%+v: %v", call, err)
		}
	}
}

func TestPauseThatOSSAsksForIsRead(t *testing.T) {
	for value, want := range map[string]time.Duration{"700": 700 * time.Millisecond, "": 0, "-1": 0, "soon": 0} {
		h := http.Header{}
		h.Set("x-oss-qos-delay-time", value)
		refusal := &oss.ServiceError{StatusCode: 503, Code: "TotalQpsLimitExceeded", Headers: h}
		if got := osscall.Classify("x", refusal).Delay; got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}
