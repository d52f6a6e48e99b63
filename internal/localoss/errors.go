package localoss

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
)

// Error is an error reply. Message, EC and Status default to those of the code.
type Error struct {
	Code    ErrorCode
	Message string
	EC      string
	Status  int
	// Detail is further elements of the reply, such as the string that was signed.
	Detail []Detail
	// Denied is the action that a RAM policy does not allow, "" for other errors.
	Denied string
	// DeniedExplicitly is whether a statement of the RAM policy denies that action, so that no bucket policy can allow
	// it.
	DeniedExplicitly bool
	// Header is further headers of the reply.
	Header http.Header
}

// Detail is one element of an error reply.
type Detail struct{ Name, Value string }

func (e *Error) Error() string { return string(e.Code) + ": " + e.message() }

func (e *Error) status() int {
	if e.Status != 0 {
		return e.Status
	}
	if c, ok := codes[e.Code]; ok {
		return c.status
	}
	return http.StatusInternalServerError
}

func (e *Error) message() string {
	if e.Message != "" {
		return e.Message
	}
	return codes[e.Code].message
}

func (e *Error) ec() string {
	if e.EC != "" {
		return e.EC
	}
	if c, ok := codes[e.Code]; ok {
		return c.ec
	}
	return "0000-00000000"
}

// refuse makes an Error; with message "" it has the code's message.
func refuse(code ErrorCode, message string) *Error { return &Error{Code: code, Message: message} }

// refuseWithEC makes an Error with another EC than the code's usual one.
func refuseWithEC(code ErrorCode, ec string) *Error { return &Error{Code: code, EC: ec} }

// invalidArgument makes the Error of an invalid parameter or header.
func invalidArgument(message, name, value string) *Error {
	return &Error{
		Code:    InvalidArgument,
		Message: message,
		Detail:  []Detail{{"ArgumentName", name}, {"ArgumentValue", value}},
	}
}

// missingArgument makes the Error of a parameter or header that the request lacks.
func missingArgument(name string) *Error {
	return &Error{Code: MissingArgument, Detail: []Detail{{"ArgumentName", name}}}
}

type errorXML struct {
	XMLName   xml.Name `xml:"Error"`
	Code      ErrorCode
	Message   string
	RequestID string     `xml:"RequestId"`
	HostID    string     `xml:"HostId"`
	Denied    *deniedXML `xml:"AccessDeniedDetail"`
	Detail    []detailXML
	EC        string
	Recommend string `xml:"RecommendDoc"`
}

type detailXML struct {
	XMLName xml.Name
	Value   string `xml:",chardata"`
}

// deniedXML names the missing permission, as OSS does for RAM users and roles. Source: OSS help, EC
// 0003-00000201.
type deniedXML struct {
	PolicyType    string
	AuthPrincipal string `xml:"AuthPrincipalOwnerId"`
	AuthAction    string
}

// errorResponse renders an error. A reply to HEAD cannot have a body: OSS puts the XML into the
// header x-oss-err, as Base64.
func errorResponse(requestID, method string, e *Error) *Response {
	h := http.Header{}
	for k, v := range e.Header {
		h[k] = v
	}
	h.Set("x-oss-request-id", requestID)
	h.Set("x-oss-ec", e.ec())
	r := &Response{Status: e.status(), Header: h, Code: e.Code}
	if r.Status == http.StatusNotModified {
		return r
	}
	doc := errorXML{
		Code:      e.Code,
		Message:   e.message(),
		RequestID: requestID,
		HostID:    hostID,
		EC:        e.ec(),
		Recommend: "https://api.aliyun.com/troubleshoot?q=" + e.ec(),
	}
	if e.Denied != "" {
		doc.Denied = &deniedXML{"AccountLevelIdentityBasedPolicy", accountID, e.Denied}
	}
	for _, d := range e.Detail {
		doc.Detail = append(doc.Detail, detailXML{xml.Name{Local: d.Name}, d.Value})
	}
	body := marshal(doc)
	h.Set("Content-Type", "application/xml")
	if method == http.MethodHead {
		h.Set("x-oss-err", base64.StdEncoding.EncodeToString(body))
		return r
	}
	r.SetBody(body)
	return r
}

// hostID is the HostId of every error reply.
const hostID = "oss.local"

// marshal renders an XML document of a type of this package. All of these can be marshalled.
func marshal(v any) []byte {
	b, err := xml.MarshalIndent(v, "", "  ")
	if err != nil {
		panic("localoss: " + err.Error())
	}
	return append([]byte(xml.Header), append(b, '\n')...)
}
