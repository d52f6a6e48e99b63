package main

import (
	"os"
	"regexp"
	"testing"

	"afterput/internal/localoss/fault"
	"afterput/internal/localoss/ram"
	"afterput/rules"
)

// blocks returns the fenced blocks of a page in one language.
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
