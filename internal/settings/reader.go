package settings

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"afterput/rules"
)

// Problem is what is wrong with one variable, and how to fix it.
type Problem struct{ Variable, Message string }

func (p Problem) Error() string { return p.Variable + " " + p.Message }

// Problems are what is wrong with all variables; as an error, one a line.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// reader reads variables and gathers what is wrong with them.
type reader struct {
	env      func(string) (string, bool)
	problems Problems
}

func (r *reader) wrong(name, format string, args ...any) {
	r.problems = append(r.problems, Problem{name, fmt.Sprintf(format, args...)})
}

// text is the variable's value; one that is set to nothing counts as not set.
func (r *reader) text(name, otherwise string) string {
	if v, _ := r.env(name); v != "" {
		return v
	}
	return otherwise
}

// address is an IP address, or every one of this machine's when the variable is
// not set: FC refuses to connect to a server that listens on fewer.
func (r *reader) address(name string) string {
	v := r.text(name, "")
	if v != "" && net.ParseIP(v) == nil {
		r.wrong(name, "is %q; want an IP address such as 127.0.0.1", v)
	}
	return v
}

func (r *reader) port(name, otherwise string) string {
	v := r.text(name, otherwise)
	if _, err := strconv.ParseUint(v, 10, 16); err != nil {
		r.wrong(name, "is %q; want a port, a whole number up to 65535", v)
	}
	return v
}

func (r *reader) endpoint(name string) string {
	v := r.text(name, "")
	if err := CheckEndpoint(v); v != "" && err != nil {
		r.wrong(name, "%v", err)
	}
	return v
}

// CheckEndpoint refuses what is not the URL of an endpoint. The error begins with
// a verb, to follow the name of what was given.
func CheckEndpoint(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("is %q; want a URL such as https://oss-cn-hangzhou-internal.aliyuncs.com", v)
	}
	return nil
}

func (r *reader) level(name string) slog.Level {
	switch v := r.text(name, "info"); v {
	case "debug":
		return slog.LevelDebug
	case "info":
		return slog.LevelInfo
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		r.wrong(name, "is %q; want debug, info, warn or error", v)
		return slog.LevelInfo
	}
}

// size is a size between least and most, 0 when the variable is not set. It may
// carry a unit, as sizes in the rules file do.
func (r *reader) size(name string, least, most int64) int64 {
	v := r.text(name, "")
	if v == "" {
		return 0
	}
	n, err := rules.ParseSize(v)
	if err != nil || n < least || n > most {
		r.wrong(name, "is %q; want %d to %d bytes, or with a unit such as 64MiB", v, least, most)
		return 0
	}
	return n
}

// count is a plain number between least and most, 0 when the variable is not set.
func (r *reader) count(name string, least, most int) int {
	v := r.text(name, "")
	if v == "" {
		return 0
	}
	n, err := strconv.Atoi(v)
	if err != nil || v != strconv.Itoa(n) || n < least || n > most {
		r.wrong(name, "is %q; want a whole number from %d to %d, without a unit", v, least, most)
		return 0
	}
	return n
}

// refresh is at least a second, and a minute when the variable is not set.
func (r *reader) refresh(name string) time.Duration {
	d := r.duration(name)
	switch {
	case d == 0:
		return time.Minute
	case d < time.Second:
		r.wrong(name, "is %s; want at least 1s", d)
	}
	return d
}

func (r *reader) duration(name string) time.Duration {
	v := r.text(name, "")
	if v == "" {
		return 0
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		r.wrong(name, "is %q; want a time such as 5s", v)
		return 0
	}
	return d
}
