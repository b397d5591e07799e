package media

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// held lists the UDP ports of an IPv4 address that somebody has open, with the
// inodes of their sockets, by the word of the kernel, so that looking disturbs
// nobody.
func held(t *testing.T, address string) map[int]string {
	t.Helper()
	table, err := os.ReadFile("/proc/net/udp")
	must(t, err)
	ports := map[int]string{}
	for line := range strings.Lines(string(table)) {
		const inode = 9 // its column
		fields := strings.Fields(line)
		if len(fields) <= inode {
			continue
		}
		host, port, ok := strings.Cut(fields[1], ":")
		raw, err := hex.DecodeString(host)
		if !ok || err != nil || len(raw) != 4 {
			continue // the heading
		}
		var ip [4]byte
		binary.NativeEndian.PutUint32(ip[:], binary.BigEndian.Uint32(raw))
		n, err := strconv.ParseUint(port, 16, 16)
		if err == nil && netip.AddrFrom4(ip).String() == address {
			ports[int(n)] = fields[inode]
		}
	}
	return ports
}

// isHeld tells whether anybody has a port open.
func isHeld(t *testing.T, address string, port int) bool {
	t.Helper()
	_, found := held(t, address)[port]
	return found
}

// holds tells whether a process has all of some ports open.
func holds(t *testing.T, pid int, address string, ports []int) bool {
	t.Helper()
	own := map[string]bool{}
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid)) // the pattern is right, so there is no error
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil { // it may be closed already
			own[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
		}
	}
	open := held(t, address)
	return !slices.ContainsFunc(ports, func(port int) bool { return !own[open[port]] })
}
