// Command function is what runs on Function Compute: it waits for events of OSS
// and copies the objects its rules select. See docs/design.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"os"

	"github.com/aliyun/fc-runtime-go-sdk/fc"
	"github.com/aliyun/fc-runtime-go-sdk/fccontext"

	"afterput/internal/copier"
	"afterput/internal/osscall"
	"afterput/internal/relay"
	"afterput/internal/settings"
)

func main() {
	if err := run(os.Args[1:], os.LookupEnv, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "afterput cannot start:\n%v\n", err)
		os.Exit(1)
	}
}

// run wires the function together and serves invocations: as a handler of FC's
// built-in Go runtime or, given the argument serve, as a custom runtime. It
// returns when that is impossible or the instance is stopped.
func run(args []string, env func(string) (string, bool), log io.Writer) error {
	custom := len(args) == 1 && args[0] == "serve"
	if len(args) > 0 && !custom {
		return fmt.Errorf("unknown arguments %q: none for the built-in Go runtime, serve for a custom runtime", args)
	}
	cfg, problems := settings.Read(env)
	if problems != nil {
		if _, _, inOSS := osscall.CutURL(cfg.Rules); !inOSS { // what is wrong with them is reported with the rest
			_, err := rulesFrom(cfg, env, nil, nil)
			return errors.Join(problems, err)
		}
		return problems
	}
	client := osscall.NewClient(cfg.Region, cfg.Endpoint, nil)
	logger := slog.New(relay.Lines(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: cfg.LogLevel})))
	source, err := rulesFrom(cfg, env, client, logger)
	if err != nil {
		return err
	}
	handler := relay.New(relay.Config{
		Rules:  source,
		Copier: copier.New(client, cfg.Engine),
		Log:    logger,
		Margin: cfg.Margin,
	})
	stdlog.SetOutput(runtimeLog{logger})
	i := &invoker{handler: handler, fallback: cfg.Credentials}
	if custom {
		return serve(i, cfg.Listen, log)
	}
	// An instance that has come this far has all it needs. To say so as an
	// initializer gives its start a time-out and errors of its own, which are then
	// not those of an event.
	fc.RegisterInitializerFunction(func(context.Context) {})
	fc.Start(i.invoke)
	return nil
}

// invoker turns what FC hands over into an invocation.
type invoker struct {
	handler  *relay.Handler
	fallback osscall.Credentials // of the environment, for an invocation without its own
}

// invoke answers raw JSON: the runtime SDK encodes what a handler returns, and
// would make Base64 of a []byte. The payload arrives as it is.
func (i *invoker) invoke(ctx context.Context, payload []byte) (json.RawMessage, error) {
	inv := relay.Invocation{Credentials: i.fallback}
	if c, ok := fccontext.FromContext(ctx); ok {
		inv.RequestID, inv.RetryCount = c.RequestID, c.RetryCount
		if c.Credentials.AccessKeyId != "" {
			inv.Credentials = osscall.Credentials{
				AccessKeyID:     c.Credentials.AccessKeyId,
				AccessKeySecret: c.Credentials.AccessKeySecret,
				SecurityToken:   c.Credentials.SecurityToken,
			}
		}
	}
	return i.handler.Handle(ctx, inv, payload)
}
