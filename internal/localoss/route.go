package localoss

import (
	"net/http"
	"slices"
	"strings"
)

type routeKey struct {
	level       level
	method, sub string
	copies      bool
}

// routes is the table by what selects a row; subs the parameters that select
// at each level, in the table's order.
var routes, subs = func() (map[routeKey]*operation, map[level][]string) {
	routes, subs := map[routeKey]*operation{}, map[level][]string{}
	for i := range operations {
		o := &operations[i]
		routes[routeKey{o.level, o.method, o.sub, o.copies}] = o
		if o.sub != "" && !slices.Contains(subs[o.level], o.sub) {
			subs[o.level] = append(subs[o.level], o.sub)
		}
	}
	return routes, subs
}()

// unsupportedParams are the query parameters that select an operation of OSS which is
// not served here. Others that OSS does not know it ignores, and so do we.
var unsupportedParams = strings.Fields(`
	accessmonitor accessPoint accessPointPolicy accessPointForObjectProcess archiveDirectRead asyncFetch bucketArchiveDirectRead
	callback cloudboxes cname comp cors dataPipeline dataset datasets encryption httpsConfig img inventory inventoryId
	lifecycle live logging metaQuery metadataTableConfiguration notification objectWorm objectWormConfiguration
	overwriteConfig policy policyStatus processConfiguration publicAccessBlock qos qosInfo redundancyTransition referer
	regions replication replicationLocation replicationProgress requesterQosInfo resourceGroup resourcePool
	retention legalHold rtc seal style styleName transferAcceleration userDefinedLogFieldsConfig vod website worm wormExtend
	wormId x-oss-async-process x-oss-process x-oss-select x-oss-write-get-object-response`)

// unsupportedHeaders select or imply what is not served.
var unsupportedHeaders = []string{"x-oss-callback", "x-oss-object-worm-mode"}

// route finds the operation.
func (r *request) route() (*operation, *Error) {
	key := routeKey{level: onObject, method: r.Method, copies: r.header("x-oss-copy-source") != ""}
	switch {
	case r.call.Bucket == "":
		key.level = onService
	case r.call.Key == "":
		key.level = onBucket
	}
	for _, name := range unsupportedParams {
		if r.hasParam(name) {
			return nil, notImplemented(name)
		}
	}
	for _, name := range unsupportedHeaders {
		if r.header(name) != "" {
			return nil, notImplemented(name)
		}
	}
	for _, sub := range subs[key.level] {
		if r.hasParam(sub) {
			key.sub = sub
			break
		}
	}
	if o := routes[key]; o != nil {
		return o, nil
	}
	key.copies = false
	if o := routes[key]; o != nil {
		return o, nil
	}
	if r.Method == http.MethodPost && strings.HasPrefix(r.header("Content-Type"), "multipart/form-data") || r.Method == http.MethodOptions {
		return nil, notImplemented(r.Method)
	}
	return nil, &Error{Code: MethodNotAllowed, Detail: []Detail{{"Method", r.Method}}}
}

func notImplemented(what string) *Error {
	return &Error{Code: NotImplemented, Detail: []Detail{{"Header", what}}}
}
