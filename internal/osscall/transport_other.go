//go:build !unix

package osscall

import "net"

// closedByPeer is always false: here a connection cannot be checked without reading from it.
func closedByPeer(net.Conn) bool { return false }
