package handlers

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// fill puts a value into a format's {}.
func fill(format, value string) string { return strings.Replace(format, "{}", value, 1) }

// clock is a time of day in UTC, as every printed time is.
func clock(t time.Time) string { return t.UTC().Format(time.TimeOnly) }

// lostFigure stands where a value was known and no longer is.
var lostFigure = ui.Figure{Value: ui.Lost}

// hostPort joins an address; empty without a host.
func hostPort(host string, port int) string {
	switch {
	case host == "":
		return ""
	case port == 0:
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}

// seconds is a duration as Retry-After has it, at least one.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second)))
}

// cipherName is a cipher as people write it.
func cipherName(algorithm string) string {
	if n, ok := strings.CutPrefix(algorithm, "aes"); ok {
		return "AES-" + n
	}
	return algorithm
}

// modeName is the side of an SRT connection that we are.
func modeName(t *text.Strings, listens bool) string {
	if listens {
		return t.List.Listener
	}
	return t.List.Caller
}
