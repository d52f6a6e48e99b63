//go:build unix

package osscall

import (
	"net"
	"syscall"
)

// ClosedByPeer reports whether a connection on which no response is due was closed by the other
// side, or carries unrequested data, such as TLS's notice that it will be closed.
func ClosedByPeer(conn net.Conn) bool {
	tcp, ok := conn.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return true
	}
	closed := false
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		closed = err != syscall.EAGAIN && err != syscall.EINTR
	})
	return closed || err != nil
}
