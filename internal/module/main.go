// Command module gives the module another path, with a host, so that `go install` can fetch the tool from where the
// repository is hosted:
//
//	module example.com/team/afterput
//
// It rewrites go.mod, every import and every other place in the Go files, the Makefile and the release's configuration
// that names a package, below the working directory. Nothing is written if the path is not valid or a file cannot be
// read.
package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if err := run(os.Args[1:], ".", os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "module:", err)
		os.Exit(1)
	}
}

func run(args []string, root string, stdout io.Writer) error {
	if len(args) != 1 || args[0] == "" {
		return errors.New("say which path the module is to have: make module MODULE=example.com/team/afterput")
	}
	to := args[0]
	if err := check(to); err != nil {
		return err
	}
	from, err := current(root)
	if err != nil {
		return err
	}
	if from == to {
		return fmt.Errorf("the module is %s already", to)
	}
	changed, err := rewritten(root, from, to)
	if err != nil {
		return err
	}
	for name, text := range changed {
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(name, text, info.Mode()); err != nil {
			return err
		}
	}
	fmt.Fprintf(stdout, "%s is now %s: %d files changed\n", from, to, len(changed))
	return nil
}

// validPath is a module path that go install accepts: a host with a dot, then names. Source: go.dev/ref/mod,
// "Module paths".
var validPath = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+(/[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_-])?)+$`)

// refusedPath are the names of that form that Go refuses all the same: of Windows' devices, of the folder of vendored
// packages, and of a major version before 2.
var refusedPath = regexp.MustCompile(`(?i)/(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.[^/]*)?(/|$)|` +
	`/vendor(/|$)|/v(0[0-9]*|1)$`)

func check(path string) error {
	if !validPath.MatchString(path) || refusedPath.MatchString(path) {
		return fmt.Errorf("%q is not a module path that can be fetched: write a host with a dot and names behind it, "+
			"such as example.com/team/afterput", path)
	}
	return nil
}

// moduleLine is the line of go.mod with the module's path.
var moduleLine = regexp.MustCompile(`(?m)^module (\S+)$`)

func current(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", err
	}
	m := moduleLine.FindSubmatch(text)
	if m == nil {
		return "", errors.New("go.mod has no line that begins with module")
	}
	return string(m[1]), nil
}

// rewritten are the files that name packages of the module, as they are to be.
func rewritten(root, from, to string) (map[string][]byte, error) {
	folders, err := goFolders(root)
	if err != nil {
		return nil, err
	}
	// A package is named behind a quote, white space or an equals sign: the module's path and a folder with Go files. A
	// path with nothing behind it is what a program puts before the name of a folder.
	name := regexp.MustCompile("([\"`'= \t(,])" + regexp.QuoteMeta(from) + "/((?:" + strings.Join(folders, "|") +
		")\\b|\")")
	changed := map[string][]byte{}
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if path != root && (base == "testdata" || base == "bin" || base == "dist" || base == ".git") {
				return filepath.SkipDir
			}
			return nil
		}
		if base != "go.mod" && base != "Makefile" && base != ".goreleaser.yaml" && filepath.Ext(base) != ".go" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		after := name.ReplaceAllString(string(text), "${1}"+to+"/${2}")
		if base == "go.mod" {
			after = strings.Replace(after, "module "+from+"\n", "module "+to+"\n", 1)
		}
		if after != string(text) {
			changed[path] = []byte(after)
		}
		return nil
	})
	return changed, err
}

// goFolders are the folders at the top that have Go files in or below them.
func goFolders(root string) (folders []string, err error) {
	files, err := filepath.Glob(filepath.Join(root, "*"))
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		found := false
		err := filepath.WalkDir(f, func(path string, entry fs.DirEntry, err error) error {
			found = found || err == nil && !entry.IsDir() && filepath.Ext(path) == ".go"
			return err
		})
		if err != nil {
			return nil, err
		}
		if found {
			folders = append(folders, regexp.QuoteMeta(filepath.Base(f)))
		}
	}
	return folders, nil
}
