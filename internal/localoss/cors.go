package localoss

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxCORSRules is how many rules a bucket may have.
// Source: OSS API reference, PutBucketCors.
const maxCORSRules = 10

// corsConfig says which pages of other origins a browser lets use the bucket.
type corsConfig struct {
	XMLName      xml.Name   `xml:"CORSConfiguration" json:"-"`
	Rules        []corsRule `xml:"CORSRule"`
	ResponseVary bool       // every reply has Vary: Origin
}

type corsRule struct {
	Origins []string `xml:"AllowedOrigin"`
	Methods []string `xml:"AllowedMethod"`
	Headers []string `xml:"AllowedHeader"`
	Expose  []string `xml:"ExposeHeader"`
	MaxAge  *int     `xml:"MaxAgeSeconds"`
}

func (s *Server) putBucketCORS(r *request) (effect, *Error) {
	var doc corsConfig
	if e := r.readXML(&doc); e != nil {
		return nil, e
	}
	if len(doc.Rules) == 0 || len(doc.Rules) > maxCORSRules || !allValid(doc.Rules) {
		return nil, refuse(MalformedXML, "")
	}
	for _, rule := range doc.Rules {
		for i, name := range rule.Headers {
			rule.Headers[i] = strings.ToLower(name)
		}
	}
	return s.changeConfig(r, http.StatusOK, func(c *bucketConfig) { c.CORS = &doc }), nil
}

func allValid(rules []corsRule) bool {
	return !slices.ContainsFunc(rules, func(rule corsRule) bool { return !rule.valid() })
}

// valid reports whether OSS accepts the rule: origins and methods, at most one * in an origin or header, and none in
// what is exposed.
func (rule corsRule) valid() bool {
	if len(rule.Origins) == 0 || len(rule.Methods) == 0 {
		return false
	}
	for _, m := range rule.Methods {
		if !slices.Contains([]string{"GET", "PUT", "DELETE", "POST", "HEAD"}, m) {
			return false
		}
	}
	for _, pattern := range slices.Concat(rule.Origins, rule.Headers) {
		if strings.Count(pattern, "*") > 1 {
			return false
		}
	}
	return !strings.Contains(strings.Join(rule.Expose, ""), "*")
}

func (s *Server) getBucketCORS(r *request) (effect, *Error) {
	return s.readBucket(r, func(b *bucket) (*Response, *Error) {
		if b.config.CORS == nil {
			return nil, &Error{Code: NoSuchCORSConfiguration, Detail: []Detail{{"BucketName", b.name}}}
		}
		return r.replyXML(b.config.CORS), nil
	}), nil
}

func (s *Server) deleteBucketCORS(r *request) (effect, *Error) {
	return s.changeConfig(r, http.StatusNoContent, func(c *bucketConfig) { c.CORS = nil }), nil
}

// optionObject answers the question of a browser whether a page may make a request. A signature is not looked at.
func (s *Server) optionObject(r *request) (effect, *Error) {
	origin, method := r.header("Origin"), r.header("Access-Control-Request-Method")
	if origin == "" || method == "" {
		return nil, refuse(BadRequest, "Insufficient information. Origin request header and "+
			"Access-Control-Request-Method are needed.")
	}
	return s.readBucket(r, func(b *bucket) (*Response, *Error) {
		switch {
		case b.config.CORS == nil:
			return nil, refuse(AccessForbidden, "CORSResponse: CORS is not enabled for this bucket.")
		case b.config.CORS.ruleFor(r, method) == nil:
			return nil, refuse(AccessForbidden, "CORSResponse: This CORS request is not allowed: no rule of the "+
				"bucket has its origin, method and headers.")
		}
		return r.reply(http.StatusOK), nil // the headers are those of any reply, see writeCORS
	}), nil
}

// writeCORS sets the headers by which a browser lets a page of another origin see the reply, which may be an error.
func (s *Server) writeCORS(r *request, h http.Header) {
	b, unlock, e := s.rlock(r.call.Bucket)
	if e != nil {
		return
	}
	config := b.config.CORS
	unlock()
	if config == nil {
		return
	}
	if config.ResponseVary {
		h.Add("Vary", "Origin")
	}
	origin := r.header("Origin")
	rule := config.ruleFor(r, defaultTo(r.header("Access-Control-Request-Method"), r.Method))
	if origin == "" || rule == nil {
		return
	}
	if slices.Contains(rule.Origins, "*") {
		origin = "*"
	}
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", strings.Join(rule.Methods, ", "))
	set(h, "Access-Control-Allow-Headers", r.header("Access-Control-Request-Headers"))
	set(h, "Access-Control-Expose-Headers", strings.Join(rule.Expose, ", "))
	if rule.MaxAge != nil {
		h.Set("Access-Control-Max-Age", strconv.Itoa(*rule.MaxAge))
	}
}

// ruleFor returns the first rule that has the request's origin, the method and the headers that the request asks for;
// nil if there is none.
func (c *corsConfig) ruleFor(r *request, method string) *corsRule {
	var headers []string
	for _, name := range strings.Split(r.header("Access-Control-Request-Headers"), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" {
			headers = append(headers, name)
		}
	}
	for i := range c.Rules {
		rule := &c.Rules[i]
		allowed := matchesAny(rule.Origins, r.header("Origin")) && slices.Contains(rule.Methods, method)
		for _, name := range headers {
			allowed = allowed && matchesAny(rule.Headers, name)
		}
		if allowed {
			return rule
		}
	}
	return nil
}

// matchesAny reports whether a pattern with at most one * matches s, in any case of letters.
func matchesAny(patterns []string, s string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		head, tail, star := strings.Cut(strings.ToLower(pattern), "*")
		text := strings.ToLower(s)
		if !star {
			return text == head
		}
		return len(text) >= len(head)+len(tail) && strings.HasPrefix(text, head) && strings.HasSuffix(text, tail)
	})
}
