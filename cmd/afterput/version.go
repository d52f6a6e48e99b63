package main

import "runtime/debug"

// commit is what make build was run on, set by the linker: builds carry no state of a git checkout by themselves.
var commit string

// version is the module's version, or else the commit that the tool was built from, as far as they are known.
func version() string {
	info, ok := debug.ReadBuildInfo()
	switch {
	case ok && info.Main.Version != "" && info.Main.Version != "(devel)":
		return info.Main.Version
	case commit != "":
		return "devel, commit " + commit
	}
	return "devel"
}
