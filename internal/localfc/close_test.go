//go:build unix

package localfc_test

import (
	"errors"
	"syscall"
	"testing"

	"afterput/internal/localfc"
)

func TestCloseEndsTheFunctionAndAllWaiting(t *testing.T) {
	for name, env := range map[string][]string{"ends at SIGTERM": nil, "ignores SIGTERM": {"TESTFUNC_START=deaf"}} {
		t.Run(name, func(t *testing.T) {
			w := start(t, localfc.Config{Env: env})
			pid := w.pid()
			w.Invoke([]byte(`{"Do":"hang"}`))
			w.Invoke([]byte(`{"Do":"echo"}`)) // is queued after it
			waited := make(chan error, 2)
			go func() { waited <- w.Wait(t.Context()) }()
			go func() {
				_, err := w.InvokeSync(t.Context(), []byte(`{"Do":"echo"}`))
				waited <- err
			}()
			w.log.waitFor(t, "hanging")
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("process %d outlived Close: %v", pid, err)
			}
			for range 2 {
				if err := <-waited; !errors.Is(err, localfc.ErrClosed) {
					t.Errorf("waiting ended with %v", err)
				}
			}
			if err := w.Close(); err != nil {
				t.Errorf("closed twice: %v", err)
			}
			w.Invoke([]byte(`{"Do":"echo"}`)) // is dropped
		})
	}
}
