package main

import (
	"regexp"
	"strings"
	"testing"
)

// ofALibrary are words of kong and of Go's own parsers.
var ofALibrary = regexp.MustCompile(`expected|parsing|strconv|time:|EOL|short flag|perhaps try|must be one of|bit int`)

func TestNoWrongValueOfAnyFlagIsAnsweredInTheWordsOfALibrary(t *testing.T) {
	t.Setenv("AFTERPUT_RULES", "")
	parser := newParser(new(commands), console{}, nil)
	tried := 0
	for _, node := range parser.Model.Children {
		arguments := []string{node.Name}
		for range node.Positional {
			arguments = append(arguments, "oss://some-bucket/none")
		}
		for _, flag := range node.Flags {
			for _, wrong := range [][]string{
				{"--" + flag.Name}, {"--" + flag.Name, "-1"}, {"--" + flag.Name + "=-1"}, {"--" + flag.Name + "=foo"},
			} {
				line := append(arguments[:len(arguments):len(arguments)], wrong...)
				_, err := parser.Parse(line)
				if err == nil {
					continue
				}
				tried++
				if message := reworded(err).Error(); ofALibrary.MatchString(message) {
					t.Errorf("%q: %s", line, message)
				}
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d wrong values: the test shows little", tried)
	}
}

func TestAWrongCommandLineIsAnsweredWithWhatToWrite(t *testing.T) {
	rulesFile := files(t, map[string]string{"rules.yaml": replicateAll})("rules.yaml")
	explain := []string{"explain", rulesFile}
	for line, c := range map[string]struct {
		args []string
		want string
	}{
		"a flag that is given twice": {append(explain, "--key", "oss://photos/a", "--key", "oss://photos/b"),
			"--key is given more than once, and takes one value; for several, write one a line into a file for --keys"},
		"a flag of copy": {[]string{"copy", "oss://photos/a", "oss://photos/b", "--object-acl", "private",
			"--object-acl", "default"}, "--object-acl is given more than once"},
		"several arguments":    {[]string{"copy"}, "the arguments <source> and <destination> are missing"},
		"no command":           {[]string{"-q"}, "the command is missing"},
		"an empty command":     {[]string{""}, "an argument is empty"},
		"pairs":                {[]string{"oss", "--foreign", "foo"}, `--foreign is "foo"; want BUCKET=ACCOUNT`},
		"two formats":          {[]string{"validate", rulesFile, "--json", "--format", "sarif"}, "cannot be combined"},
		"an account by name":   {[]string{"backfill", rulesFile, "--function", "f", "--account", "me"}, "--account"},
		"an alias of nothing":  {[]string{"backfill", rulesFile, "--qualifier", "a"}, "--qualifier needs --function"},
		"a region of no form":  {[]string{"gc", "photos", "--region", "nowhere"}, "cn-beijing; with --endpoint any"},
		"a local region":       {[]string{"oss", "--region", "cn-hangzou"}, "did you mean cn-hangzhou?"},
		"a function's region":  {[]string{"local", "--rules", rulesFile, "--region", "x y"}, "--region: "},
		"help":                 {[]string{"help"}, "unexpected argument help; write --help"},
		"version":              {[]string{"version"}, "unexpected argument version; write --version"},
		"rules as an argument": {[]string{"local", "x.yaml"}, "unexpected argument x.yaml; write --rules x.yaml"},
		"an address":           {[]string{"oss", "127.0.0.1:0"}, "write --addr 127.0.0.1:0"},
		"an object":            {append(explain, "oss://photos/a"), "write --key oss://photos/a"},
		"an object of S3":      {append(explain, "--key", "s3://photos/a"), `"s3://photos/a": write oss://BUCKET/KEY`},
		"a class of S3": {append(explain, "--key", "oss://photos/a", "--storage-class", "STANDARD_IA"),
			"; write IA"},
		"an event of S3": {append(explain, "--key", "oss://photos/a", "--event-name", "s3:ObjectCreated:Put"),
			"; write ObjectCreated:PutObject"},
		"a format":                {[]string{"graph", rulesFile, "--format", "svgs"}, `; did you mean svg?`},
		"a role with an argument": {[]string{"policy", "--role", "trigger"}, "--role prints both trust policies"},
	} {
		code, _, problems := command(t, c.args...)
		if code != exitUsage || !strings.Contains(problems, c.want) {
			t.Errorf("%s: exit %d: %s", line, code, problems)
		}
	}
	good := append(explain, "--key", "oss://photos/a", "--meta", "a=b", "--meta", "c=d",
		"--color", "never", "--color", "auto")
	if code, _, problems := command(t, good...); code != exitGood {
		t.Errorf("flags that may be repeated: exit %d: %s", code, problems)
	}
}

func TestUnknownRegionsAreQuestionedBeforeAnythingIsSent(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	t.Setenv("OSS_ENDPOINT", "")
	path := files(t, map[string]string{"rules.yaml": replicateAll})
	for _, args := range [][]string{{"diff", path("rules.yaml")}, {"gc", "replica"},
		{"copy", "oss://photos/a", "oss://replica/a"}} {
		for region, want := range map[string]string{"cn-hangzou": "did you mean cn-hangzhou?",
			"oss-cn-beijing": "write cn-beijing", "Hangzhou": "did you mean cn-hangzhou?"} {
			code, _, problems := command(t, append(args, "--region", region)...)
			if code != exitUsage || !strings.Contains(problems, want) {
				t.Errorf("%s --region %s: exit %d: %s", args[0], region, code, problems)
			}
		}
	}
}

func TestAnEmptyValueIsRefusedInsteadOfTakenAsNone(t *testing.T) {
	rulesFile := files(t, map[string]string{"rules.yaml": replicateAll})("rules.yaml")
	for _, args := range [][]string{
		{"explain", rulesFile, "--key", "a", "--bucket"}, {"explain", rulesFile, "--key", "a", "--tag"},
		{"diff", rulesFile, "--prefix"}, {"diff", rulesFile, "--rule"}, {"backfill", rulesFile, "--keys"},
		{"backfill", rulesFile, "--job"}, {"local", "--rules", rulesFile, "--policy"},
		{"local", "--rules", rulesFile, "--region"}, {"oss", "--data"}, {"oss", "--access-key-secret"},
		{"validate", rulesFile, "--s-yaml"}, {"validate", rulesFile, "--ignore"}, {"gc", "photos", "--state"},
	} {
		flag := args[len(args)-1]
		code, _, problems := command(t, append(args, "")...)
		if code != exitUsage || !strings.Contains(problems, flag+" is empty: give a value, or leave the flag out") {
			t.Errorf("%q: exit %d: %s", args, code, problems)
		}
	}
	for _, args := range [][]string{{"validate", ""}, {"validate", rulesFile, ""}, {"graph", ""}, {"gc", ""}} {
		code, _, problems := command(t, args...)
		if code != exitUsage || !strings.Contains(problems, "> is empty") {
			t.Errorf("%q: exit %d: %s", args, code, problems)
		}
	}
}

func TestWhereToListenIsHostAndPort(t *testing.T) {
	rulesFile := files(t, map[string]string{"rules.yaml": replicateAll})("rules.yaml")
	for _, args := range [][]string{{"oss", "--addr"}, {"local", "--rules", rulesFile, "--addr"},
		{"local", "--rules", rulesFile, "--function", rulesFile, "--page"}} {
		for _, addr := range []string{"foo", "127.0.0.1", ":99999", "127.0.0.1:http0"} {
			code, _, problems := command(t, append(args, addr)...)
			if code != exitUsage || !strings.Contains(problems, "want HOST:PORT such as 127.0.0.1:") ||
				ofALibrary.MatchString(problems) || strings.Contains(problems, "listen") {
				t.Errorf("%s %s: exit %d: %s", args[0], addr, code, problems)
			}
		}
	}
}

func TestAHostThatIsNotThereIsNamedOnceWithWhatToCheck(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
	t.Setenv("OSS_ENDPOINT", "http://oss.invalid") // never a host: RFC 6761
	path := files(t, map[string]string{"rules.yaml": replicateAll})
	code, _, problems := command(t, "diff", path("rules.yaml"), "--region", "cn-hangzhou")
	if code != exitBad || strings.Count(problems, "oss.invalid") != 1 || strings.Count(problems, "no host") != 1 ||
		!strings.Contains(problems, "check the region, the endpoint") {
		t.Errorf("exit %d: %s", code, problems)
	}
}

func TestATimeOutOfNothingIsRefusedByEveryCommandThatHasOne(t *testing.T) {
	path := files(t, map[string]string{"rules.yaml": replicateAll})
	for _, args := range [][]string{{"explain", path("rules.yaml"), "--key", "oss://photos/a"},
		{"local", "--rules", path("rules.yaml")}} {
		code, _, problems := command(t, append(args, "--timeout", "0s")...)
		if code != exitUsage || !strings.Contains(problems, "--timeout must be more than 0") {
			t.Errorf("%s: exit %d: %s", args[0], code, problems)
		}
	}
}

func TestColoursAreAsColorSaysAndQuietLeavesResultsAlone(t *testing.T) {
	path := files(t, map[string]string{"rules.yaml": replicateAll})
	explain := []string{"explain", path("rules.yaml"), "--key", "oss://photos/a"}
	t.Setenv("NO_COLOR", "1")
	for args, want := range map[string]bool{"": false, "--color=auto": false, "--color=never": false,
		"--color=always": true} {
		out := good(t, append(explain, strings.Fields(args)...)...)
		if got := strings.Contains(out, "\x1b["); got != want {
			t.Errorf("%q: colours %v, want %v", args, got, want)
		}
	}
	for _, quiet := range []string{"-q", "--quiet"} {
		code, out, problems := command(t, quiet, "validate", path("rules.yaml"))
		if code != exitGood || out+problems != "" {
			t.Errorf("%s: exit %d: %s%s", quiet, code, out, problems)
		}
		code, out, problems = command(t, quiet, "replay", path("rules.yaml"), "--rules", path("rules.yaml"))
		if code != exitBad || !strings.Contains(out, "unreadable") || problems != "" {
			t.Errorf("%s: exit %d: %s%s", quiet, code, out, problems)
		}
	}
}
