package localoss

import (
	"bytes"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// The S3-compatible API of OSS is a translation at both ends: headers and values of S3 become those of OSS before the
// request is routed, and those of the reply become S3's before it is sent.
// Source: OSS API reference, Compatibility with Amazon S3.

// s3Operations are what OSS offers by the S3-compatible API, of the operations that this server has.
var s3Operations = func() map[string]bool {
	offered := map[string]bool{}
	for _, name := range strings.Fields(`
		ListBuckets PutBucket DeleteBucket HeadBucket ListObjects ListObjectsV2 GetBucketLocation GetBucketAcl
		PutBucketAcl OptionObject PutObject CopyObject GetObject HeadObject DeleteObject DeleteMultipleObjects
		GetObjectAcl PutObjectAcl InitiateMultipartUpload UploadPart UploadPartCopy ListParts
		CompleteMultipartUpload AbortMultipartUpload`) {
		offered[name] = true
	}
	return offered
}()

// s3Names are the headers that have another name in S3 than x-amz- for x-oss-.
var s3Names = map[string]string{
	"x-amz-acl": "x-oss-object-acl",
	"x-amz-server-side-encryption-aws-kms-key-id": "x-oss-server-side-encryption-key-id",
}

// s3Translated begins the names of the other headers that both APIs have. Those that only one has keep their names.
var s3Translated = []string{"meta-", "copy-source", "metadata-directive", "tagging", "storage-class", "security-token",
	"server-side-encryption", "request-payer", "version-id", "delete-marker", "restore", "request-id"}

// s3Values are S3's words for values of OSS, by the header's name without prefix.
var s3Values = map[string]map[string]string{
	"storage-class":          {"STANDARD": "Standard", "STANDARD_IA": "IA", "GLACIER": "Archive"},
	"server-side-encryption": {"aws:kms": "KMS"},
}

// isS3 reports whether a request is of the S3-compatible API: it is signed as S3 does, or its endpoint is S3's.
func (r *request) isS3() bool {
	return strings.HasPrefix(r.header("Authorization"), awsAlgorithm+" ") || r.hasParam("X-Amz-Signature") ||
		s3Host.MatchString(r.Host)
}

// translate gives the request the headers of OSS. signed keeps those that were received.
func (r *request) translate() {
	r.s3, r.signed = true, r.Header
	r.Header = http.Header{}
	for name, values := range r.signed {
		r.Header[http.CanonicalHeaderKey(ossName(name))] = values
	}
	if acl := r.header("x-oss-object-acl"); acl != "" {
		r.Header.Set("x-oss-acl", acl)
	}
	for header, words := range s3Values {
		if v, ok := words[r.header("x-oss-"+header)]; ok {
			r.Header.Set("x-oss-"+header, v)
		}
	}
}

func ossName(name string) string {
	name = strings.ToLower(name)
	if special := s3Names[name]; special != "" {
		return special
	}
	rest, ok := strings.CutPrefix(name, "x-amz-")
	if ok && isTranslated(rest) {
		return "x-oss-" + rest
	}
	return name
}

func isTranslated(rest string) bool {
	for _, prefix := range s3Translated {
		if strings.HasPrefix(rest, prefix) {
			return !strings.Contains(rest, "-customer-")
		}
	}
	return false
}

// toS3 gives a reply the headers of S3. ETags are in lower case, since s3cmd compares them so with the MD5.
func toS3(h http.Header) {
	set(h, "ETag", strings.ToLower(h.Get("ETag")))
	for name, values := range h {
		rest, ok := strings.CutPrefix(strings.ToLower(name), "x-oss-")
		if !ok || !isTranslated(rest) {
			continue
		}
		value := s3Word(rest, values[0])
		for s3, oss := range s3Names {
			if oss == "x-oss-"+rest {
				rest = strings.TrimPrefix(s3, "x-amz-")
			}
		}
		if strings.HasPrefix(rest, "meta-") {
			h["x-amz-"+rest] = []string{value} // in lower case: boto3 takes the name as it is
		} else {
			h.Set("x-amz-"+rest, value)
		}
		if rest != "request-id" {
			delete(h, name)
		}
	}
}

func s3Word(header, value string) string {
	for s3, oss := range s3Values[header] {
		if value == oss {
			return s3
		}
	}
	return value
}

var (
	rootElement         = regexp.MustCompile(`<[A-Za-z]+>`)
	etagElement         = regexp.MustCompile(`<ETag>[^<]*</ETag>`)
	storageClassElement = regexp.MustCompile(`<StorageClass>(\w+)</StorageClass>`)
)

// s3Document gives a document S3's namespace, its names of storage classes and its form of ETags.
func s3Document(doc []byte) []byte {
	root := rootElement.FindIndex(doc)
	doc = bytes.Join([][]byte{doc[:root[1]-1], doc[root[1]-1:]},
		[]byte(` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`))
	doc = etagElement.ReplaceAllFunc(doc, func(element []byte) []byte {
		value := bytes.TrimSuffix(bytes.TrimPrefix(element, []byte("<ETag>")), []byte("</ETag>"))
		return slices.Concat([]byte("<ETag>"), bytes.ToLower(value), []byte("</ETag>"))
	})
	return storageClassElement.ReplaceAllFunc(doc, func(element []byte) []byte {
		class := string(storageClassElement.FindSubmatch(element)[1])
		return []byte("<StorageClass>" + s3Word("storage-class", class) + "</StorageClass>")
	})
}
