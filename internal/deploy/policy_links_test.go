package deploy_test

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"afterput/internal/deploy"
)

func TestThePolicyAllowsWhatALinkPointsToOnlyIfACopyFollowsLinks(t *testing.T) {
	for name, c := range map[string]struct {
		match, copy string
		without     string // an action on any object of src that the policy needs; "" if it must have none
	}{
		"followed":      {"{prefix: in/}", "{bucket: dst, follow-symlinks: true}", "oss:GetObject"},
		"with its tags": {"{prefix: in/}", "{bucket: dst, follow-symlinks: true}", "oss:GetObjectTagging"},
		"as a link":     {"{prefix: in/}", "{bucket: dst}", ""},
		"objects only": {
			"{prefix: in/, event: 'ObjectCreated:PutObject'}", "{bucket: dst, follow-symlinks: true}", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup{rules: oneRule(c.match, "["+c.copy+"]")}
			s.options.SingleCopyLimit = 1 // in parts, which reads the tags
			policy := s.policy(t, deploy.PolicyOptions{})
			if c.without == "" {
				if strings.Contains(policy.JSON(), `:src/*"`) {
					t.Errorf("allows more than it needs:\n%s", policy.JSON())
				}
				return
			}
			put := func(w *world) {
				w.put("elsewhere/a", func(r *oss.PutObjectRequest) { r.Tagging = oss.Ptr("k=v") })
				if _, err := w.admin.PutSymlink(t.Context(), &oss.PutSymlinkRequest{
					Bucket: oss.Ptr("src"), Key: oss.Ptr("in/link"), Target: oss.Ptr("elsewhere/a")}); err != nil {
					t.Fatal(err)
				}
			}
			inWorld(t, s, policy, func(w *world) {
				put(w)
				if all, report := w.handle(); onlyCopied(all) != nil || len(w.refused) > 0 {
					t.Errorf("with the whole policy: %v, refused %q, %s", all, w.refused, report)
				}
			})
			inWorld(t, s, without(t, policy, c.without, ":src/*"), func(w *world) {
				put(w)
				if all, _ := w.handle(); onlyCopied(all) == nil {
					t.Errorf("without %s everything still works", c.without)
				}
			})
		})
	}
}
