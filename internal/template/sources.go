package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"afterput/internal/deploy"
	"afterput/rules"
)

// replacement is a text of the repository's file, and what the application has instead. It must occur.
type replacement struct{ old, new string }

// manifest is what a project has instead of what s.yaml says of this repository.
var manifest = []replacement{
	{"access: default ", `access: "{{ access }}" `},
	{"region: cn-hangzhou ", `region: "{{ region }}" `},
	{"function: afterput\n", "function: \"{{ functionName }}\"\n"},
	{"failures: afterput-failures ", `failures: "{{ failureQueue }}" `},
	{"logProject: afterput-logs ", `logProject: "{{ logProject }}" `},
	{"logstore: function ", `logstore: "{{ logstore }}" `},
	{"role: acs:ram::${config('AccountID')}:role/${vars.role}", `role: "{{ role }}"`},
	{"invocationRole: acs:ram::${config('AccountID')}:role/aliyunosseventnotificationrole",
		"invocationRole: {{ triggerRole }}"},
	{"./dist/function", "./code"},
}

// names are the parameters that the files have in common, by file.
var names = map[string][]replacement{
	"s.yaml": {
		{"my-uploads", "{{ sourceBucket }}"},
		{"incoming/", "{{ prefix }}"},
	},
	"code/rules.yaml": {
		{"- my-uploads", `- "{{ sourceBucket }}"`},
		{"my-replica", `"{{ destinationBucket }}"`},
		{"incoming/", `"{{ prefix }}"`},
	},
	"policy.json": {
		{"my-uploads", "{{ sourceBucket }}"},
		{"my-replica", "{{ destinationBucket }}"},
		{"incoming/", "{{ prefix }}"},
		{"mns:cn-hangzhou:", "mns:{{ region }}:"},
		{"queues/afterput-failures/", "queues/{{ failureQueue }}/"},
		{"project/afterput-logs/logstore/function", "project/{{ logProject }}/logstore/{{ logstore }}"},
	},
	"readme.md":    readmeNames,
	"readme_en.md": readmeNames,
}

// readmeNames are the parameters in the commands of both readmes.
var readmeNames = []replacement{
	{"cn-hangzhou", "{{ region }}"},
	{"my-uploads", "{{ sourceBucket }}"},
	{"my-replica", "{{ destinationBucket }}"},
	{"afterput-failures", "{{ failureQueue }}"},
	{"afterput-logs", "{{ logProject }}"},
	{"--logstore function", "--logstore {{ logstore }}"},
	{`"logstoreName":"function"`, `"logstoreName":"{{ logstore }}"`},
}

// head is what the s.yaml of a project begins with.
const head = `# 使用 Serverless Devs 部署：s deploy。规则在 code/rules.yaml 中，修改规则后请按 readme.md 更新触发器和权限策略。
# Deploys with Serverless Devs: s deploy. The rules are in code/rules.yaml.
`

// sources are the files of the project that are made of the repository in a folder.
func sources(repository string) (map[string][]byte, error) {
	read := func(name string) (string, error) {
		text, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(name)))
		return string(text), err
	}
	rulesText, err := read("function/rules.yaml")
	if err != nil {
		return nil, err
	}
	text, err := read("s.yaml")
	if err != nil {
		return nil, err
	}
	policy, err := policyOf(text, rulesText)
	if err != nil {
		return nil, err
	}
	if text, err = projectManifest(text); err != nil {
		return nil, fmt.Errorf("s.yaml: %w", err)
	}
	files := map[string][]byte{}
	texts := map[string]string{"s.yaml": text, "code/rules.yaml": withoutHead(rulesText), "policy.json": policy}
	for name, from := range map[string]string{
		"readme.md": "template/readme.md", "readme_en.md": "template/readme_en.md",
		"logstore-index.json": "examples/logstore-index.json",
	} {
		if texts[name], err = read(from); err != nil {
			return nil, err
		}
	}
	for name, text := range texts {
		if text, err = replace(text, names[name]); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = []byte(text)
	}
	return files, nil
}

// projectManifest is s.yaml as a project has it, which brings its package along.
func projectManifest(text string) (string, error) {
	_, text, begins := strings.Cut(text, "\nedition:")
	actions, props := strings.Index(text, "    actions:\n"), strings.Index(text, "    props:\n")
	role := strings.Index(text, "  role: afterput ")
	if !begins || actions < 0 || props < actions || role < 0 {
		return "", fmt.Errorf("has no edition, role, actions or props where they were")
	}
	text = text[:actions] + text[props:]
	after := role + strings.IndexByte(text[role:], '\n') + 1
	text = head + "edition:" + text[:role] + text[after:]
	return replace(text, manifest)
}

// replace makes replacements, each of which must occur.
func replace(text string, all []replacement) (string, error) {
	for _, r := range all {
		if !strings.Contains(text, r.old) {
			return "", fmt.Errorf("does not contain %q", r.old)
		}
		text = strings.ReplaceAll(text, r.old, r.new)
	}
	return text, nil
}

// withoutHead is a rules file without the comment that it begins with, which is about this repository.
func withoutHead(text string) string { return text[strings.Index(text, "version:"):] }

// policyOf is the policy for the function's role.
func policyOf(manifest, rulesText string) (string, error) {
	noEnv := func(string) (string, bool) { return "", false }
	set, err := rules.Load("function/rules.yaml", []byte(rulesText), noEnv)
	if err != nil {
		return "", err
	}
	m, err := deploy.ReadManifest("s.yaml", []byte(manifest), noEnv)
	if err != nil {
		return "", err
	}
	options, err := m.PolicyOptions()
	if err != nil {
		return "", err
	}
	policy, _, err := deploy.PolicyOf(set, options)
	if err != nil {
		return "", err
	}
	text, _ := policy.Document()
	return text, nil
}
