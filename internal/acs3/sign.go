// Package acs3 signs requests of Alibaba Cloud's HTTP APIs with ACS3-HMAC-SHA256.
// Source: Alibaba Cloud OpenAPI, request structure and signature V3.
package acs3

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const algorithm = "ACS3-HMAC-SHA256"

// Keys are what requests are signed with. SecurityToken is "" for permanent ones.
type Keys struct{ AccessKeyID, AccessKeySecret, SecurityToken string }

// Sign sets the headers that make req a request of an action of an API's version, with the body that it has, and signs
// them.
func Sign(req *http.Request, action, version string, body []byte, keys Keys) {
	digest := sha256.Sum256(body)
	for name, value := range map[string]string{
		"x-acs-action": action, "x-acs-version": version, "x-acs-content-sha256": hex.EncodeToString(digest[:]),
		"x-acs-date":            time.Now().UTC().Format(time.RFC3339),
		"x-acs-signature-nonce": rand.Text(),
		"x-acs-security-token":  keys.SecurityToken,
	} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	req.Header.Set("Authorization", authorization(req, keys))
}

// authorization is the header of that name for a request that has all others.
func authorization(req *http.Request, keys Keys) string {
	names := []string{"host"}
	for name := range req.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-acs-") || name == "content-type" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var headers strings.Builder
	for _, name := range names {
		value := req.Header.Get(name)
		if name == "host" {
			value = req.URL.Host
		}
		headers.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	signed := strings.Join(names, ";")
	request := strings.Join([]string{req.Method, req.URL.EscapedPath(), query(req.URL.Query()), headers.String(),
		signed, req.Header.Get("x-acs-content-sha256")}, "\n")
	digest := sha256.Sum256([]byte(request))
	mac := hmac.New(sha256.New, []byte(keys.AccessKeySecret))
	mac.Write([]byte(algorithm + "\n" + hex.EncodeToString(digest[:])))
	return algorithm + " Credential=" + keys.AccessKeyID + ",SignedHeaders=" + signed + ",Signature=" +
		hex.EncodeToString(mac.Sum(nil))
}

// query is a query in the form that is signed.
func query(values url.Values) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(values.Encode())
}
