// Package filelock locks files between processes.
package filelock

import "errors"

// ErrLocked is that another process has the lock.
var ErrLocked = errors.New("another process has locked it")
