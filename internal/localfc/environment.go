package localfc

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// inherited are the variables of this process that the function gets too.
var inherited = []string{"PATH", "HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR"}

// environment is what a process of the function is started with: FC's own
// variables, front (as "K=V") among them, then the configured ones.
func (c Config) environment(front, instanceID string) []string {
	var env []string
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	cred := c.Credentials()
	env = append(env,
		"TZ=UTC", // FC's instances run in UTC; here the host's zone would show
		front,
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

// setHeaders says what FC says of an attempt beside its payload.
// The headers of traced functions and of HTTP triggers are not among them.
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

// handler is what FC calls the handler of a compiled function: its binary.
func (c Config) handler() string { return filepath.Base(c.Function) }

// wholeSeconds rounds up: the runtime SDK reads whole seconds only, and none
// would be no time at all.
func wholeSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}
