package deploy

import (
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"afterput/rules"
)

// Code is the folder or zip that is uploaded, as the manifest names it: relative
// to the manifest's own folder. "" if it names none.
func (m *Manifest) Code() string { return textAt(m.props, "code") }

// CheckPackage checks that the package holds what the manifest runs. files is
// what [Manifest.Code] names; nil says that it is not there, which is a warning:
// the deployment may build it.
func (m *Manifest) CheckPackage(files fs.FS) (problems, warnings rules.Problems) {
	c := m.clean()
	code := c.placeOf("code")
	if files == nil {
		switch code := at(m.props, "code"); {
		case code == nil:
			c.wrong(m.props, "the function has no code: write the folder that make package writes, ./dist/function")
			return c.problems, nil
		case code.Kind != yaml.ScalarNode || strings.Contains(code.Value, "${"):
			return nil, nil // in OSS, or unknown here
		}
		c.wrong(code, "code %q is not there yet: make package builds it", m.Code())
		return nil, c.problems
	}
	program, place := textAt(m.props, "handler"), c.placeOf("handler")
	if command := m.command(); textAt(m.props, "runtime") != "go1" && len(command) > 0 {
		program, place = strings.TrimPrefix(command[0], codeFolder), c.placeOf("customRuntimeConfig")
	}
	info, err := fs.Stat(files, path.Clean(program))
	switch {
	case err != nil || !info.Mode().IsRegular():
		c.wrong(place, "the package %s holds no program %q; it holds %s", m.Code(), program, listed(files))
	case info.Mode()&0o111 == 0:
		c.wrong(place, "%s in the package %s has no run bit, without which FC cannot start it: make package sets it", program, m.Code())
	}
	if rules := textAt(at(m.props, "environmentVariables"), "AFTERPUT_RULES"); rules == "" {
		if _, err := fs.Stat(files, "rules.yaml"); err != nil {
			c.wrong(code, "the package %s holds no rules.yaml, and AFTERPUT_RULES names no other: make package puts it in", m.Code())
		}
	}
	return c.problems, nil
}

// listed names some files of a package.
func listed(files fs.FS) string {
	const most = 5
	var names []string
	entries, _ := fs.ReadDir(files, ".") // "nothing" where it cannot be read
	for i, e := range entries {
		if i == most {
			names = append(names, "…")
			break
		}
		names = append(names, e.Name())
	}
	if names == nil {
		return "nothing"
	}
	return strings.Join(names, ", ")
}
