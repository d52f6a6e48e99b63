package localoss

import (
	"net/http"
	"slices"
	"strings"
)

type routeKey struct {
	level               level
	method, subresource string
	copies              bool
}

// routes maps what selects an operation to it. subresources are the query parameters that select an
// operation at each level, in the order of the table.
var routes, subresources = func() (map[routeKey]*operation, map[level][]string) {
	routes, subresources := map[routeKey]*operation{}, map[level][]string{}
	for i := range operations {
		o := &operations[i]
		routes[routeKey{o.level, o.method, o.subresource, o.copies}] = o
		if o.subresource != "" && !slices.Contains(subresources[o.level], o.subresource) {
			subresources[o.level] = append(subresources[o.level], o.subresource)
		}
	}
	return routes, subresources
}()

// unsupportedParams are the query parameters that select an operation of OSS which this server does
// not have, or has only for some methods. Parameters that OSS does not know are ignored, as OSS does.
var unsupportedParams = strings.Fields(`
		accessmonitor accessPoint accessPointPolicy accessPointForObjectProcess archiveDirectRead asyncFetch
		bucketArchiveDirectRead callback cloudboxes cname comp cors dataPipeline dataset datasets encryption
		httpsConfig img lifecycle live logging metaQuery metadataTableConfiguration
		notification objectWorm objectWormConfiguration overwriteConfig policyStatus
		processConfiguration publicAccessBlock qos qosInfo redundancyTransition referer regions replication
		replicationLocation replicationProgress requesterQosInfo resourceGroup resourcePool retention
		legalHold rtc seal style styleName transferAcceleration userDefinedLogFieldsConfig vod website worm
		wormExtend wormId x-oss-async-process x-oss-process x-oss-select x-oss-write-get-object-response`)

// unsupportedHeaders request features that this server does not have.
var unsupportedHeaders = []string{"x-oss-callback", "x-oss-object-worm-mode"}

// route finds the operation that a request is for.
func (r *request) route() (*operation, *Error) {
	key := routeKey{level: onObject, method: r.Method, copies: r.header("x-oss-copy-source") != ""}
	switch {
	case r.call.Bucket == "":
		key.level = onService
	case r.call.Key == "":
		key.level = onBucket
	}
	for _, name := range unsupportedHeaders {
		if r.header(name) != "" {
			return nil, notImplemented(name)
		}
	}
	for _, name := range subresources[key.level] {
		if r.hasParam(name) {
			key.subresource = name
			break
		}
	}
	for _, name := range unsupportedParams {
		if r.hasParam(name) && (key.subresource != name || routes[key] == nil) {
			return nil, notImplemented(name)
		}
	}
	if o := routes[key]; o != nil {
		return o, nil
	}
	key.copies = false
	if o := routes[key]; o != nil {
		return o, nil
	}
	if r.Method == http.MethodPost && strings.HasPrefix(r.header("Content-Type"), "multipart/form-data") {
		return nil, notImplemented("PostObject")
	}
	return nil, &Error{Code: MethodNotAllowed, Detail: []Detail{{"Method", r.Method}}}
}

// notImplemented refuses a sub-resource, header or method. The message names it, since many clients print only that.
func notImplemented(what string) *Error {
	return &Error{
		Code:    NotImplemented,
		Message: "This local OSS does not implement " + what + ".",
		Detail:  []Detail{{"Header", what}},
	}
}
