package sdktest

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"afterput/internal/localoss"
)

const (
	sdk = "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	maxProcesses = 2                // test processes at the same time
	timeout      = 90 * time.Second // of one of them
)

// TestOfficialSDKTestsDoAsListed compiles the SDK's tests once and runs each test of the list in its
// own process, against its own server.
//
// To run one test and see its output: -v -run 'Listed/^v4$/^TestCopyObject$'
func TestOfficialSDKTestsDoAsListed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	list, err := readList("passing.txt")
	if err != nil {
		t.Fatal(err)
	}
	binary := compile(t)
	slots := make(chan struct{}, maxProcesses)
	for _, signature := range []string{"v4", "v1"} {
		t.Run(signature, func(t *testing.T) {
			for _, line := range list {
				t.Run(line.test, func(t *testing.T) {
					t.Parallel()
					slots <- struct{}{}
					defer func() { <-slots }()
					want := line.want[signature]
					if want == nil {
						t.Skip(line.reason)
					}
					output, failed := run(t, binary, line.test, signature)
					t.Log(output)
					got := lines{}
					if failed {
						got = failures(output)
					}
					if got.String() != want.String() {
						t.Errorf("failed at %v; passing.txt says %v", got, want)
					}
				})
			}
		})
	}
}

// compile builds the SDK's test binary. Its tests only read files that they create in a temporary
// directory.
func compile(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "sdk.test")
	build := exec.Command("go", "test", "-buildvcs=false", "-c", "-tags", "integration", "-o", binary, sdk)
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("compile the SDK's integration tests: %v\n%s", err, output)
	}
	return binary
}

// run runs one of the SDK's tests and returns its output.
func run(t *testing.T, binary, test, signature string) (output string, failed bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, "-test.run", "^"+test+"$", "-test.v")
	cmd.Dir = t.TempDir()
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir, "TMPDIR=" + cmd.Dir,
		"OSS_TEST_REGION=cn-hangzhou",
		"OSS_TEST_ENDPOINT=" + serve(t),
		"OSS_TEST_ACCESS_KEY_ID=local",
		"OSS_TEST_ACCESS_KEY_SECRET=local",
		"OSS_TEST_RAM_UID=1234567890123456",
		"OSS_TEST_SIGNATURE_VERSION=" + signature,
	}
	printed, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("not done after %v:\n%s", timeout, printed)
	}
	if !regexp.MustCompile(`(?m)^=== RUN +` + test + `$`).Match(printed) {
		t.Fatalf("the SDK has no such test: %v\n%s", err, printed)
	}
	return string(printed), err != nil
}

// serve starts a server for one test and returns its endpoint.
func serve(t *testing.T) string {
	t.Helper()
	server, err := localoss.New(localoss.Config{})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: server}
	go web.Serve(listener)
	t.Cleanup(func() {
		web.Close()
		server.Close()
	})
	return "http://" + listener.Addr().String()
}

var (
	// failure is the beginning of the report of a failed assertion or a panic.
	failure = regexp.MustCompile(`Error Trace:|(?m)^panic:`)
	// location is a line of one of the SDK's tests. Lines of shared helpers do not match: they do
	// not show which assertion failed.
	location = regexp.MustCompile(`client_integration_\w+_test\.go:(\d+)`)
)

// failures returns the lines of the assertions that failed or panicked. Line 0 is a failure without a
// location.
func failures(output string) lines {
	reports := failure.Split(output, -1)[1:]
	if len(reports) == 0 {
		return lines{0}
	}
	var failed lines
	for _, report := range reports {
		line := 0
		if match := location.FindStringSubmatch(report); match != nil {
			line, _ = strconv.Atoi(match[1])
		}
		failed = append(failed, line)
	}
	slices.Sort(failed)
	return slices.Compact(failed)
}
