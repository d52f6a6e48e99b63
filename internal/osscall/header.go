package osscall

import (
	"net/http"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// Optional is s as a header or parameter of the SDK's requests; "" becomes nil, which is not sent.
func Optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Date is when OSS answered, by its own clock; zero if the response does not say.
func Date(c oss.ResultCommon) time.Time {
	t, _ := http.ParseTime(c.Headers.Get("Date"))
	return t
}

// RequestID is OSS's id of the request that a response answers.
func RequestID(c oss.ResultCommon) string { return c.Headers.Get("x-oss-request-id") }
