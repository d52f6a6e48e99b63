package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/state"
)

// unmet says which condition the source does not meet, "" if it meets all. OSS only answers that one is not met. Of a
// symbolic link it alone knows.
func (o *oneCopy) unmet() string {
	p, h := o.plan, o.head
	modified := "the source was last modified at " + h.LastModified.Format(time.RFC3339)
	none, since, until := p.CopySourceIfNoneMatch, p.CopySourceIfModifiedSince, p.CopySourceIfUnmodifiedSince
	switch {
	case h.ETag == "":
	case p.CopySourceIfMatch != "" && !osscall.SameETag(p.CopySourceIfMatch, h.ETag):
		return "--copy-source-if-match is not met: the source has ETag " + h.ETag
	case none != "" && osscall.SameETag(none, h.ETag):
		return "--copy-source-if-none-match is not met: the source has this ETag"
	case !until.IsZero() && h.LastModified.After(until):
		return "--copy-source-if-unmodified-since is not met: " + modified
	// OSS ignores it beside if-none-match, and if it is in the future.
	case none == "" && !since.IsZero() && !since.After(time.Now()) && !h.LastModified.After(since):
		return "--copy-source-if-modified-since is not met: " + modified
	}
	return ""
}

// whyNot says why there is no copy, or not the one that was meant; "" if all is well.
func (o *oneCopy) whyNot(out copier.Outcome) string {
	switch out.Result {
	case copier.Copied:
		if o.outdated {
			return "the source was overwritten while it was copied; give the command again to copy what it is now"
		}
		return ""
	case copier.Unchanged:
		return ""
	case copier.Exists:
		return "the destination exists already, and --forbid-overwrite keeps it"
	case copier.Superseded:
		return "the source was overwritten or deleted while it was copied; give the command again"
	case copier.Failed:
		return o.whyFailed(out.Error)
	}
	if out.Reason != "" {
		return forCommand.Replace(out.Reason)
	}
	if o.plan.CopySourceIfNoneMatch != "" { // OSS ignores the time beside it
		return "--copy-source-if-none-match is not met"
	}
	return "--copy-source-if-modified-since is not met"
}

// whyFailed is an error in the words of the command.
func (o *oneCopy) whyFailed(e *osscall.Error) string {
	marker := false
	if answer := (*oss.ServiceError)(nil); errors.As(e, &answer) {
		marker = answer.Headers.Get("x-oss-delete-marker") == "true"
	}
	noBucket := e.Code == "NoSuchBucket" && !strings.Contains(e.Message, state.WrongBucket)
	switch {
	case e.Kind == osscall.KindStopped:
		return "stopped"
	case marker && o.version != "":
		return "this version is a delete marker, which has no content; name the id of an older version"
	case marker:
		return "the source was deleted: its current version is a delete marker; name an older version with --version-id"
	case e.Code == "SourceGone":
		return "the source does not exist; correct the key"
	case e.Code == "NoSuchVersion":
		return "the source has no such version; ossutil ls --all-versions lists them"
	case noBucket && o.plan == nil:
		return fmt.Sprintf("bucket %s does not exist; correct its name", o.from.bucket)
	case noBucket:
		return fmt.Sprintf("bucket %s does not exist; correct its name, or create it", o.to.bucket)
	case e.Code == "RuleFailed":
		return inFlags("", e.Message)
	}
	flag := "--destination-region"
	if o.plan == nil {
		flag = "--region" // the source is looked at first
	}
	return e.Op + ": " + e.Code + ": " + inFlags("", forCommand.Replace(inRegion(e.Message, flag)))
}
