package rules

import (
	"slices"
	"strings"
	"testing"

	"afterput/events"
)

// What keeps rules from taking an object is measured, so that those that are nearest can be listed first; a disabled
// rule says what it would do.
func TestVerdictsSayHowFarARuleIsFromTakingTheObject(t *testing.T) {
	set, err := Load("rules.yaml", []byte(`version: 1
sources: [inbox, logs]
rules:
  - {name: two, match: {prefix: in/, suffix: .pdf}, copy: [{bucket: replica}]}
  - {name: logs, match: {bucket: logs}, copy: [{bucket: replica}]}
  - {name: one, match: {prefix: in/}, copy: [{bucket: replica}]}
  - {name: excluded, match: {prefix: out/}, except: [{suffix: .tmp}], copy: [{bucket: replica}]}
  - {name: class, match: {storage-class: IA}, copy: [{bucket: replica}]}
  - {name: off, disabled: true, match: {bucket: inbox}, copy: [{bucket: replica}]}
  - {name: off-and-two, disabled: true, match: {prefix: in/, suffix: .pdf}, copy: [{bucket: replica}]}
  - {name: stops, match: {prefix: out/}, stop: true, copy: [{bucket: replica}]}
  - {name: stopped, match: {bucket: inbox}, copy: [{bucket: vault}]}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := set.Plan(events.Object{Event: "ObjectCreated:PutObject", Region: "cn-hangzhou", Bucket: "inbox",
		Key: "out/a.tmp", Size: events.Some(int64(1)), ContentType: events.Some("text/plain")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := plan.Verdicts()
	slices.SortStableFunc(verdicts, func(a, b Verdict) int { return a.Distance - b.Distance })
	var got []string
	for _, v := range verdicts {
		got = append(got, v.Rule+": "+v.Reason)
	}
	want := []string{
		"stops: ",
		"class: on HeadObject: storage-class IA",
		"off: disabled; it would take the object",
		"stopped: rule stops has stop and takes the object first",
		"one: key does not begin with in/",
		"excluded: excluded by except: suffix .tmp",
		"two: key does not begin with in/",
		"off-and-two: disabled, and key does not begin with in/",
		"logs: bucket is inbox, must be logs",
	}
	if !slices.Equal(got, want) {
		t.Errorf("by distance:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, v := range verdicts {
		if v.IsAboutOtherBuckets() != (v.Rule == "logs") {
			t.Errorf("%s is %d away", v.Rule, v.Distance)
		}
	}
}
