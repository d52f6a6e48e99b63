package copier_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/internal/state"
)

// refusal is an answer with which OSS refuses a copy, by either method.
type refusal struct {
	code    localoss.ErrorCode
	status  int
	message string // OSS's own words
	inParts string // the operation that is refused if the copy is made in parts
	fix     string // what the report must say about how to fix it
}

// refusals are OSS's answers about sources and destinations that it cannot copy. Source: OSS error codes; CopyObject.
var refusals = map[string]refusal{
	"archived and not restored": {
		"InvalidObjectState", 403, "The operation is not valid for the object's state",
		"UploadPartCopy", "restore it",
	},
	"appendable, where not copied": {
		"OperationNotSupported", 400, "The operation is not supported for this resource",
		"UploadPartCopy", "except",
	},
	"client-side encrypted": {
		"InvalidEncryptionRequest", 400, "The encryption request is not valid",
		"InitiateMultipartUpload", "encrypted by its client",
	},
	"KMS off": {
		"KmsServiceNotEnabled", 403, "KMS must be enabled",
		"InitiateMultipartUpload", "enable KMS",
	},
	"KMS off, by its other status": {
		"KmsServiceNotEnabled", 400, "KMS must be enabled",
		"InitiateMultipartUpload", "enable KMS",
	},
	"KMS refuses the role": {
		"AccessDenied", 403, "This request is forbidden by kms.",
		"UploadPartCopy", "kms:Decrypt",
	},
	"KMS key does not exist": {
		"KeyNotFound", 404, "The specified key is not found.",
		"InitiateMultipartUpload", "server-side-encryption-key-id",
	},
	"KMS key is disabled": {
		"KeyDisabled", 409, "The specified key is disabled.",
		"InitiateMultipartUpload", "enable the KMS key",
	},
	"KMS key is about to go": {
		"KeyPendingDeletion", 409, "The key is pending deletion.",
		"InitiateMultipartUpload", "use another",
	},
	"encryption unknown to a region": {
		"InvalidEncryptionAlgorithmError", 400, "The Encryption request you specified is not valid.",
		"InitiateMultipartUpload", "AES256 or KMS",
	},
	"retention policy": {
		"FileImmutable", 409, "The object you specified is immutable.",
		"CompleteMultipartUpload", "retention policy",
	},
	"another region": {
		"AccessDenied", 403, "Target object does not reside in the same data center as source object.",
		"UploadPartCopy", "within one region",
	},
	"endpoint of another region": {
		"AccessDenied", 403, "The bucket you are attempting to access must be addressed using the specified endpoint.",
		"InitiateMultipartUpload", "OSS_ENDPOINT",
	},
	"another account's bucket": {
		"AccessDenied", 403, "You have no right to access this object because of bucket acl.",
		"InitiateMultipartUpload", "bucket policy",
	},
}

func (r refusal) fault(operation string) []fault.Fault {
	answer := &localoss.Error{Code: r.code, Status: r.status, Message: r.message}
	return []fault.Fault{{Operations: []string{operation}, Error: answer}}
}

// wantRefused checks that the copy failed permanently, with a message that names the cause and how to
// fix it, and left nothing.
func (w *world) wantRefused(out copier.Outcome, code, cause, fix string) {
	w.t.Helper()
	w.wantOutcome(out, copier.Failed)
	if e := out.Error; !e.Permanent || e.Code != code || !strings.Contains(e.Message, cause) ||
		!strings.Contains(e.Message, fix) {
		w.t.Errorf("error %+v; want a permanent %s that says %q and %q", *e, code, cause, fix)
	}
	w.wantAbsent()
	w.wantTidy()
}

func TestWhatOSSWillNotCopyFailsForGoodNamesCauseAndFixAndCostsOneRequestBesideALook(t *testing.T) {
	for name, r := range refusals {
		// A retry looks at the destination first, and an immutable one is looked at afterwards.
		first, retry := map[string]int{"CopyObject": 1}, map[string]int{"CopyObject": 1, "HeadObject": 1}
		switch r.code {
		case "FileImmutable":
			first, retry = retry, map[string]int{"CopyObject": 1, "HeadObject": 2}
		case "InvalidObjectState": // it may have been archived in place after it was copied
			first = retry
		}
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{faults: r.fault("CopyObject")}, func(t *testing.T, w *world) {
				event := w.put(1000, 1)
				w.wantRefused(w.copy(w.ctx, event, plan()), string(r.code), r.message, r.fix)
				w.wantCounts(first)
				w.wantRefused(w.retry(event, plan()), string(r.code), r.message, r.fix)
				w.wantCounts(retry)
			})
		})
	}
}

func TestWhatOSSWillNotCopyInPartsFailsForGoodAndIsNotCopiedToBeRefusedAgain(t *testing.T) {
	for name, r := range refusals {
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{options: inParts(), faults: r.fault(r.inParts)}, func(t *testing.T, w *world) {
				event := w.put(large, 1)
				if r.inParts != "CompleteMultipartUpload" {
					w.wantRefused(w.copy(w.ctx, event, plan()), string(r.code), r.message, r.fix)
					return
				}
				for range 3 {
					w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Failed)
				}
				if n := w.Counts()["UploadPartCopy"]; n != 0 {
					t.Errorf("%d parts were copied again to be refused again", n)
				}
				w.wantAbsent()
			})
		})
	}
}

func TestArchivedSourceIsRefusedUntilItIsRestored(t *testing.T) {
	archived := localoss.WithHeader("x-oss-storage-class", "Archive")
	byEachMethod(t, setup{}, func(t *testing.T, w *world) {
		event := w.put(large, 1, archived)
		w.wantRefused(w.copy(w.ctx, event, plan()), "InvalidObjectState", "not valid for the object's state",
			"restore it")
		_, err := w.client.RestoreObject(w.ctx, &oss.RestoreObjectRequest{Bucket: oss.Ptr(from), Key: oss.Ptr(key)})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Copied)
		w.wantCopy()
		w.wantTidy()
	})
}

func TestBucketOfAnotherAccountIsRefusedForGoodAtOneRequest(t *testing.T) {
	foreign := func(op localoss.Operation) error {
		if op.Bucket == to {
			return context.Canceled // the text is for a log that nobody reads
		}
		return nil
	}
	inWorld(t, setup{authorize: foreign}, func(t *testing.T, w *world) {
		w.wantRefused(w.copy(w.ctx, w.put(1000, 1), plan()), "AccessDenied", "no right", "bucket policy")
		w.wantCounts(map[string]int{"CopyObject": 1})
	})
}

func TestRightThatALargeCopyLacksIsNamedAndNothingIsLeft(t *testing.T) {
	cases := map[string]struct {
		action, key string
		says        string
	}{
		"to read the source":           {"oss:GetObject", key, "HeadObject"},
		"to read the source's tags":    {"oss:GetObjectTagging", key, "GetObjectTagging"},
		"to write the destination":     {"oss:PutObject", key, "InitiateMultipartUpload"},
		"to find the state object":     {"oss:ListObjects", to, "AFTERPUT_STATE"},
		"to write the state object":    {"oss:PutObject", state.DefaultPrefix, "AFTERPUT_STATE"},
		"to list what has been copied": {"oss:ListParts", key, "ListParts"},
	}
	for name, c := range cases {
		lacking := func(op localoss.Operation) error {
			for _, a := range op.Actions {
				if a.Name == c.action && strings.Contains(a.Resource, c.key) {
					return context.Canceled // the text is for a log that nobody reads
				}
			}
			return nil
		}
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{options: inParts(), authorize: lacking}, func(t *testing.T, w *world) {
				out := w.copy(w.ctx, w.put(large, 1), plan())
				w.wantRefused(out, "AccessDenied", "no right", "role")
				if said := out.Error.Error(); !strings.Contains(said, c.says) {
					t.Errorf("%q does not name %s", said, c.says)
				}
			})
		})
	}
}

func TestBucketThatForbidsOverwritingKeepsItsObjectAndTheErrorSaysSo(t *testing.T) {
	const fix = "the bucket forbids overwriting"
	for name, c := range map[string]struct {
		options   copier.Options
		operation string
	}{
		"CopyObject":              {copier.Options{}, "CopyObject"},
		"InitiateMultipartUpload": {inParts(), "InitiateMultipartUpload"},
		"CompleteMultipartUpload": {inParts(), "CompleteMultipartUpload"},
	} {
		r := refusal{code: "FileAlreadyExists", status: 409,
			message: "The object you specified already exists and can not be overwritten."}
		t.Run(name, func(t *testing.T) {
			inWorld(t, setup{options: c.options, faults: r.fault(c.operation)}, func(t *testing.T, w *world) {
				event := w.put(large, 1)
				w.overwrite(to, key, "what is there")
				w.history = nil
				out := w.copy(w.ctx, event, plan())
				if c.operation == "CompleteMultipartUpload" { // the next attempt need not copy the parts again
					w.wantOutcome(out, copier.Failed)
					w.wantOutcome(w.copy(w.ctx, event, plan()), copier.Failed)
					if n := w.Counts()["UploadPartCopy"]; n > 0 || !out.Error.Permanent ||
						!strings.Contains(out.Error.Message, fix) {
						t.Errorf("%d parts were copied again; %+v", n, out.Error)
					}
					w.wantAbsent()
					return
				}
				w.wantRefused(out, string(r.code), r.message, fix)
				// The destination may be this copy, so it has to be compared.
				if n := w.Counts()["HeadObject"]; n > 3 {
					t.Errorf("%d × HeadObject", n)
				}
			})
		})
		t.Run(name+" of a copy that is there already", func(t *testing.T) {
			inWorld(t, setup{options: c.options, faults: r.fault(c.operation)}, func(t *testing.T, w *world) {
				event := w.put(large, 1)
				time.Sleep(time.Second)
				w.putAt(to, key, large)
				if out := w.copy(w.ctx, event, plan()); out.Result == copier.Failed {
					t.Errorf("an event delivered again failed: %v", out.Error)
				}
				w.wantTidy()
			})
		})
	}
}
