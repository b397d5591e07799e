package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// allotment hands out ports while the gateway's port lock is held.
type allotment struct {
	g     *Gateway
	inUse map[int]bool // by listeners of any flow, running or not, and those handed out here
}

// allotting calls use with the ports as they are; what use takes and commits
// no other request can take meanwhile.
func (g *Gateway) allotting(ctx context.Context, use func(*allotment) error) error {
	g.ports.Lock()
	defer g.ports.Unlock()
	inUse, err := g.opts.Store.PortsInUse(ctx)
	if err != nil {
		return fmt.Errorf("read the ports in use: %w", err)
	}
	return use(&allotment{g: g, inUse: inUse})
}

// take gives the wanted port, or any free one for 0. field names the port in
// refusals.
func (a *allotment) take(field string, want int) (int, error) {
	if want == 0 {
		port := a.next()
		if port == 0 {
			return 0, invalid("%s: no port is free in %d-%d; name one, or delete a listener", field, a.g.opts.PortFirst, a.g.opts.PortLast)
		}
		a.inUse[port] = true
		return port, nil
	}
	if medialive.ReservedPort(want) {
		return 0, invalid("%s must not be %d: the port is reserved", field, want)
	}
	if a.inUse[want] {
		return 0, invalid("%s %d is already used by another listener", field, want)
	}
	if err := a.g.bindable(want); err != nil {
		return 0, portRefusal(field, want, err)
	}
	a.inUse[want] = true
	return want, nil
}

// next gives the lowest free port of the range, 0 if there is none.
func (a *allotment) next() int {
	for port := a.g.opts.PortFirst; port <= a.g.opts.PortLast; port++ {
		if !a.inUse[port] && !medialive.ReservedPort(port) && a.g.bindable(port) == nil {
			return port
		}
	}
	return 0
}

// bindable tries whether a listener could have the port. One that our own
// relay has just let go is free for it at once, and for nobody else.
func (g *Gateway) bindable(port int) error {
	if g.media.released(port) {
		return nil
	}
	conn, err := net.ListenPacket("udp4", net.JoinHostPort(g.opts.SRTAddress, strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return conn.Close()
}

// portRefusal tells why a port cannot be had, in words of ours: the system's
// are for the log.
func portRefusal(field string, port int, err error) *refusal {
	if errors.Is(err, syscall.EADDRNOTAVAIL) {
		return invalid("%s %d cannot be opened: the SRT address of this service is not an address of this machine", field, port)
	}
	return invalid("%s %d is held by another program on this machine", field, port)
}
