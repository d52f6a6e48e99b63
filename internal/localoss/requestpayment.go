package localoss

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
)

// Values of a bucket's Payer.
const (
	payerOwner     = "BucketOwner"
	payerRequester = "Requester"
)

// payerCheckedOnBuckets are the operations on a bucket that need x-oss-request-payer, as all
// operations on objects do.
var payerCheckedOnBuckets = []string{
	"ListObjects",
	"ListObjectsV2",
	"ListObjectVersions",
	"ListMultipartUploads",
	"DeleteMultipleObjects",
}

// checkPayer refuses a request of another account to a bucket with pay-by-requester, unless it
// has x-oss-request-payer. For a copy, both buckets count.
func (r *request) checkPayer(op *operation) *Error {
	if op.level != onObject && !slices.Contains(payerCheckedOnBuckets, op.name) {
		return nil
	}
	buckets := []string{r.call.Bucket}
	if r.call.Source != nil {
		buckets = append(buckets, r.call.Source.Bucket)
	}
	for _, name := range buckets {
		b, unlock, e := r.srv.rlock(name)
		if e != nil {
			continue // refused when the operation uses the bucket
		}
		config := b.config
		unlock()
		if config.Payer == payerRequester && !r.pays(config.Owner) {
			return r.refusePayer(name)
		}
	}
	return nil
}

// pays reports whether the request is the owner's or says that its sender pays.
func (r *request) pays(owner string) bool {
	if r.call.AccessKeyID == "" {
		return false
	}
	payer := defaultTo(r.header("x-oss-request-payer"), r.param("x-oss-request-payer"))
	return r.account() == owner || strings.EqualFold(payer, payerRequester)
}

func (r *request) refusePayer(bucket string) *Error {
	ec := "0003-00000703"
	switch {
	case r.call.AccessKeyID == "":
		ec = "0003-00000701"
	case r.header("Authorization") == "":
		ec = "0003-00000702" // a presigned URL
	}
	return &Error{
		Code:    AccessDenied,
		Message: "Access denied for requester pay bucket",
		EC:      ec,
		Detail:  []Detail{{"BucketName", bucket}},
	}
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
	return s.changeConfig(r, http.StatusOK, func(c *bucketConfig) { c.Payer = doc.Payer }), nil
}

func (s *Server) getBucketRequestPayment(r *request) (effect, *Error) {
	return s.bucketDocument(r, func(b *bucket) any {
		return paymentXML{Payer: defaultTo(b.config.Payer, payerOwner)}
	}), nil
}
