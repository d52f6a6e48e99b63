package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"afterput/internal/localoss/fault"
	"afterput/internal/localoss/ram"
	"afterput/rules"
)

// blocks gives the fenced blocks of a page in one language.
func blocks(t *testing.T, page, language string) []string {
	t.Helper()
	text, err := os.ReadFile("../../" + page)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(string(text), -1) {
		found = append(found, m[1])
	}
	if found == nil {
		t.Fatalf("%s has no %s block", page, language)
	}
	return found
}

func none(string) (string, bool) { return "", false }

func TestTheRulesOfTheREADMELoad(t *testing.T) {
	for _, block := range blocks(t, "README.md", "yaml") {
		if _, err := rules.Load("README.md", []byte(block), none); err != nil {
			t.Error(err)
		}
	}
}

func TestThePolicyAndTheFaultsOfTheLocalPageLoad(t *testing.T) {
	for _, block := range blocks(t, "docs/local.md", "json") {
		if _, err := ram.Parse([]byte(block)); err != nil {
			t.Error(err)
		}
	}
	for _, block := range blocks(t, "docs/local.md", "yaml") {
		if _, err := fault.Load("docs/local.md", []byte(block)); err != nil {
			t.Error(err)
		}
	}
}

// The README's commands are make targets and subcommands that exist.
func TestTheCommandsOfTheREADMEExist(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	targets := regexp.MustCompile("(?m)(?:^|`)make ([a-z]+)").FindAllStringSubmatch(string(readme), -1)
	if len(targets) < 3 {
		t.Fatalf("the README names the targets %q only", targets)
	}
	for _, m := range targets {
		if !strings.Contains(string(makefile), "\n"+m[1]+":") {
			t.Errorf("make %s is no target", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`bin/afterput ([a-z]+)`).FindAllStringSubmatch(string(readme), -1) {
		if code, out, _ := command(t, m[1], "--help"); code != exitGood || !strings.Contains(out, "afterput "+m[1]) {
			t.Errorf("afterput %s: exit %d", m[1], code)
		}
	}
}
