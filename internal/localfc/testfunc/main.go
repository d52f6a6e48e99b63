// Command testfunc is a function for the tests of localfc: its events say what
// it does.
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

type order struct {
	Do    string
	Times int
	Bytes int
	File  string
}

func handle(ctx context.Context, payload []byte) (json.RawMessage, error) {
	var o order
	if err := json.Unmarshal(payload, &o); err != nil {
		return nil, fmt.Errorf("read order: %w", err)
	}
	fcx, _ := fccontext.FromContext(ctx)
	if do := os.Getenv("TESTFUNC_DO"); do != "" { // with any event
		o.Do = do
	}
	switch o.Do {
	case "echo":
		return payload, nil
	case "say":
		fmt.Println("said", fcx.RequestID)
		return nil, nil
	case "fail": // until it was tried Times times
		if fcx.RetryCount < o.Times {
			return nil, errors.New("not yet")
		}
		return json.RawMessage(`"at last"`), nil
	case "hang": // deaf to its context
		fmt.Println("hanging")
		select {}
	case "listen": // and hold one connection for ever
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		fmt.Println("listening on", l.Addr())
		if _, err := l.Accept(); err != nil {
			return nil, err
		}
		select {}
	case "exit":
		fmt.Println("about to exit")
		os.Exit(7)
	case "panic":
		panic("on purpose")
	case "meet": // until File is there
		fmt.Println("waiting in", os.Getpid())
		for ctx.Err() == nil {
			if _, err := os.Stat(o.File); err == nil {
				return nil, nil
			}
			time.Sleep(time.Millisecond)
		}
		return nil, ctx.Err()
	case "touch":
		return nil, os.WriteFile(o.File, nil, 0o600)
	case "grow":
		block := make([]byte, o.Bytes)
		for n := 0; n < len(block); n += 4096 {
			block[n] = 1
		}
		return fmt.Appendf(nil, "%d", len(block)), nil
	case "tell":
		wd, _ := os.Getwd()
		deadline, _ := ctx.Deadline()
		return json.Marshal(map[string]any{
			"pid": os.Getpid(), "wd": wd, "env": os.Environ(), "deadline": deadline.UnixMilli(), "context": fcx,
		})
	}
	return nil, fmt.Errorf("no such order: %q", o.Do)
}

func main() {
	switch os.Getenv("TESTFUNC_START") {
	case "exit":
		fmt.Println("rules.yaml:3: no such field")
		fmt.Fprintln(os.Stderr, "giving up")
		os.Exit(1)
	case "hang":
		fmt.Println("deaf from the start")
		select {}
	case "deaf": // also to SIGTERM
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
