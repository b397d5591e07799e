package relay

import (
	"errors"
	"fmt"

	"github.com/flowdeck/flowdeck/internal/srt"
)

// Values of socket options.
const (
	typeLive         = 0
	minPeerVersion   = 0x010300 // before it, a wrong passphrase passes (libsrt issue 1977)
	peerIdleMS       = 2000
	connectTimeoutMS = 1500
	udpSendBuffer    = 1 << 20  // bytes
	maxBandwidth     = 10e9 / 8 // bytes a second; see configure
	backlog          = 32       // callers between libsrt's verdict and our Accept

	// Buffers hold what comes within latency and some round trips at about
	// 125 Mb/s. libsrt takes memory in proportion to the flight window, and
	// more only as it is filled.
	packetsPerMS    = 12
	roundTripsMS    = 250
	fewestPackets   = 4096
	returnPackets   = 512 // receive side of sockets that only send
	bufferPerPacket = 1472
	dropAfterMS     = 1500 // libsrt keeps unsent packets for at least a second
)

// newSocket makes a non-blocking socket with all options of the leg.
func (r *relay) newSocket(l *leg) (srt.Socket, error) {
	s, err := r.lib.NewSocket()
	if err != nil {
		return 0, err
	}
	if err := r.configure(s, l); err != nil {
		r.lib.Close(s)
		return 0, err
	}
	return s, nil
}

func (r *relay) configure(s srt.Socket, l *leg) error {
	options := []struct {
		option srt.Option
		value  int
	}{
		{srt.OptTransType, typeLive}, // first: it sets others
		{srt.OptPayloadSize, srt.MaxPayload},
		{srt.OptUDPSendBuffer, udpSendBuffer},
		{srt.OptMinVersion, minPeerVersion},
		{srt.OptPeerIdleTimeout, peerIdleMS},
		{srt.OptConnectTimeout, connectTimeoutMS},
	}
	for _, o := range options {
		if err := r.lib.SetInt(s, o.option, o.value); err != nil {
			return fmt.Errorf("prepare %s: %w", l.spec.Name, err)
		}
	}
	// At its own limit of 1 Gb/s libsrt sleeps 12 microseconds between any two
	// packets of a burst, a third of what its sender costs.
	if err := r.lib.SetInt64(s, srt.OptMaxBandwidth, maxBandwidth); err != nil {
		return fmt.Errorf("prepare %s: %w", l.spec.Name, err)
	}
	if err := setLatency(r.lib, s, l.spec.Latency, l.source); err != nil {
		return fmt.Errorf("prepare %s: %w", l.spec.Name, err)
	}
	return r.configureAccess(s, l)
}

// setLatency sets a socket's latency, in milliseconds, and buffers that hold
// as much.
func setLatency(lib *srt.Library, s srt.Socket, latency int, source bool) error {
	receive := max(fewestPackets, (latency+roundTripsMS)*packetsPerMS)
	send := max(fewestPackets, (max(latency, dropAfterMS)+roundTripsMS)*packetsPerMS)
	if source {
		send = fewestPackets
	} else {
		receive = returnPackets
	}
	return errors.Join(
		lib.SetInt(s, srt.OptLatency, latency),
		lib.SetInt(s, srt.OptFlightWindow, receive), // before the buffer, which it limits
		lib.SetInt(s, srt.OptReceiveBuffer, receive*bufferPerPacket),
		lib.SetInt(s, srt.OptSendBuffer, send*bufferPerPacket),
	)
}

func (r *relay) configureAccess(s srt.Socket, l *leg) error {
	for _, option := range []srt.Option{srt.OptSendBlocking, srt.OptReceiveBlocking} {
		if err := r.lib.SetBool(s, option, false); err != nil {
			return fmt.Errorf("prepare %s: %w", l.spec.Name, err)
		}
	}
	if l.spec.KeyLength > 0 {
		if err := r.lib.SetString(s, srt.OptPassphrase, l.spec.Passphrase); err != nil {
			return fmt.Errorf("set passphrase of %s: %w", l.spec.Name, err)
		}
		if err := r.lib.SetInt(s, srt.OptKeyLength, l.spec.KeyLength); err != nil {
			return fmt.Errorf("set key length of %s: %w", l.spec.Name, err)
		}
	}
	if l.spec.Mode == Call {
		return r.lib.SetString(s, srt.OptStreamID, l.spec.StreamID)
	}
	return nil
}

// keyLength tells the bytes of the key that a connection uses, 0 when clear.
func (r *relay) keyLength(s srt.Socket, l *leg) (int, error) {
	if l.spec.KeyLength == 0 {
		return 0, nil // libsrt lets no encrypted peer in
	}
	return r.lib.Int(s, srt.OptKeyLength)
}
