package faults

import (
	"fmt"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/localoss"
	"afterput/internal/localoss/fault"
	"afterput/rules"
)

// lateRows are about answers that say nothing about the work, and about work that is done after the answer.
func lateRows() []row {
	return []row{
		{"CopyObject is answered 504, and is carried out a minute later, when version 2 has been copied",
			meets(on("CopyObject",
				fault.Fault{Error: &localoss.Error{Code: "InternalError", Status: 504}, Later: time.Minute},
			), overtaken)},
		{"a part is carried out 2 s after another was permanently refused", meets(setup{faults: []fault.Fault{
			{Operations: []string{"UploadPartCopy"}, Part: 1, Error: denied},
			{Operations: []string{"UploadPartCopy"}, Part: 2, Calls: fault.Nth(1),
				Error: &localoss.Error{Code: "InternalError"}, Later: 2 * time.Second},
		}}, func(w *world) string {
			w.put(large)
			said := w.copy(w.ctx)
			time.Sleep(time.Minute)
			return said + "; " + w.openInTheEnd()
		})},
		{"the source is a symbolic link to nothing, the answer to its CopyObject takes 30 s", meets(
			on("CopyObject", fault.Fault{ReplyDelay: 30 * time.Second}), func(w *world) string {
				w.linkTo("nothing")
				said := w.copy(w.ctx)
				if o, ok := w.Object(to, key); ok && o.SymlinkTarget == "nothing" {
					n := w.Counts()["CopyObject"]
					return fmt.Sprintf("%s; the link is in place after %d × CopyObject", said, n)
				}
				return said + "; " + nothing
			})},
		{"a rule drops the tags, and the answer to CopyObject is lost", meets(
			on("CopyObject", fault.Fault{Drop: true, Committed: true}), func(w *world) string {
				w.put(small, localoss.WithHeader("x-oss-tagging", "a=b"))
				said := w.copy(w.ctx, func(c *rules.Copy) { c.TaggingDirective = rules.DirectiveReplace })
				switch o, ok := w.Object(to, key); {
				case !ok:
					return w.left(said)
				case len(o.Tags) > 0:
					return said + "; the copy **has the source's tags**"
				}
				return said + "; the copy has no tags"
			})},
	}
}

// overtaken copies version 1, then version 2; if the first attempt failed, it is retried.
func overtaken(w *world) string {
	w.put(small)
	first := w.payload
	said := w.handle(first, 0)
	w.put(small)
	if second := w.handle(w.payload, 0); second != copied {
		return said + "; version 2: " + second
	}
	time.Sleep(2 * time.Minute)
	if said != copied {
		w.handle(first, 1)
		said += "; after the retry"
	} else {
		said += ";"
	}
	if now := w.destination(); now != "version 1 in place" {
		return said + " " + now
	}
	return said + " **version 1 stays in place**"
}

// linkTo makes the source a symbolic link.
func (w *world) linkTo(target string) {
	request := &oss.PutSymlinkRequest{Bucket: oss.Ptr(from), Key: oss.Ptr(key), Target: &target}
	if _, err := w.client.PutSymlink(w.ctx, request); err != nil {
		w.t.Fatal(err)
	}
}
