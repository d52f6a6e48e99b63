package rules_test

import (
	"cmp"
	"fmt"

	"afterput/events"
	"afterput/rules"
)

const file = `version: 1
sources: [photos]
rules:
  - name: originals
    match: {prefix: in/, suffix: [.jpg, .png]}
    except: [{glob: "**/.tmp/**"}]
    copy:
      - {bucket: archive, key: "${time.date}/${base}", storage-class: IA}
`

func ExampleLoad() {
	set, err := rules.Load("rules.yaml", []byte(file), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Sources(), set.Destinations())

	// The error names every mistake of the file, with its location.
	_, err = rules.Load("rules.yaml", []byte(`version: 1
sources: [photos]
rules:
  - name: originals
    match: {prefx: in/}
    copy: [{bukket: archive}]
`), nil)
	fmt.Println(err)
	// Output:
	// [photos] [archive]
	// rules.yaml:5:13: match has no field "prefx"; did you mean "prefix"?
	// rules.yaml:6:13: copy has no field "bukket"; did you mean "bucket"?
}

// The environment comes in as a function; a nil one is an environment without variables.
func ExampleLoad_environment() {
	env := func(name string) (string, bool) { return "staging", name == "STAGE" }
	set, err := rules.Load("rules.yaml", []byte(`version: 1
sources: [photos]
rules:
  - name: all
    match: {}
    copy: [{bucket: "${env.STAGE}-archive"}]
`), env)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set.Destinations())
	// Output: [staging-archive]
}

func ExampleSet_Plan() {
	set, err := rules.Load("rules.yaml", []byte(file), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	payload := `{"events": [
		{"eventName": "ObjectCreated:PutObject", "eventTime": "2026-11-20T08:00:00Z",
		 "oss": {"bucket": {"name": "photos"}, "object": {"key": "in/a.jpg", "size": 29203}}},
		{"eventName": "ObjectCreated:PutObject", "eventTime": "2026-11-20T08:00:01Z",
		 "oss": {"bucket": {"name": "photos"}, "object": {"key": "in/notes.txt", "size": 7}}}]}`
	objects, err := events.Parse([]byte(payload))
	if err != nil {
		fmt.Println(err)
	}
	for _, o := range objects {
		plan, err := set.Plan(o, nil)
		if err != nil {
			fmt.Println(err)
			continue
		}
		for _, c := range plan.Copies {
			fmt.Printf("%s: copy to oss://%s/%s, class %s\n", o.Key, c.Bucket, c.Key, c.StorageClass)
		}
		for _, v := range plan.Verdicts() {
			fmt.Printf("%s: rule %s: %s; %s\n", o.Key, v.Rule, v.Answer, cmp.Or(v.Reason, "all conditions hold"))
		}
	}
	// Output:
	// in/a.jpg: copy to oss://archive/2026-11-20/a.jpg, class IA
	// in/a.jpg: rule originals: yes; all conditions hold
	// in/notes.txt: rule originals: no; key does not end with .jpg or .png
}
