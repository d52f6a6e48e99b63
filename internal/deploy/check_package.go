package deploy

import (
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"

	"afterput/rules"
)

// Code returns the folder or zip that is uploaded, as the manifest names it: relative to the manifest's own folder. It
// is "" if the manifest names none.
func (m *Manifest) Code() string { return textAt(m.props, "code") }

// CheckPackage checks that the package contains what the manifest runs. files is what [Manifest.Code] names; nil means
// that it does not exist. That is a warning only, because the deployment may build it.
func (m *Manifest) CheckPackage(files fs.FS) (problems rules.Problems, warnings []rules.Warning) {
	if files == nil {
		return m.checkMissingPackage()
	}
	p := &problemList{file: m.name}
	program, location := textAt(m.props, "handler"), m.field("handler")
	if command := m.startCommand(); textAt(m.props, "runtime") != "go1" && len(command) > 0 {
		program, location = strings.TrimPrefix(command[0], codeFolder), m.field("customRuntimeConfig")
	}
	info, err := fs.Stat(files, path.Clean(program))
	switch {
	case err != nil || !info.Mode().IsRegular():
		p.add(location, "the package %s has no program %q; it contains %s", m.Code(), program, fileNames(files))
	case info.Mode()&0o111 == 0:
		p.add(location, "%s in the package %s is not executable, so FC cannot start it; make package sets its run bit",
			program, m.Code())
	}
	if textAt(m.props, "environmentVariables", "AFTERPUT_RULES") == "" {
		if _, err := fs.Stat(files, "rules.yaml"); err != nil {
			p.add(m.field("code"), "the package %s has no rules.yaml, and AFTERPUT_RULES is not set; "+
				"make package adds it", m.Code())
		}
	}
	return p.all, nil
}

func (m *Manifest) checkMissingPackage() (rules.Problems, []rules.Warning) {
	problems, warnings := &problemList{file: m.name}, &warningList{}
	switch code := at(m.props, "code"); {
	case code == nil:
		problems.add(m.props, "the function has no code; write code: ./dist/function, the folder that make package "+
			"writes")
	case code.Kind != yaml.ScalarNode || strings.Contains(code.Value, "${"): // in OSS, or unknown here
	default:
		warnings.add(code, rules.MissingPackage, "code %q does not exist yet; make package builds it", code.Value)
	}
	return problems.all, *warnings
}

// fileNames names some files of a package.
func fileNames(files fs.FS) string {
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
