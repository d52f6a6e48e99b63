package deploy

import (
	"slices"
	"strings"
	"testing"

	"afterput/events"
)

// withRestore is a rules file with a copy that has restore, and another rule.
func withRestore(match string) string {
	return "version: 1\nsources: [src]\nrules:\n  - name: r\n    match: " + match +
		"\n    copy: [{bucket: dst, restore: {}}]\n  - name: other\n    match: {prefix: other/}\n" +
		"    copy: [{bucket: dst}]\n"
}

func TestTheEndOfRestoresIsDeliveredWhereAColderSourceMayBeRestored(t *testing.T) {
	for match, want := range map[string][]string{
		"{prefix: in/, suffix: .mov}":                                                  {"in/*.mov"},
		"{prefix: in/, event: ObjectCreated:PutObject}":                                {"in/*"},
		"{prefix: in/, storage-class: [Archive, DeepColdArchive]}":                     {"in/*"},
		"{prefix: in/, storage-class: [Standard, Archive]}":                            nil,
		"{prefix: in/, storage-class: Standard}":                                       nil,
		"{prefix: in/, event: ObjectCreated:PutSymlink}":                               nil,
		"{prefix: [a/, b/], principal: '1'}":                                           {"a/*", "b/*"},
		"{prefix: in/}\n    except: [{storage-class: [ColdArchive, DeepColdArchive]}]": nil,
	} {
		t.Run(match, func(t *testing.T) {
			set := load(t, withRestore(match))
			triggers, notes := Triggers(set)
			var got []string
			for _, tr := range triggers {
				if !slices.Contains(tr.Events, events.FinishRestore) {
					continue
				}
				if tr.Type != EventBridge || len(tr.Events) != 1 {
					t.Errorf("%+v", tr)
				}
				for _, p := range tr.Prefixes {
					got = append(got, p+"*"+strings.Join(tr.Suffixes, ","))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("delivered for %q, want %q", got, want)
			}
			note := events.FinishRestore + " comes through EventBridge"
			if strings.Contains(strings.Join(notes, "\n"), note) != (want != nil) {
				t.Errorf("notes %q", notes)
			}
			checkYAML(t, set, triggers)
		})
	}
}

func TestAManifestWithoutTheTriggerOfRestoresIsAProblemAndOneNobodyNeedsAWarning(t *testing.T) {
	pattern := `{"source":["acs.oss"],"type":["oss:ObjectRestore:FinishRestore"],` +
		`"data":{"oss":{"bucket":{"name":["src"]},"object":{"key":[{"prefix":"in/"}]}}}}`
	upload := nativeTrigger("t", "src", uploads, "in/", "") + nativeTrigger("u", "src", uploads, "other/", "")
	native := strings.Replace(upload, uploads, uploads+", oss:ObjectRestore:FinishRestore", 1)
	for name, c := range map[string]struct{ match, triggers, problem, warning string }{
		"missing": {"{prefix: in/}", upload,
			"rule r (line 4) wants ObjectRestore:FinishRestore of bucket src, but no trigger delivers it", ""},
		"there":       {"{prefix: in/}", upload + bridgeTrigger("v", pattern), "", ""},
		"through OSS": {"{prefix: in/}", native, `OSS triggers have no event "oss:ObjectRestore:FinishRestore"`, ""},
		"not needed": {"{prefix: in/, storage-class: Archive}", upload + bridgeTrigger("v", pattern), "",
			"no copy that may have a ColdArchive or DeepColdArchive source has restore"},
	} {
		t.Run(name, func(t *testing.T) {
			problems, warnings := read(t, "", "      triggers:"+c.triggers).Check(load(t, withRestore(c.match)))
			for what, one := range map[string]struct{ got, want string }{
				"problems": {problems.Error(), c.problem}, "warnings": {texts(warnings).Error(), c.warning},
			} {
				silent := one.want == "" && !strings.Contains(one.got, "FinishRestore")
				if !silent && (one.want == "" || !strings.Contains(one.got, one.want)) {
					t.Errorf("%s %q, want %q", what, one.got, one.want)
				}
			}
		})
	}
}
