// Package settings reads the settings of the function from environment variables,
// and says what is wrong with them and how to fix it. The engine's settings are
// read here whoever copies: the function, or a command with flags of its own.
package settings

import (
	"log/slog"
	"net"
	"path/filepath"
	"time"

	"afterput/internal/copier"
)

// Settings are those of the function.
type Settings struct {
	Rules       string        // path, or oss://BUCKET/KEY
	Refresh     time.Duration // how long rules in OSS are not looked at again
	Region      string
	Endpoint    string // "" is the region's internal one
	LogLevel    slog.Level
	Engine      copier.Options
	Margin      time.Duration // 0 is the default
	Listen      string        // of a custom runtime: host:port
	Credentials copier.Credentials
}

// Read reads the function's settings. env looks up a variable; one that is set to
// "" counts as not set. The problems are those of all variables.
func Read(env func(string) (string, bool)) (Settings, Problems) {
	r := reader{env: env}
	s := Settings{
		Rules:    r.text("AFTERPUT_RULES", filepath.Join(r.text("FC_FUNC_CODE_PATH", ""), "rules.yaml")),
		Refresh:  r.refresh("AFTERPUT_RULES_REFRESH"),
		Region:   r.text("OSS_REGION", r.text("FC_REGION", "")),
		Endpoint: r.endpoint("OSS_ENDPOINT"),
		LogLevel: r.level("AFTERPUT_LOG_LEVEL"),
		Engine:   r.engine(),
		Margin:   r.duration("AFTERPUT_DEADLINE_MARGIN"),
		Listen:   net.JoinHostPort(r.address("AFTERPUT_LISTEN"), r.port("FC_CUSTOM_LISTEN_PORT", "9000")),
		Credentials: copier.Credentials{
			AccessKeyID:     r.text("ALIBABA_CLOUD_ACCESS_KEY_ID", ""),
			AccessKeySecret: r.text("ALIBABA_CLOUD_ACCESS_KEY_SECRET", ""),
			SecurityToken:   r.text("ALIBABA_CLOUD_SECURITY_TOKEN", ""),
		},
	}
	if _, _, inOSS := copier.CutURL(s.Rules); inOSS {
		if _, _, err := ParseRulesURL(s.Rules, s.Engine.State); err != nil {
			r.wrong("AFTERPUT_RULES", "%v", err)
		}
	}
	if s.Region == "" {
		r.wrong("OSS_REGION", "is not set and neither is FC_REGION; set it to the buckets' region, such as cn-hangzhou")
	}
	return s, r.problems
}
