// Package settings reads the function's settings from environment variables and
// reports what is wrong with them and how to fix it. Commands that copy read the
// engine's options here too, so that both accept the same values.
package settings

import (
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/rules"
)

// Settings holds the function's settings.
type Settings struct {
	Rules       string        // path, or oss://BUCKET/KEY
	Refresh     time.Duration // how often, at most, rules in OSS are checked for a newer version
	Region      string
	Endpoint    string // "" is the region's internal one
	LogLevel    slog.Level
	Engine      copier.Options
	Margin      time.Duration // how long before the deadline copying ends; 0 is the default
	Listen      string        // host:port, of a custom runtime
	Credentials osscall.Credentials
}

// Read reads the function's settings. env looks up a variable; one that is set to
// "" counts as not set. The problems are those of all variables.
func Read(env func(string) (string, bool)) (Settings, Problems) {
	r := reader{env: env}
	s := Settings{
		Rules:    r.text("AFTERPUT_RULES", filepath.Join(r.text("FC_FUNC_CODE_PATH", ""), "rules.yaml")),
		Refresh:  r.refresh("AFTERPUT_RULES_REFRESH"),
		Region:   r.region(),
		Endpoint: r.endpoint("OSS_ENDPOINT"),
		LogLevel: r.level("AFTERPUT_LOG_LEVEL"),
		Engine:   r.engine(""),
		Margin:   r.duration("AFTERPUT_DEADLINE_MARGIN"),
		Listen:   net.JoinHostPort(r.address("AFTERPUT_LISTEN"), r.port("FC_CUSTOM_LISTEN_PORT", "9000")),
		Credentials: osscall.Credentials{
			AccessKeyID:     r.text("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
			AccessKeySecret: r.text("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
			SecurityToken:   r.text("ALIBABA_CLOUD_SECURITY_TOKEN", ""),
		},
	}
	if _, _, inOSS := osscall.CutURL(s.Rules); inOSS {
		if _, _, err := ParseRulesURL(s.Rules, s.Engine.State); err != nil {
			r.wrong("AFTERPUT_RULES", "%v", err)
		}
	}
	if s.Region == "" {
		r.wrong("OSS_REGION", "is not set and neither is FC_REGION; set it to the buckets' region, such as cn-hangzhou")
	} else if err := rules.CheckRegion(s.Region); err != nil {
		r.wrong("OSS_REGION", "is %q; want the id of a region: %v", s.Region, err)
	}
	return s, r.problems
}
