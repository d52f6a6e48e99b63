package localfc_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"afterput/internal/localfc"
)

// parentOf is an environment variable. It makes this test binary a program that runs the function
// it names and never ends.
const parentOf = "LOCALFC_PARENT_OF"

func runAsParent(function string) {
	r, err := localfc.Start(context.Background(), localfc.Config{Function: function, Log: os.Stdout})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	r.Invoke([]byte(`{"Do":"listen"}`))
	select {}
}

func TestFunctionEndsWhenItsParentIsKilled(t *testing.T) {
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentOf+"="+testfunc)
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	defer parent.Wait()
	defer parent.Process.Kill()

	var conn net.Conn // to the function; open as long as it runs
	for lines := bufio.NewScanner(stdout); conn == nil && lines.Scan(); {
		if addr, ok := strings.CutPrefix(lines.Text(), "listening on "); ok {
			if conn, err = net.Dial("tcp", addr); err != nil {
				t.Fatal(err)
			}
		}
	}
	if conn == nil {
		t.Fatal("the function never listened")
	}
	defer conn.Close()

	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	_, err = conn.Read(make([]byte, 1))
	if late, ok := err.(net.Error); err == nil || ok && late.Timeout() {
		t.Errorf("the function still runs without its parent: %v", err)
	}
}
