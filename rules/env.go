package rules

import (
	"fmt"
	"strings"
)

// credentialWords occur in the names of variables that contain credentials.
var credentialWords = []string{"SECRET", "TOKEN", "PASSWORD", "PASSWD", "CREDENTIAL", "ACCESS_KEY", "PRIVATE_KEY"}

// platformNames are the prefixes of variables that Function Compute sets.
// Source: FC user guide, environment variables.
var platformNames = []string{"ALIBABA_CLOUD_", "FC_"}

// checkEnv refuses variables whose values must not get into keys, tags and metadata, and
// from there into logs and reports.
func checkEnv(name string) error {
	upper := strings.ToUpper(name)
	if upper == "FC_REGION" {
		return fmt.Errorf("${env.%s} is set by the platform: write ${region}, the region of the event", name)
	}
	for _, word := range credentialWords {
		if strings.Contains(upper, word) {
			return fmt.Errorf("${env.%s} may contain a credential (%s), which would appear in keys, logs and reports: "+
				"if it does not, write the value itself or use a variable with another name", name, word)
		}
	}
	for _, prefix := range platformNames {
		if strings.HasPrefix(upper, prefix) {
			return fmt.Errorf("${env.%s} is set by the platform (%s*): "+
				"set a variable of your own to the value, and use that", name, prefix)
		}
	}
	return nil
}
