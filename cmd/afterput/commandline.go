package main

import (
	"errors"
	"net"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"afterput/rules"
)

// commandOf is the command that a wrong command line was meant for, as far as it names one.
func commandOf(err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context != nil && wrong.Context.Selected() != nil {
		return "afterput " + wrong.Context.Selected().Name
	}
	return "afterput"
}

// repeated refuses a flag of the command that is given more than once, though it takes one value: all but the last
// would be ignored silently. Flags of every command may be repeated, so that an alias can set one.
func repeated(parsed *kong.Context) error {
	seen := map[*kong.Flag]bool{}
	for _, p := range parsed.Path {
		f := p.Flag
		if f == nil || p.Resolved || f.IsBool() || f.IsCounter() || f.IsCumulative() ||
			!slices.Contains(parsed.Selected().Flags, f) {
			continue
		}
		if seen[f] {
			return errors.New("--" + f.Name + " is given more than once, and takes one value" + listOf(parsed, f))
		}
		seen[f] = true
	}
	return nil
}

// Limits of Function Compute. Source: FC user guide, limits of usage; asynchronous invocation.
const (
	mostTimeout = 24 * time.Hour
	mostRetries = 8
)

// checkTimeout checks the time-out of a function.
func checkTimeout(t time.Duration) error {
	switch {
	case t <= 0:
		return usageError("--timeout must be more than 0")
	case t > mostTimeout:
		return usageError("--timeout is " + t.String() + "; Function Compute allows up to 24h")
	}
	return nil
}

// listOf names the flag of a command that takes many of what a flag takes one of, as --keys does of --key.
func listOf(parsed *kong.Context, one *kong.Flag) string {
	for _, f := range parsed.Selected().Flags {
		if f.Name == one.Name+"s" {
			return "; for several, write one a line into a file for --" + f.Name
		}
	}
	return ""
}

// placeholderOf is what the help of a flag gives as its value.
func placeholderOf(err error, flag string) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context != nil {
		for _, f := range wrong.Context.Flags() {
			if f.Name == flag {
				return f.PlaceHolder
			}
		}
	}
	return "KEY=VALUE"
}

// empty refuses an argument or a flag that is given without a value, as that of a variable of the shell which is not
// set: it would be taken as one that is not given. Those of copy say themselves what an empty value means.
func empty(parsed *kong.Context) error {
	if parsed.Selected().Name == "copy" {
		return nil
	}
	for _, p := range parsed.Path {
		switch {
		case p.Positional != nil && isEmpty(p.Positional):
			return errors.New("the argument <" + p.Positional.Name + "> is empty")
		case p.Flag != nil && !p.Resolved && isEmpty(p.Flag.Value):
			return errors.New("--" + p.Flag.Name + " is empty: give a value, or leave the flag out")
		}
	}
	return nil
}

func isEmpty(v *kong.Value) bool {
	if list, ok := v.Target.Interface().([]string); ok {
		return len(list) == 0 || slices.Contains(list, "")
	}
	kind := v.Target.Kind()
	return (kind == reflect.String || kind == reflect.Map) && v.Target.Len() == 0
}

// checkAddress checks the value of a flag that says where to listen.
func checkAddress(flag, addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return usageError(flag + " is " + strconv.Quote(addr) + "; want HOST:PORT such as 127.0.0.1:9000; " +
			"port 0 takes a free one")
	}
	return nil
}

// wordings are kong's messages and ours: first what is wrong, then what to write.
var wordings = []struct {
	kongs *regexp.Regexp
	ours  string
}{
	{regexp.MustCompile(`^expected "<(\w+)>(?: \.\.\.)?"$`), "the argument <$1> is missing"},
	{regexp.MustCompile(`^expected "<(\w+)> <(\w+)>"$`), "the arguments <$1> and <$2> are missing"},
	{regexp.MustCompile(`^expected one of "validate", .*$`), "the command is missing"},
	{regexp.MustCompile(`^missing flags: (.*)$`), "the flag $1 is missing"},
	{regexp.MustCompile(`^(--\S+) and (--\S+) can't be used together$`), "$2 and $1 cannot be combined"},
	{regexp.MustCompile(`^(--\S+): expected \w+ value but got "EOL" \(<EOL>\)$`), "$1 needs a value"},
	{regexp.MustCompile(`^(--\S+): expected \w+ value but got ("[^"]*") \(.* flag\).*$`),
		"$1 needs a value; write $1=… if it begins with a hyphen, as $2 does"},
	{regexp.MustCompile(`^(--\S+): expected a float but got (".*") \(string\)$`), "$1 is $2; want a number"},
	{regexp.MustCompile(`^(--\S+): expected duration but got ("[^"]*").*$`), "$1 is $2; want a time such as 24h"},
	{regexp.MustCompile(`^(--\S+): expected a valid 64 bit int but got (".*")$`), "$1 is $2; want a whole number"},
	{regexp.MustCompile(`^(--\S+): expected a counter but got (".*") \(string\)$`), "$1 is $2; want a whole number"},
	{regexp.MustCompile(`^(--\S+): bool value must be true, .* but got (".*")$`), "$1 is $2; want true or false"},
	{regexp.MustCompile(`^(--\S+): parsing time ("[^"]*").*$`), "$1 is $2; want a time such as 2026-11-20T08:00:00Z"},
}

// wantsPair is kong's message for a value without =.
var wantsPair = regexp.MustCompile(`^(--(\S+)): expected "<key>=<value>" but got (".*")$`)

// mustBeOneOf is kong's message for a value that an enum does not have; a flag may be left out where the enum has "".
var mustBeOneOf = regexp.MustCompile(`^(--\S+|<\w+>) must be one of (?:"",)?(\S+) but got (".*")$`)

// reworded is an error of kong's in the words of the other messages. A message that is not known stays as it is.
func reworded(err error) error {
	message := err.Error()
	message = strings.Replace(message, ", did you mean ", "; did you mean ", 1)
	if m := mustBeOneOf.FindStringSubmatch(message); m != nil {
		values := strings.Split(strings.ReplaceAll(m[2], `"`, ""), ",")
		meant := rules.Meant(strings.Trim(m[3], `"`), values)
		return errors.New(m[1] + " is " + m[3] + "; want one of " + strings.Join(values, ", ") + meant)
	}
	if m := wantsPair.FindStringSubmatch(message); m != nil {
		return errors.New(m[1] + " is " + m[3] + "; want " + placeholderOf(err, m[2]))
	}
	if argument, unexpected := strings.CutPrefix(message, "unexpected argument "); unexpected {
		if argument == "" || strings.HasPrefix(argument, ";") {
			return errors.New("an argument is empty")
		}
		return errors.New(message + argumentAdvice(commandOf(err), argument))
	}
	for _, w := range wordings {
		if w.kongs.MatchString(message) {
			return errors.New(w.kongs.ReplaceAllString(message, w.ours))
		}
	}
	return errors.New(message)
}

// argumentFlags are the flags that take what a command might be expected to take as an argument.
var argumentFlags = map[string]string{
	"afterput explain": "--key",
	"afterput local":   "--rules",
	"afterput oss":     "--addr",
}

// argumentAdvice is what to write instead of an argument that a command does not take, "" if that is not known.
func argumentAdvice(command, argument string) string {
	switch flag := argumentFlags[command]; {
	case argument == "help" || argument == "version" && command == "afterput":
		return "; write --" + argument
	case flag != "":
		return "; write " + flag + " " + argument
	}
	return ""
}
