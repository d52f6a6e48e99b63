package deploy

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"afterput/internal/localoss/ram"
	"afterput/internal/randomrules"
	"afterput/rules"
)

// policyFor returns the policy of rules, as it is and as the local OSS reads it.
func policyFor(t interface{ Fatal(...any) }, set *rules.Set) (Policy, *ram.Policy, []string) {
	p, notes, err := PolicyOf(set, PolicyOptions{})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := ram.Parse([]byte(p.JSON()))
	if err != nil {
		t.Fatal(err, p.JSON())
	}
	return p, parsed, notes
}

// resourcesOf returns the resources of an action, without "acs:oss:*:*:" and without state objects.
func resourcesOf(p Policy, action string) (all []string) {
	for _, s := range p.Statement {
		if slices.Contains(s.Action, action) {
			for _, r := range s.Resource {
				if r = strings.TrimPrefix(r, "acs:oss:*:*:"); !strings.Contains(r, "/.afterput/") {
					all = append(all, r)
				}
			}
		}
	}
	return all
}

func TestResourcesAreBucketsAndTheLiteralBeginningOfKeys(t *testing.T) {
	for name, c := range map[string]struct {
		match, copy string
		read, write string // resources
	}{
		"same key": {"{prefix: in/}", "{bucket: dst}", "dst/in/* src/in/*", "dst/in/*"},
		"any key":  {"{}", "{bucket: dst}", "dst/* src/*", "dst/*"},
		"prefix before the key": {
			"{prefix: in/}", "{bucket: dst, key: 'a/${key}'}", "dst/a/in/* src/in/*", "dst/a/in/*",
		},
		"prefix cut off": {
			"{prefix: public/de/}", "{bucket: dst, key: '${key#public/}'}", "dst/de/* src/public/de/*", "dst/de/*",
		},
		"a date": {
			"{prefix: in/}", "{bucket: dst, key: 'log/${time.year}/x'}", "dst/log/* src/in/*", "dst/log/*",
		},
		"one key": {"{prefix: in/}", "{bucket: dst, key: latest}", "dst/latest* src/in/*", "dst/latest*"},
		"a group": {`{regexp: '^in/(?<n>a\d)/'}`, "{bucket: dst, key: 'x/${re.n}/${base}'}",
			"dst/x/a* src/in/a*", "dst/x/a*"},
		"several prefixes": {
			"{prefix: [a/, b/, a/c/]}", "{bucket: dst}", "dst/a/* dst/b/* src/a/* src/b/*", "dst/a/* dst/b/*",
		},
		"an except": {
			"{prefix: [a/, b/]}\n    except: [{prefix: b/}]", "{bucket: dst}", "dst/a/* src/a/*", "dst/a/*",
		},
		"bucket by the tag": {
			"{prefix: in/}", "{bucket: 'team-${tag.team}', key: 'x/${key}'}",
			"src/in/* team-*/x/in/*", "team-*/x/in/*",
		},
		"another bucket": {"{bucket: other, prefix: in/}", "{bucket: dst}", "dst/in/* other/in/*", "dst/in/*"},
		"same bucket":    {"{prefix: in/, bucket: src}", "{key: 'out/${base}'}", "src/in/* src/out/*", "src/out/*"},
		"in place":       {"{prefix: in/, bucket: src}", "{tagging: {a: b}}", "src/in/*", ""},
		"widest only":    {"{bucket: src}", "{bucket: dst}, {bucket: dst, key: 'a/${key}'}", "dst/* src/*", "dst/*"},
	} {
		t.Run(name, func(t *testing.T) {
			sources := "[src]"
			if strings.Contains(c.match, "other") {
				sources = "[src, other]"
			}
			const format = "version: 1\nsources: %s\nrules:\n  - name: r\n    match: %s\n    copy: [%s]\n"
			p, _, notes := policyFor(t, load(t, fmt.Sprintf(format, sources, c.match, c.copy)))
			read := strings.Join(resourcesOf(p, "oss:GetObject"), " ")
			write := strings.Join(resourcesOf(p, "oss:PutObject"), " ")
			if read != c.read || write != c.write {
				t.Errorf("reads %s, writes %s\nwant  %s, writes %s", read, write, c.read, c.write)
			}
			noted := strings.Contains(strings.Join(notes, "\n"), "depends on the object")
			if noted != strings.Contains(c.write, "team-*") {
				t.Errorf("notes %q", notes)
			}
		})
	}
}

func TestThePolicyAllowsEveryPlannedCopy(t *testing.T) {
	keys := []string{
		"${key}", "out/${key}", "${dir}/x", "out/${base}", "o-${stem}.${ext:-none}", "${key#a/}z", "${key%x}/z",
		"l/${time.date}", "${bucket}/${rule}", "k",
	}
	copies, checked := 0, 0
	randomrules.Seeds(t, 200, func(t *testing.T, seed uint64) {
		r := randomrules.New(seed)
		text := r.Rules(randomrules.Keys)
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			if strings.HasPrefix(line, "    copy: ") {
				bucket := randomrules.OneOf(r, []string{"dst", "${bucket}-dst", "to-${stem:-x}"})
				key := randomrules.OneOf(r, keys)
				lines[i] = fmt.Sprintf("    copy: [{bucket: %q, key: %q}]", bucket, key)
			}
		}
		text = strings.Join(lines, "\n")
		set, err := rules.Load("rules.yaml", []byte(text), noEnv)
		if err != nil {
			return
		}
		if _, _, err := PolicyOf(set, PolicyOptions{}); errors.Is(err, ErrNothingToCopy) {
			return
		}
		checked++
		p, parsed, _ := policyFor(t, set)
		for range 50 {
			o := r.Object().Object
			plan, planErr := set.Plan(o, nil)
			if planErr != nil {
				t.Fatal(planErr)
			}
			for _, c := range plan.Copies {
				if c.Err != nil {
					continue
				}
				copies++
				from, to := o.Bucket+"/"+o.Key, c.Bucket+"/"+c.Key
				for _, need := range [][2]string{
					{"oss:GetObject", from}, {"oss:GetObjectTagging", from},
					{"oss:PutObject", to}, {"oss:PutObjectTagging", to}, {"oss:ListParts", to},
				} {
					if !parsed.Allows(need[0], "acs:oss:cn-hangzhou:1:"+need[1]) {
						t.Fatalf("%s on %s is not allowed\n%s\n%s", need[0], need[1], text, p.JSON())
					}
				}
			}
		}
	})
	if copies < checked { // on average each set of rules copies 22 of its 50 objects
		t.Errorf("%d copies of %d sets of rules only: the test says little", copies, checked)
	}
}

func TestTheARNOfAnOnFailureDestinationDecidesTheAction(t *testing.T) {
	set := load(t, rulesOf("{}"))
	for arn, want := range map[string]string{
		"acs:mns:cn-hangzhou:1:/queues/q/messages":   "mns:SendMessage",
		"acs:mns:cn-hangzhou:1:/topics/t/messages":   "mns:PublishMessage",
		"acs:fc:cn-hangzhou:1:functions/f":           "fc:InvokeFunction",
		"acs:eventbridge:cn-hangzhou:1:eventbus/b":   "eventbridge:PutEvents",
		"acs:mq:cn-hangzhou:1:/instances/i/topics/t": "mq:PUB",
		"acs:oss:cn-hangzhou:1:b":                    "",
		"acs:mns:cn-hangzhou":                        "",
		"queue":                                      "",
	} {
		p, _, err := PolicyOf(set, PolicyOptions{OnFailure: arn})
		if (err != nil) != (want == "") || want != "" && !slices.Equal(resourcesOf(p, want), []string{arn}) {
			t.Errorf("%s: error %v\n%s", arn, err, p.JSON())
		}
	}
}

func TestAPolicyThatIsTooLongForRAMIsPrintedAsSeveral(t *testing.T) {
	for n, want := range map[int]struct {
		policies int
		note     string
	}{
		18:   {1, ""},
		70:   {1, ""},
		200:  {4, "this is a list of 4 policies"},
		1000: {16, "a role can have at most 10 custom policies"},
	} {
		var matches []string
		for i := range n {
			matches = append(matches, fmt.Sprintf("{prefix: tenants/number-%d/}", i))
		}
		p, _, err := PolicyOf(load(t, rulesOf(matches...)), PolicyOptions{})
		if err != nil {
			t.Fatal(err)
		}
		text, note := p.Document()
		policies := policiesIn(t, text)
		if len(policies) != want.policies || !strings.Contains(note, want.note) || (note == "") != (want.note == "") {
			t.Errorf("%d rules: %d policies, want %d; note %q", n, len(policies), want.policies, note)
		}
		for _, one := range policies {
			if len(one) > largestPolicy {
				t.Errorf("%d rules: a policy of %d characters", n, len(one))
			}
		}
		parsed, err := ram.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < n; i += 9 {
			for _, need := range []string{
				fmt.Sprintf("oss:GetObject src/tenants/number-%d/x", i),
				fmt.Sprintf("oss:PutObject dst/%d/tenants/number-%d/x", i, i),
			} {
				action, on, _ := strings.Cut(need, " ")
				if !parsed.Allows(action, "acs:oss:cn-hangzhou:1:"+on) {
					t.Errorf("%d rules: %s is not allowed", n, need)
				}
			}
		}
	}
}

// policiesIn returns the policies in what afterput policy prints, each as it is written.
func policiesIn(t *testing.T, text string) (policies []json.RawMessage) {
	t.Helper()
	if strings.HasPrefix(text, "{") {
		return []json.RawMessage{[]byte(text)}
	}
	if err := json.Unmarshal([]byte(text), &policies); err != nil {
		t.Fatal(err)
	}
	return policies
}
