package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"time"

	"afterput/internal/copier"
	"afterput/rules"
)

// config is the function's environment, read once at start.
type config struct {
	rules       string        // path, or oss://BUCKET/KEY
	refresh     time.Duration // how long rules in OSS are not looked at again
	region      string
	endpoint    string
	logLevel    slog.Level
	engine      copier.Options
	margin      time.Duration
	listen      string // of a custom runtime: host:port
	credentials copier.Credentials
}

// configFrom reads the environment. The error names every variable that is
// wrong, one a line.
func configFrom(env func(string) (string, bool)) (config, error) {
	r := reader{env: env}
	c := config{
		rules:    r.text("AFTERPUT_RULES", filepath.Join(r.text("FC_FUNC_CODE_PATH", ""), "rules.yaml")),
		refresh:  r.refresh("AFTERPUT_RULES_REFRESH"),
		region:   r.text("OSS_REGION", r.text("FC_REGION", "")),
		endpoint: r.endpoint("OSS_ENDPOINT"),
		logLevel: r.level("AFTERPUT_LOG_LEVEL"),
		engine: copier.Options{
			PartSize:        r.size("AFTERPUT_PART_SIZE", 100<<10, 5<<30),
			PartsInFlight:   int(r.size("AFTERPUT_PARTS_IN_FLIGHT", 1, 1000)),
			SingleCopyLimit: r.size("AFTERPUT_SINGLE_COPY_LIMIT", 1, 1<<30),
			Confirm:         r.confirm("AFTERPUT_CONFIRM"),
			State:           r.state("AFTERPUT_STATE"),
		},
		margin: r.duration("AFTERPUT_DEADLINE_MARGIN"),
		listen: net.JoinHostPort(r.address("AFTERPUT_LISTEN"), r.text("FC_CUSTOM_LISTEN_PORT", "9000")),
		credentials: copier.Credentials{
			AccessKeyID:     r.text("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
			AccessKeySecret: r.text("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
			SecurityToken:   r.text("ALIBABA_CLOUD_SECURITY_TOKEN", ""),
		},
	}
	if bucket, key, inOSS := copier.CutURL(c.rules); inOSS && (bucket == "" || key == "") {
		r.wrong("AFTERPUT_RULES", "is %q; want a path, or oss://BUCKET/KEY", c.rules)
	}
	if c.region == "" {
		r.wrong("OSS_REGION", "is not set and neither is FC_REGION; set it to the buckets' region, such as cn-hangzhou")
	}
	return c, errors.Join(r.problems...)
}

// reader reads variables and gathers what is wrong with them.
type reader struct {
	env      func(string) (string, bool)
	problems []error
}

func (r *reader) wrong(name, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s %s", name, fmt.Sprintf(format, args...)))
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

func (r *reader) endpoint(name string) string {
	v := r.text(name, "")
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		r.wrong(name, "is %q; want a URL such as https://oss-cn-hangzhou-internal.aliyuncs.com", v)
	}
	return v
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

func (r *reader) confirm(name string) copier.Confirm {
	switch v := copier.Confirm(r.text(name, string(copier.ConfirmSlow))); v {
	case copier.ConfirmAlways, copier.ConfirmSlow, copier.ConfirmNever:
		return v
	default:
		r.wrong(name, "is %q; want always, slow or never", v)
		return ""
	}
}

// state is off, or oss://BUCKET/PREFIX.
func (r *reader) state(name string) copier.State {
	state, err := copier.ParseState(r.text(name, ""))
	if err != nil {
		r.wrong(name, "%v", err)
	}
	return state
}

// size is a whole number between least and most, 0 when the variable is not set.
// It may carry a unit, as sizes in the rules file do.
func (r *reader) size(name string, least, most int64) int64 {
	v := r.text(name, "")
	if v == "" {
		return 0
	}
	n, err := rules.ParseSize(v)
	if err != nil || n < least || n > most {
		r.wrong(name, "is %q; want %d to %d, or with a unit such as 64MiB", v, least, most)
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
	}
	return d
}
