package clients

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// suites are the clients whose own tests come with them from the module proxy. The list of a suite has its tests that
// must pass, and after "-" those that are not run, each with the reason.
var suites = []struct{ name, pkg, list string }{
	{"ossgov1", "github.com/aliyun/aliyun-oss-go-sdk/oss", "ossgov1.txt"},
	{"ossutil", "github.com/aliyun/ossutil/lib", "ossutil.txt"},
}

const (
	atOnce  = 6               // tests of a suite; most of their time they sleep
	timeout = 5 * time.Minute // of one of them

	account = "1234567890123456"
	payer   = "2222222222222222"
)

// TestSuitesDoAsListed compiles the tests of each suite and runs those that must pass, each in a process of its own, in
// a copy of the module, against a server of its own.
//
// To run one and see its output: -v -run 'Suites/ossutil/TestSyncBucketCmd$'
func TestSuitesDoAsListed(t *testing.T) {
	for _, suite := range suites {
		t.Run(suite.name, func(t *testing.T) {
			binary := compile(t, suite.pkg)
			module := output(t, ".", "go", "list", "-f", "{{.Module.Dir}}", suite.pkg)
			passing, all := readSuite(t, suite.list)
			var found []string
			for name := range strings.Lines(output(t, t.TempDir(), binary, "-check.list")) {
				if name = strings.TrimSpace(name); strings.Contains(name, ".Test") {
					found = append(found, name)
				}
			}
			slices.Sort(found)
			slices.Sort(all)
			if !slices.Equal(found, all) {
				t.Errorf("%s does not list the tests of the suite, which are %q", suite.list, found)
			}
			slots := make(chan struct{}, atOnce)
			for _, name := range passing {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					slots <- struct{}{}
					defer func() { <-slots }()
					runOne(t, binary, filepath.Join(module, filepath.Base(suite.pkg)), module, name)
				})
			}
		})
	}
}

// readSuite returns the tests of a list that must pass, and all of its tests.
func readSuite(t *testing.T, file string) (passing, all []string) {
	list, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		switch columns := strings.Fields(lines.Text()); {
		case len(columns) == 0 || columns[0] == "#":
		case columns[0] != "-":
			passing, all = append(passing, columns[0]), append(all, columns[0])
		case len(columns) > 2:
			all = append(all, columns[1])
		default:
			t.Errorf("%s: %q needs a reason", file, lines.Text())
		}
	}
	return passing, all
}

func compile(t *testing.T, pkg string) string {
	binary := filepath.Join(t.TempDir(), "suite.test")
	output(t, ".", "go", "test", "-buildvcs=false", "-vet=off", "-c", "-o", binary, pkg)
	return binary
}

func output(t *testing.T, dir, command string, args ...string) string {
	t.Helper()
	cmd := exec.Command(command, args...)
	cmd.Dir = dir
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v", command, args, err)
	}
	return strings.TrimSpace(string(printed))
}

// runOne runs one test of a suite in a copy of its module, where it writes files.
func runOne(t *testing.T, binary, pkgDir, module, name string) {
	temp := t.TempDir()
	if err := os.CopyFS(filepath.Join(temp, "module"), os.DirFS(module)); err != nil {
		t.Fatal(err)
	}
	rel, err := filepath.Rel(module, pkgDir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	test := exec.CommandContext(ctx, binary, "-check.v", "-check.f", "^"+regexp.QuoteMeta(name)+"$")
	test.Dir = filepath.Join(temp, "module", rel)
	test.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + temp, "TMPDIR=" + temp,
		"OSS_TEST_ENDPOINT=" + serve(t, "--foreign", "payer-bucket="+payer),
		"OSS_TEST_REGION=cn-hangzhou",
		"OSS_TEST_ACCESS_KEY_ID=local", "OSS_TEST_ACCESS_KEY_SECRET=local",
		"OSS_TEST_ACCOUNT_ID=" + account, "OSS_TEST_STS_ARN=acs:ram::" + account + ":role/test",
		"OSS_TEST_PAYER_UID=" + payer,
		"OSS_TEST_PAYER_ACCESS_KEY_ID=" + payer, "OSS_TEST_PAYER_ACCESS_KEY_SECRET=local",
		"OSS_CREDENTIAL_UID=" + payer, "OSS_CREDENTIAL_KEY_ID=" + payer, "OSS_CREDENTIAL_KEY_SECRET=local",
		"OSS_ACCESS_KEY_ID=local",
	}
	printed, err := test.CombinedOutput()
	if err != nil || !regexp.MustCompile(`(?m)^PASS: `).Match(printed) {
		t.Errorf("%v %v\n%s", err, ctx.Err(), printed)
	}
}
