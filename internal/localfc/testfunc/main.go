// Command testfunc is a function for the tests of localfc. Each event says what it does.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/aliyun/fc-runtime-go-sdk/fc"
	"github.com/aliyun/fc-runtime-go-sdk/fccontext"
)

// command is an event: what the function does with it.
type command struct {
	Do    string
	Times int
	Bytes int
	File  string
}

// commands are what the function can do. They get the event as JSON and decoded.
var commands = map[string]func(ctx context.Context, payload []byte, c command) (json.RawMessage, error){
	"echo": func(_ context.Context, payload []byte, _ command) (json.RawMessage, error) { return payload, nil },
	"say": func(ctx context.Context, _ []byte, _ command) (json.RawMessage, error) {
		fmt.Println("said", invocation(ctx).RequestID)
		return nil, nil
	},
	// Fails the first Times attempts.
	"fail": func(ctx context.Context, _ []byte, c command) (json.RawMessage, error) {
		if invocation(ctx).RetryCount < c.Times {
			return nil, errors.New("not yet")
		}
		return json.RawMessage(`"at last"`), nil
	},
	// Ignores the end of its context.
	"hang": func(context.Context, []byte, command) (json.RawMessage, error) {
		fmt.Println("hanging")
		select {}
	},
	"listen": func(context.Context, []byte, command) (json.RawMessage, error) { return nil, listen() },
	"exit": func(context.Context, []byte, command) (json.RawMessage, error) {
		fmt.Println("about to exit")
		os.Exit(7)
		return nil, nil
	},
	"panic": func(context.Context, []byte, command) (json.RawMessage, error) { panic("on purpose") },
	"meet":  func(ctx context.Context, _ []byte, c command) (json.RawMessage, error) { return nil, meet(ctx, c.File) },
	"touch": func(_ context.Context, _ []byte, c command) (json.RawMessage, error) {
		return nil, os.WriteFile(c.File, nil, 0o600)
	},
	"grow": func(_ context.Context, _ []byte, c command) (json.RawMessage, error) {
		block := make([]byte, c.Bytes)
		for n := 0; n < len(block); n += 4096 {
			block[n] = 1
		}
		return fmt.Appendf(nil, "%d", len(block)), nil
	},
	"describe": func(ctx context.Context, _ []byte, _ command) (json.RawMessage, error) { return describe(ctx) },
}

func handle(ctx context.Context, payload []byte) (json.RawMessage, error) {
	var c command
	if err := json.Unmarshal(payload, &c); err != nil {
		return nil, fmt.Errorf("read command: %w", err)
	}
	if do := os.Getenv("TESTFUNC_DO"); do != "" { // instead of what the event says
		c.Do = do
	}
	do, ok := commands[c.Do]
	if !ok {
		return nil, fmt.Errorf("unknown command %q", c.Do)
	}
	return do(ctx, payload, c)
}

func invocation(ctx context.Context) *fccontext.FcContext {
	fcx, _ := fccontext.FromContext(ctx)
	return fcx
}

// listen accepts one connection and keeps it open. It does not return.
func listen() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("listening on", l.Addr())
	if _, err := l.Accept(); err != nil {
		return err
	}
	select {}
}

// meet waits until the file exists.
func meet(ctx context.Context, file string) error {
	fmt.Println("waiting in", os.Getpid())
	for ctx.Err() == nil {
		if _, err := os.Stat(file); err == nil {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return ctx.Err()
}

// describe returns what the function sees of its environment.
func describe(ctx context.Context) (json.RawMessage, error) {
	wd, _ := os.Getwd()
	deadline, _ := ctx.Deadline()
	return json.Marshal(map[string]any{
		"pid":      os.Getpid(),
		"wd":       wd,
		"env":      os.Environ(),
		"deadline": deadline.UnixMilli(),
		"context":  invocation(ctx),
	})
}

func main() {
	switch os.Getenv("TESTFUNC_START") {
	case "exit":
		fmt.Println("rules.yaml:3: no such field")
		fmt.Fprintln(os.Stderr, "giving up")
		os.Exit(1)
	case "hang":
		fmt.Println("hanging from the start")
		select {}
	case "deaf": // ignores SIGTERM
		ignoreTerm()
	}
	if file := os.Getenv("TESTFUNC_START_ONCE"); file != "" {
		if err := os.Remove(file); err != nil {
			fmt.Println("started before")
			os.Exit(3)
		}
	}
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		fmt.Println(serve())
		os.Exit(1)
	}
	fc.RegisterInitializerFunction(initialize)
	fc.RegisterPreStopFunction(stopping)
	fc.Start(handle)
}
