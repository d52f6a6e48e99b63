package localoss

import (
	"net/http"

	"afterput/internal/localoss/ram"
)

// maxBucketPolicy is how long a bucket policy may be.
// Source: OSS help, EC 0030-00000001.
const maxBucketPolicy = 16 << 10

func (s *Server) putBucketPolicy(r *request) (effect, *Error) {
	body, e := r.readBody(maxXMLBody)
	if e != nil {
		return nil, e
	}
	if len(body) > maxBucketPolicy {
		return nil, &Error{Code: InvalidPolicyDocument, EC: "0030-00000001",
			Message: "The policy is larger than 16 KB."}
	}
	if _, err := ram.ParseBucketPolicy(body); err != nil {
		return nil, &Error{Code: InvalidPolicyDocument, Message: "The policy is not valid: " + err.Error()}
	}
	return s.changeConfig(r, http.StatusOK, func(c *bucketConfig) { c.Policy = string(body) }), nil
}

func (s *Server) getBucketPolicy(r *request) (effect, *Error) {
	return s.readBucket(r, func(b *bucket) (*Response, *Error) {
		if b.config.Policy == "" {
			return nil, &Error{Code: NoSuchBucketPolicy, Detail: []Detail{{"BucketName", b.name}}}
		}
		resp := r.reply(http.StatusOK)
		resp.Header.Set("Content-Type", "application/json")
		resp.SetBody([]byte(b.config.Policy))
		return resp, nil
	}), nil
}

func (s *Server) deleteBucketPolicy(r *request) (effect, *Error) {
	return s.changeConfig(r, http.StatusNoContent, func(c *bucketConfig) { c.Policy = "" }), nil
}

// parsedPolicy reads the policy of a bucket, which was valid when it was set; "" is none.
func parsedPolicy(text string) *ram.BucketPolicy {
	if text == "" {
		return nil
	}
	policy, err := ram.ParseBucketPolicy([]byte(text))
	if err != nil {
		panic("localoss: a stored bucket policy: " + err.Error())
	}
	return policy
}
