package localfc

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// inherited are the environment variables of this process that the function gets too.
var inherited = []string{"PATH", "HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"}

// environment returns the environment of the function's process: FC's variables, including address
// as "K=V", then the configured ones.
func (c Config) environment(address, instanceID string) []string {
	var env []string
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	cred := c.Credentials()
	env = append(env,
		"TZ=UTC", // as in FC's instances; otherwise it would be this host's time zone
		address,
		"FC_FUNC_CODE_PATH="+c.CodePath,
		"FC_REGION="+c.Region,
		"FC_ACCOUNT_ID="+accountID,
		"FC_INSTANCE_ID="+instanceID,
		"FC_FUNCTION_NAME="+c.FunctionName,
		"FC_FUNCTION_HANDLER="+c.handler(),
		"FC_FUNCTION_MEMORY_SIZE="+strconv.Itoa(c.MemoryMB),
		"FC_FUNCTION_VERSION=LATEST",
		"FC_VER_ID=LATEST",
	)
	if cred != (Credentials{}) {
		env = append(env,
			"ALIBABA_CLOUD_ACCESS_KEY_ID="+cred.AccessKeyID,
			"ALIBABA_CLOUD_ACCESS_KEY_SECRET="+cred.AccessKeySecret,
			"ALIBABA_CLOUD_SECURITY_TOKEN="+cred.SecurityToken,
		)
	}
	return append(env, c.Env...)
}

// setHeaders sets the headers that FC sends with an attempt, without those of traced functions and
// HTTP triggers.
func (c Config) setHeaders(h http.Header, a attempt) {
	cred := c.Credentials()
	for name, value := range map[string]string{
		"x-fc-request-id":         a.event.requestID,
		"x-fc-function-type":      strconv.Itoa(int(a.kind)),
		"x-fc-function-name":      c.FunctionName,
		"x-fc-function-handler":   c.handler(),
		"x-fc-function-memory":    strconv.Itoa(c.MemoryMB),
		"x-fc-function-timeout":   strconv.Itoa(wholeSeconds(c.Timeout)),
		"x-fc-function-deadline":  strconv.FormatInt(a.deadline.UnixMilli(), 10),
		"x-fc-access-key-id":      cred.AccessKeyID,
		"x-fc-access-key-secret":  cred.AccessKeySecret,
		"x-fc-security-token":     cred.SecurityToken,
		"x-fc-region":             c.Region,
		"x-fc-account-id":         accountID,
		"x-fc-service-name":       "", // FC 3.0 has no services
		"x-fc-service-logproject": "",
		"x-fc-service-logstore":   "",
		"x-fc-qualifier":          "LATEST",
		"x-fc-version-id":         "",
		"x-fc-retry-count":        strconv.Itoa(a.number - 1),
		"Content-Type":            "application/octet-stream",
	} {
		h.Set(name, value)
	}
}

// handler is the handler of a compiled function: the name of its binary.
func (c Config) handler() string { return filepath.Base(c.Function) }

// wholeSeconds rounds up, because the runtime SDK reads whole seconds and 0 would mean no time.
func wholeSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
