//go:build !unix

package osscall

import "net"

// ClosedByPeer is always false: here a connection cannot be checked without reading from it.
func ClosedByPeer(net.Conn) bool { return false }
