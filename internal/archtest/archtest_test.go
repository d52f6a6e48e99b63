// Package archtest keeps the imports pointing one way:
//
//	function, cmd -> internal/relay -> internal/copier -> internal/state -> internal/osscall, rules -> events
//
// with the local servers beside that path and importing none of ours, the pure
// packages without I/O, and the deployed function without what only the command
// line and the tests need.
package archtest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// path says for each package of the product which packages of the product it
// may import, itself and those below it aside. A package that is not here
// (commands, demonstrations, tools) may import any that is, and is imported by
// none that is.
var path = map[string][]string{
	"events":            {},
	"rules":             {"events"},
	"internal/osscall":  {},
	"internal/state":    {"internal/osscall", "rules"},
	"internal/copier":   {"internal/state", "internal/osscall", "rules", "events"},
	"internal/relay":    {"internal/copier", "internal/osscall", "rules", "events"},
	"internal/settings": {"internal/copier", "internal/state", "internal/osscall", "rules", "events"},
	"function": {"internal/relay", "internal/settings", "internal/copier", "internal/osscall", "rules",
		"events"},
	"internal/localoss": {},
	"internal/localfc":  {},
	"internal/pack":     {},
}

// impure are the packages that the pure ones may not import: whatever reads
// files, the network, the environment, or draws by chance; and the SDKs.
var impure = []string{
	"os", "os/...", "io/ioutil", "net", "net/http/...", "net/rpc/...", "net/smtp", "syscall", "golang.org/x/sys/...",
	"log/...", "math/rand/...", "crypto/rand", "runtime/...", "github.com/aliyun/...",
}

// keptOut is what may not be in the deployed function, by who needs it instead. Neither of the
// two SDKs imports a template package.
var keptOut = map[string][]string{
	"the command line": {"afterput/cmd/...", "github.com/alecthomas/kong/...", "github.com/schollz/progressbar/..."},
	"the local servers": {
		"afterput/internal/localoss/...", "afterput/internal/localfc/...", "net/http/httptest",
	},
	"nobody (2.9 MiB)": {"text/template/...", "html/template/..."},
	"the tests": {
		"testing/...", "github.com/google/go-cmp/...", "github.com/rogpeppe/go-internal/...",
		"github.com/santhosh-tekuri/jsonschema/...", "pgregory.net/rapid/...", "go.uber.org/goleak/...",
	},
}

func TestImportsPointOneWay(t *testing.T) {
	for name, imports := range importsOf(t) {
		from := owner(name)
		allowed, onPath := path[from]
		if !onPath {
			continue
		}
		for _, imported := range imports {
			to, ours := strings.CutPrefix(imported, "afterput/")
			if ours && owner(to) != from && !slices.Contains(allowed, owner(to)) {
				t.Errorf("%s imports %s; of ours it may import %q only", name, to, allowed)
			}
		}
	}
}

func TestEveryPackageOnThePathExists(t *testing.T) {
	there := map[string]bool{}
	for name := range importsOf(t) {
		there[owner(name)] = true
	}
	for name := range path {
		if !there[name] {
			t.Errorf("%s is named by the import rules and does not exist", name)
		}
	}
}

func TestRulesAndEventsArePure(t *testing.T) {
	for name, imports := range importsOf(t) {
		if o := owner(name); o != "rules" && o != "events" {
			continue
		}
		for _, imported := range imports {
			if matchesAny(impure, imported) {
				t.Errorf("%s imports %s: %s does no I/O", name, imported, name)
			}
		}
	}
}

func TestTheFunctionIsFreeOfWhatOnlyOthersNeed(t *testing.T) {
	deps := goList(t, "-deps", "./function")
	for who, packages := range keptOut {
		for _, dep := range deps {
			if matchesAny(packages, dep) {
				t.Errorf("the function is built with %s, which is for %s", dep, who)
			}
		}
	}
}

func TestPatternsMatchAPackageAndThoseBelowIt(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"os", "os", true}, {"os", "os/exec", false}, {"os/...", "os/exec", true}, {"os/...", "os", true},
		{"net", "net/netip", false}, {"log/...", "logs", false},
	} {
		if got := matchesAny([]string{c.pattern}, c.name); got != c.want {
			t.Errorf("pattern %s, package %s: %t", c.pattern, c.name, got)
		}
	}
}

// owner is the entry of path that a package, named without the module, belongs
// to; the package itself if there is none.
func owner(name string) string {
	for p := range path {
		if name == p || strings.HasPrefix(name, p+"/") {
			return p
		}
	}
	return name
}

// matchesAny tells whether a package is one of the patterns: a name, or a name
// with /... for itself and what is below it.
func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		root, below := strings.CutSuffix(p, "/...")
		return name == root || below && strings.HasPrefix(name, root+"/")
	})
}

// importsOf returns what each package of this module, named without the module,
// imports outside of its tests. Programs that only tests run (testfunc) are
// packages like any other.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, line := range goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...") {
		words := strings.Fields(line)
		all[strings.TrimPrefix(words[0], "afterput/")] = words[1:]
	}
	if len(all) < len(path) {
		t.Fatalf("go list named %d packages only", len(all))
	}
	return all
}

// goList runs go list for the system the function is deployed on.
func goList(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %q: %v\n%s", args, err, problems.String())
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
