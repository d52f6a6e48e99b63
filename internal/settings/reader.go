package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"afterput/rules"
)

// Problem says what is wrong with one variable, and how to fix it. Message begins
// with a verb.
type Problem struct{ Variable, Message string }

func (p Problem) Error() string { return p.Variable + " " + p.Message }

// Problems says what is wrong with all variables; as an error, one problem a line.
type Problems []Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// reader reads variables and collects what is wrong with them.
type reader struct {
	env      func(string) (string, bool)
	problems Problems
}

func (r *reader) wrong(name, format string, args ...any) {
	r.problems = append(r.problems, Problem{name, fmt.Sprintf(format, args...)})
}

// text returns the variable's value, or otherwise if it is not set or set to "".
func (r *reader) text(name, otherwise string) string {
	if v, _ := r.env(name); v != "" {
		return v
	}
	return otherwise
}

// address reads an IP address to listen on; "", if the variable is not set, is every
// address of the machine, which FC requires.
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

// CheckEndpoint reports why v is not the URL of an endpoint. The error begins with a
// verb: callers put the setting's name before it.
func CheckEndpoint(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("is %q; want a URL such as https://oss-cn-hangzhou-internal.aliyuncs.com", v)
	}
	if u.User != nil { // not shown: it may be a secret
		return errors.New("is a URL with a user in it; want one of a host alone")
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return fmt.Errorf("is %q; want a URL of a host alone, without path and query", v)
	}
	if bucket, host, ok := strings.Cut(u.Host, ".oss-"); ok && strings.HasSuffix(host, ".aliyuncs.com") {
		return fmt.Errorf("is %q, which is that of the bucket %s; want %s://oss-%s", v, bucket, u.Scheme, host)
	}
	return nil
}

// regionOf is the region whose endpoint a URL is, "" if that is not known.
func regionOf(endpoint string) string {
	_, host, _ := strings.Cut(endpoint, "://oss-")
	region, _, ok := strings.Cut(host, ".aliyuncs.com")
	if !ok || strings.HasPrefix(region, "accelerate") {
		return ""
	}
	return strings.TrimSuffix(region, "-internal")
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

// size reads a size from least to most bytes, with a unit as in the rules file or
// without; 0 if the variable is not set.
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

// count reads a whole number from least to most; 0 if the variable is not set.
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

// refresh reads a duration of at least a second; a minute if the variable is not set.
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
