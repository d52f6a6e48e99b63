package localoss

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
)

// Who pays for requests to a bucket.
const (
	payerOwner     = "BucketOwner"
	payerRequester = "Requester"
)

// payerCheckedOnBuckets are the operations on a bucket that concern its objects and so
// are paid like those on an object.
var payerCheckedOnBuckets = []string{"ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "DeleteMultipleObjects"}

// paid refuses a request of another account to objects of a bucket whose
// requesters pay, unless the request says that its sender does. A copy reads
// one bucket and writes another.
func (r *request) checkPayer(op *operation) *Error {
	if op.level != onObject && !slices.Contains(payerCheckedOnBuckets, op.name) {
		return nil
	}
	says := defaultTo(r.header("x-oss-request-payer"), r.param("x-oss-request-payer"))
	by := r.srv.config.AccessKeys[r.call.AccessKeyID].account()
	buckets := []string{r.call.Bucket}
	if r.call.Source != nil {
		buckets = append(buckets, r.call.Source.Bucket)
	}
	for _, name := range buckets {
		b, unlock, e := r.srv.rlock(name)
		if e != nil {
			continue // said where the bucket is used
		}
		config := b.config
		unlock()
		anonymous := r.call.AccessKeyID == ""
		if config.Payer != payerRequester || !anonymous && (by == config.Owner || strings.EqualFold(says, payerRequester)) {
			continue
		}
		ec := "0003-00000703"
		switch {
		case anonymous:
			ec = "0003-00000701"
		case r.header("Authorization") == "":
			ec = "0003-00000702" // signed in the URL
		}
		return &Error{Code: AccessDenied, Message: "Access denied for requester pay bucket", EC: ec, Detail: []Detail{{"BucketName", name}}}
	}
	return nil
}

type paymentXML struct {
	XMLName xml.Name `xml:"RequestPaymentConfiguration"`
	Payer   string
}

func (s *Server) putBucketRequestPayment(r *request) (effect, *Error) {
	var doc paymentXML
	if e := r.readXML(&doc); e != nil {
		return nil, e
	}
	if doc.Payer != payerOwner && doc.Payer != payerRequester {
		return nil, refuse(MalformedXML, "")
	}
	return s.configure(r, http.StatusOK, func(c *bucketConfig) *Error {
		c.Payer = doc.Payer
		return nil
	}), nil
}

func (s *Server) getBucketRequestPayment(r *request) (effect, *Error) {
	return s.lookAt(r, func(b *bucket) (any, *Error) {
		return paymentXML{Payer: defaultTo(b.config.Payer, payerOwner)}, nil
	}), nil
}
