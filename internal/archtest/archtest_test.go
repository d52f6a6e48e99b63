// Package archtest checks what holds for the sources as a whole. The imports point one way:
//
//	function, cmd -> internal/existing -> internal/relay -> internal/copier -> internal/state -> internal/osscall
//	  -> rules -> events
//
// The local servers are not on that path and import none of these packages. rules and events do no I/O and read no
// clock, and the deployed function is built without what only the command line and the tests need. The page on the
// design shows the packages as they are, and the page on operations has every error code. Lines end by column 120, and
// words that are hard to understand stay out.
package archtest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// path says for each package of the product which packages of the product it may import, besides itself and those
// below it. A package that is not listed (commands, demonstrations, tools) may import any that is, and is imported by
// none that is.
var path = map[string][]string{
	"events":           {},
	"rules":            {"rules/internal/keyset", "events"},
	"internal/osscall": {},
	"internal/state":   {"internal/osscall", "rules"},
	"internal/copier":  {"internal/state", "internal/osscall", "rules", "events"},
	"internal/relay":   {"internal/copier", "internal/osscall", "rules", "events"},
	"internal/sorted":  {},
	"internal/listing": {"internal/osscall"},
	"internal/existing": {"internal/sorted", "internal/listing", "internal/filelock", "internal/relay",
		"internal/copier", "internal/state", "internal/osscall", "rules", "events"},
	"internal/acs3":     {},
	"internal/sts":      {"internal/acs3", "internal/osscall", "rules", "events"},
	"internal/settings": {"internal/sts", "internal/copier", "internal/state", "internal/osscall", "rules", "events"},
	"internal/instance": {},
	"function": {"internal/existing", "internal/relay", "internal/settings", "internal/copier", "internal/osscall",
		"internal/instance", "rules", "events"},
	"internal/filelock": {},
	"internal/localoss": {"internal/localoss/ram", "internal/filelock"},
	"internal/localfc":  {},
	"internal/localsts": {"internal/localfc", "internal/localoss"},
	"internal/pack":     {},
	"internal/terminal": {},

	"rules/internal/keyset": {},
}

// impure are the packages that the pure ones may not import: whatever reads files, the network or the environment, or
// is random; and the SDKs.
var impure = []string{
	"os", "os/...", "io/ioutil", "net", "net/http/...", "net/rpc/...", "net/smtp", "syscall", "golang.org/x/sys/...",
	"log/...", "math/rand/...", "crypto/rand", "runtime/...", "github.com/aliyun/...",
}

// keptOut are the packages that the deployed function may not contain, by who needs them instead.
var keptOut = map[string][]string{
	"the command line": {
		"afterput/cmd/...", "afterput/internal/terminal/...",
		"github.com/alecthomas/kong/...", "github.com/schollz/progressbar/...",
	},
	"the local servers": {
		"afterput/internal/localoss/...", "afterput/internal/localfc/...",
		"afterput/internal/localsts/...", "net/http/httptest",
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
				t.Errorf("%s imports %s; of this module it may import only %q", name, to, allowed)
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
			t.Errorf("%s is in the import rules but does not exist: remove it there, or correct its name", name)
		}
	}
}

func TestRulesAndEventsArePure(t *testing.T) {
	for name, imports := range importsOf(t) {
		if !slices.Contains([]string{"rules", "rules/internal/keyset", "events"}, owner(name)) {
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

// owner returns the entry of path that a package, named without the module, belongs
// to: the longest one; the package itself if there is none.
func owner(name string) string {
	best := ""
	for p := range path {
		if (name == p || strings.HasPrefix(name, p+"/")) && len(p) > len(best) {
			best = p
		}
	}
	if best == "" {
		return name
	}
	return best
}

// matchesAny reports whether a package matches one of the patterns: a name, or a name with /... for itself and what is
// below it.
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
		t.Fatalf("go list named only %d packages", len(all))
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
