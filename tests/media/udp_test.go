package media

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
)

// held lists the UDP ports of an IPv4 address that somebody has open, by the
// word of the kernel, so that looking disturbs nobody.
func held(t *testing.T, address string) map[int]bool {
	t.Helper()
	table, err := os.ReadFile("/proc/net/udp")
	must(t, err)
	ports := map[int]bool{}
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
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
			ports[int(n)] = true
		}
	}
	return ports
}
