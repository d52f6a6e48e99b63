package main

import (
	"regexp"
	"testing"
)

func TestNoHelpTextIsTheNameOfOneThatIsMissing(t *testing.T) {
	help := good(t)
	for _, command := range regexp.MustCompile(`(?m)^  ([a-z]+)( |$)`).FindAllStringSubmatch(help, -1) {
		help += good(t, command[1], "--help")
	}
	if name := regexp.MustCompile(`\b\w+_help\b`).FindString(help); name != "" || len(help) < 20_000 {
		t.Errorf("a help text is %s; %d bytes in all", name, len(help))
	}
}
