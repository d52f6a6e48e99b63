package process

import (
	"errors"
	"time"
)

// CPU is not measured on Windows.
func CPU() (time.Duration, error) {
	return 0, errors.New("the CPU time of a process is not measured on Windows")
}
