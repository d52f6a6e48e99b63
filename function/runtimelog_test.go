package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"log"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/aliyun/fc-runtime-go-sdk/fc/messages"

	"afterput/internal/existing"
	"afterput/internal/relay"
)

func TestWhatTheRuntimeSDKLogsIsOneLineOfJSONAndNeverTheReportAgain(t *testing.T) {
	var out bytes.Buffer
	logger := log.New(runtimeLog{slog.New(slog.NewJSONHandler(&out, nil))}, "", log.LstdFlags|log.Lmicroseconds)
	asSDK := func(err error) string { // as the SDK words the error of a handler
		response := messages.InvokeResponse_Error{Message: err.Error(), Type: errorType(err)}
		text, marshalErr := json.MarshalIndent(response, "", " ")
		if marshalErr != nil {
			t.Fatal(marshalErr)
		}
		return " 1-2-3 [ERROR] " + string(text)
	}
	logger.Printf("%s\n", asSDK(&relay.Failure{}))
	logger.Printf("%s\n", asSDK(&existing.SweepFailure{}))
	if out.Len() > 0 {
		t.Errorf("the report is logged again: %s", &out)
	}
	aPanic := asSDK(errors.New("a panic\n\"errorType\": \"Failure\""))
	for _, text := range []string{"failed to get invoke request due to EOF", aPanic, "x"} {
		out.Reset()
		logger.Print(text)
		var line struct{ Level, Msg, Error string }
		if err := json.Unmarshal(out.Bytes(), &line); err != nil || bytes.Count(out.Bytes(), []byte("\n")) != 1 {
			t.Fatalf("%q: %v\n%s", text, err, &out)
		}
		if line.Level != "ERROR" || line.Msg != "runtime" || line.Error != strings.TrimSpace(text) {
			t.Errorf("%q is logged as %+v", text, line)
		}
	}
}

// errorType is the name that the SDK gives an error: that of its Go type.
func errorType(err error) string {
	return reflect.TypeOf(err).Elem().Name()
}
