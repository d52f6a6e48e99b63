package deploy_test

import (
	"testing"

	"afterput/internal/deploy"
)

func TestThePolicyIsEnoughForCopiesToAnotherRegion(t *testing.T) {
	for name, size := range map[string]int64{"small": 1000, "in parts": 5 << 20} {
		t.Run(name, func(t *testing.T) {
			s := setup{far: "cn-beijing", rules: oneRule("{size: {below: 100MiB}}",
				"[{bucket: dst, region: cn-beijing, tagging-directive: MERGE, tagging: {a: b}, object-acl: private}]")}
			inWorld(t, s, s.policy(t, deploy.PolicyOptions{}), func(w *world) {
				if err := w.PutSparse("src", "in/a", size); err != nil {
					t.Fatal(err)
				}
				upload := w.event
				for retries := range 2 { // a second attempt compares
					w.event = upload // and not that of a GetObject
					all, report := w.attempt(retries)
					if len(all) != 1 || len(w.refused) > 0 {
						t.Errorf("%v; refused %q\n%s", all, w.refused, report)
					}
				}
				if o, ok := w.Object("dst", "in/a"); !ok || o.Size != size || len(o.Tags) != 1 {
					t.Errorf("the destination is %+v", o)
				}
			})
		})
	}
}
