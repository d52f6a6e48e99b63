package relay_test

import (
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/copier"
)

const followLinks = `
version: 1
sources: [source-bucket]
rules:
  - name: links
    match: {prefix: in/}
    copy: [{bucket: target-bucket, key: "${base}", follow-symlinks: true}]
`

// putLink puts a symbolic link, and gives its event.
func (w *world) putLink(key, target string) []byte {
	w.t.Helper()
	_, err := w.client.PutSymlink(w.t.Context(), &oss.PutSymlinkRequest{
		Bucket: oss.Ptr(from), Key: &key, Target: &target})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.newest()
}

// The copy of what the link pointed to lands after that of what it points to now.
func TestLateCopyOfWhatALinkPointedToIsRepaired(t *testing.T) {
	for name, change := range map[string]func(w *world, first []byte) []byte{
		"the link points elsewhere": func(w *world, _ []byte) []byte {
			w.put("v2", "new")
			return w.putLink("in/k", "v2")
		},
		"the target was overwritten, and the link put again": func(w *world, _ []byte) []byte {
			w.put("v1", "new")
			return w.putLink("in/k", "v1")
		},
		"the target was overwritten, and the event delivered twice": func(w *world, first []byte) []byte {
			w.put("v1", "new")
			return first
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup{faults: lateFirst, rules: followLinks, options: copier.Options{Confirm: copier.ConfirmSlow}}
			inWorld(t, s, func(t *testing.T, w *world) {
				w.put("v1", "old")
				first := w.putLink("in/k", "v1")
				time.Sleep(2 * time.Second) // times have seconds
				w.overtake(first, func() []byte { return change(w, first) })
				if got := w.content("k"); got != "new" {
					t.Errorf("the destination holds %q", got)
				}
			})
		})
	}
}
