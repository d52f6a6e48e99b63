package osscall

import (
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// adviceFor is how to fix what an error complains of, "" where OSS's own message says enough.
// AccessDenied and InvalidArgument have several causes, which only the message distinguishes.
// Source: OSS error codes, HTTP status codes 400 to 409; CopyObject, KMS errors.
func (c Call) adviceFor(e *oss.ServiceError) string {
	for text, advice := range adviceByText {
		if strings.Contains(strings.ToLower(e.Message), text) {
			return advice
		}
	}
	if e.Code == "AccessDenied" {
		if c.As != "" {
			return "the role " + c.As + " needs " + c.rightFor(e) +
				": its account gives it the policy that afterput policy --assumed-roles RULES prints"
		}
		return "the function's role needs " + c.rightFor(e) +
			": give it the policy that afterput policy RULES prints; " +
			"a bucket of another account must also allow the role in its bucket policy, which --bucket-policies prints"
	}
	if e.Code == "NoSuchBucket" {
		return "create the bucket" + strings.TrimRight(" "+inAnswer(e, "BucketName"), " ") + ", " + WrongBucket
	}
	return adviceByCode[e.Code]
}

// inAnswer is the text of an element of the response, "" if it has none.
func inAnswer(e *oss.ServiceError, element string) string {
	_, rest, _ := strings.Cut(string(e.Snapshot), "<"+element+">")
	text, _, ok := strings.Cut(rest, "</"+element+">")
	if !ok {
		return ""
	}
	return strings.TrimSpace(text)
}

// WrongBucket is where the name of a bucket that does not exist is corrected.
const WrongBucket = "or correct its name in the rules file"

// rightFor names the RAM action that is missing: the one that OSS names, or else those that
// the operation needs.
// Source: OSS help, EC 0003-00000201; OSS API reference, permissions.
func (c Call) rightFor(e *oss.ServiceError) string {
	if action := inAnswer(e, "AuthAction"); action != "" {
		return action
	}
	op := c.Op
	streamed := c.As != "" || c.Region != "" // then OSS does not read the source for the request
	switch {
	case streamed && strings.HasPrefix(op, "part "):
		return "oss:PutObject"
	case op == "CopyObject", strings.HasPrefix(op, "part "):
		return "oss:GetObject on the source and oss:PutObject on the destination " +
			"(and oss:PutObjectTagging, oss:PutObjectAcl where the copy sets them)"
	case op == "InitiateMultipartUpload", op == "CompleteMultipartUpload":
		return "oss:PutObject (and oss:PutObjectTagging, oss:PutObjectAcl where the copy sets them)"
	}
	if right := rightOf[op]; right != "" {
		return right
	}
	return "oss:" + op
}

// rightOf is the right that an operation needs where that has another name.
var rightOf = map[string]string{
	"HeadObject": "oss:GetObject", "GetSymlink": "oss:GetObject", "ListObjectsV2": "oss:ListObjects",
	"GetObjectACL": "oss:GetObjectAcl", "PutObjectACL": "oss:PutObjectAcl", "GetBucketACL": "oss:GetBucketAcl",
}

// WrongRegion is how to have a bucket found that is in another region than a request says.
const WrongRegion = "the bucket is in another region: correct region under copy, or for a bucket of the function's " +
	"region OSS_REGION or OSS_ENDPOINT"

// adviceByText is how to fix an error, by a text that its message contains.
var adviceByText = map[string]string{
	"same data center": "OSS copies within one region only: if the destination is in another region, " +
		"name it with region under copy",
	"must be addressed using the specified endpoint": WrongRegion,
	"invalid signing region":                         WrongRegion,

	"forbidden by kms": "the function's role needs kms:Decrypt and kms:GenerateDataKey on the key",
}

// Archived is how to have a source copied that OSS refuses to read because it is archived.
const Archived = "the source is archived: set restore under copy to have it restored, or restore it and deliver " +
	"its event again"

// adviceByCode is how to fix an error, by OSS's error code.
var adviceByCode = map[string]string{
	"InvalidObjectState":    Archived,
	"OperationNotSupported": "OSS cannot copy this kind of object, such as an appendable one: exclude it with except",
	"RequestTimeTooSkewed":  "the clock of the machine that sent the request is wrong: set it",
	"FileImmutable":         "a retention policy protects the destination: write to another key",
	"KmsServiceNotEnabled":  "enable KMS in the region, or use AES256",
	"KeyNotFound":           "the KMS key does not exist in this region: correct server-side-encryption-key-id",
	"KeyDisabled":           "enable the KMS key, or use another",
	"KeyPendingDeletion":    "the KMS key is about to be deleted: use another",

	"InvalidEncryptionRequest": "the source is encrypted by its client, so a copy cannot change its metadata: " +
		"exclude it with except",
	"InvalidEncryptionAlgorithmError": "the bucket or region does not support this encryption: use AES256 or KMS",
}
