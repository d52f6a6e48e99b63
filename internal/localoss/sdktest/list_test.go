package sdktest

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// lines are ascending line numbers. An empty list is different from nil.
type lines []int

func (l lines) String() string {
	if len(l) == 0 {
		return "no line"
	}
	texts := make([]string, len(l))
	for i, n := range l {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ",")
}

// listed is a line of the list.
type listed struct {
	test string
	// want has, for each signature version, the lines of the test's file whose assertions fail;
	// nil if the test is not run.
	want   map[string]lines
	reason string
}

// readList reads lines of four columns: test, V4, V1, reason. The result of a test is "pass", "-" for
// not run, or the lines that fail, such as 72,75.
func readList(file string) ([]listed, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []listed
	scanner := bufio.NewScanner(f)
	for n := 1; scanner.Scan(); n++ {
		text, _, _ := strings.Cut(scanner.Text(), "#")
		columns := strings.Fields(text)
		if len(columns) == 0 {
			continue
		}
		line, err := readLine(columns)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		list = append(list, line)
	}
	return list, scanner.Err()
}

func readLine(columns []string) (listed, error) {
	if len(columns) < 3 {
		return listed{}, fmt.Errorf("a line needs a test and its results with V4 and V1")
	}
	l := listed{test: columns[0], want: map[string]lines{}, reason: strings.Join(columns[3:], " ")}
	for i, signature := range []string{"v4", "v1"} {
		switch text := columns[i+1]; {
		case text == "pass":
			l.want[signature] = lines{}
			continue
		case text != "-":
			for number := range strings.SplitSeq(text, ",") {
				n, err := strconv.Atoi(number)
				if err != nil || n < 1 {
					return listed{}, fmt.Errorf(`%q is not "pass", "-" or line numbers`, text)
				}
				l.want[signature] = append(l.want[signature], n)
			}
		}
		if l.reason == "" {
			return listed{}, fmt.Errorf("a test that does not pass needs a reason")
		}
	}
	return l, nil
}

func TestListRefusesInvalidLines(t *testing.T) {
	for _, line := range []string{"TestA", "TestA pass", "TestA pass maybe", "TestA pass -", "TestA 0 pass why"} {
		if _, err := readLine(strings.Fields(line)); err == nil {
			t.Errorf("read %q", line)
		}
	}
}

func TestFailuresAreFoundInTheOutputOfTheSDK(t *testing.T) {
	const trace, panics = "Error Trace:\t/m/oss/", "panic: nil [recovered]\n\t/m/oss/"
	for _, test := range []struct{ printed, want string }{
		{trace + "client_integration_object_basic_test.go:85\n" +
			trace + "client_integration_object_basic_test.go:72\n", "72,85"},
		{trace + "client_integration_test.go:240\n\t/m/oss/client_integration_presign_test.go:30\n", "30"},
		{trace + "client_integration_misc_test.go:9\n" + panics + "client_integration_misc_test.go:12 +0x1d\n", "9,12"},
		{trace + "client_integration_test.go:240\n", "0"},
		{"killed", "0"},
	} {
		if got := failures(test.printed).String(); got != test.want {
			t.Errorf("found %s in %q, want %s", got, test.printed, test.want)
		}
	}
}
