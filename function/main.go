// Command function runs on Function Compute: it receives events of OSS and copies the
// objects that its rules select. See docs/design.md.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"os"

	"github.com/aliyun/fc-runtime-go-sdk/fc"
	"github.com/aliyun/fc-runtime-go-sdk/fccontext"

	"afterput/internal/copier"
	"afterput/internal/existing"
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

// run builds the function from its settings and serves invocations: as a handler of
// FC's built-in Go runtime or, given the argument serve, as a custom runtime. It
// returns an error if it cannot start, and nil when the instance is stopped.
func run(args []string, env func(string) (string, bool), log io.Writer) error {
	custom := len(args) == 1 && args[0] == "serve"
	if len(args) > 0 && !custom {
		return fmt.Errorf("unknown arguments %q: none for the built-in Go runtime, serve for a custom runtime", args)
	}
	limitMemory(env)
	cfg, problems := settings.Read(env)
	if problems != nil {
		if _, _, inOSS := osscall.CutURL(cfg.Rules); !inOSS { // report what is wrong with the rules too
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
	engine := copier.New(client, cfg.Engine)
	handler := relay.New(relay.Config{
		Rules:  source,
		Copier: engine,
		Log:    logger,
		Margin: cfg.Margin,
	})
	stdlog.SetOutput(runtimeLog{logger})
	i := &invoker{workers: make(workers), handler: handler, fallback: cfg.Credentials, sweeper: &existing.Sweeper{
		Rules: source, Handler: handler, Copier: engine, OSS: client, Region: cfg.Region, State: cfg.Engine.State,
		Log: logger, Margin: cfg.Margin}}
	if custom {
		return serve(i, cfg.Listen, log)
	}
	// The instance is ready at this point. An initializer, even an empty one, gives the
	// start a timeout and errors of its own, so that they do not count as an event's.
	fc.RegisterInitializerFunction(func(context.Context) {})
	host, _ := env("FC_RUNTIME_API")
	if _, _, err := net.SplitHostPort(host); err == nil {
		http.DefaultTransport = &exchange{host: host, others: http.DefaultTransport} // which the runtime SDK uses
	}
	fc.Start(i.invoke)
	return nil
}

// invoker passes FC's invocations to the handler.
type invoker struct {
	workers  workers // of the built-in runtime
	handler  *relay.Handler
	sweeper  *existing.Sweeper
	fallback osscall.Credentials // from the environment, for an invocation without credentials
}

// invoke handles an invocation of the built-in runtime. It returns raw JSON because the
// runtime SDK encodes what a handler returns, and would encode a []byte as Base64.
func (i *invoker) invoke(ctx context.Context, payload []byte) (report json.RawMessage, err error) {
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
	i.workers.do(func() { report, err = i.handle(ctx, inv, payload) })
	return report, err
}

// handle handles an invocation: events, or a timer's order to sweep.
func (i *invoker) handle(ctx context.Context, inv relay.Invocation, payload []byte) ([]byte, error) {
	if window, sweep, err := existing.ReadSweep(payload); sweep {
		return i.sweeper.Sweep(ctx, inv, window, err)
	}
	return i.handler.Handle(ctx, inv, payload)
}
