package gateway

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/store"
)

// SRT comes into a channel by an inlet: a flow of the relay's without outputs,
// which the channel taps. Keys and whitelists are the relay's matter, as they are
// for flows. One source may be a flow of the project itself, which is tapped then.

const (
	// flowHost is what stands for the host where a flow of the project is pulled:
	// srt://flow/{flow_id}, without a port.
	flowHost = "flow"
	// inletKey is used where a passphrase comes without the length of its key, in
	// bytes: libsrt's own default, so that no sender is refused for it.
	inletKey = 16
)

// inletRole is which source of a channel an inlet is for.
type inletRole string

const (
	primaryInlet inletRole = "primary"
	standbyInlet inletRole = "standby"
)

// inletID names a channel's inlet among the flows of the relay.
func inletID(uid string, role inletRole) string { return "channel-" + uid + "-" + string(role) }

func bySRT(p medialive.InputProtocol) bool { return p == medialive.SRTPush || p == medialive.SRTPull }

// pulledFlow gives the flow that an address stands for.
func pulledFlow(address medialive.URL) (id string, ok bool) {
	u, err := url.Parse(address.Reveal())
	if err != nil || u.Hostname() != flowHost || u.Port() != "" {
		return "", false
	}
	return strings.Trim(u.Path, "/"), true
}

// Taps opens what sources send, by the ids of flows and inlets, with errors in
// words for people: for [packager.Options].
func Taps(r *relay.Client) Tap {
	return func(ctx context.Context, id string) (io.ReadCloser, error) {
		stream, err := r.Tap(ctx, id)
		if err != nil && !errors.Is(err, relay.ErrNoFlow) {
			return nil, errors.New(relaySilent) // the error has a path, which tells a viewer nothing
		}
		return stream, err
	}
}

// flowsExist refuses an input from flows that the project does not have.
func (g *Gateway) flowsExist(ctx context.Context, project string, in medialive.ChannelInput) error {
	for field, list := range map[string][]medialive.ChannelSource{"input.sources": in.Sources, "input.secondary_sources": in.Standby} {
		for i, s := range list {
			id, ok := pulledFlow(s.URL)
			if !ok || in.Protocol != medialive.SRTPull {
				continue
			}
			switch _, err := g.load(ctx, project, id); {
			case errors.As(err, new(*refusal)):
				return badParam("%s[%d].url: the project has no flow %s", field, i, id)
			case err != nil:
				return err
			}
		}
	}
	return nil
}

// tapped gives a source that comes from the relay.
func tapped(uid string, role inletRole, s medialive.ChannelSource) packager.Source {
	source := packager.Source{Kind: packager.Tap, Address: packager.Address(inletID(uid, role)), Bitrate: s.Bitrate}
	if id, ok := pulledFlow(s.URL); ok {
		source.Address = packager.Address(id)
	}
	return source
}

// srtSources gives the sources of a channel that SRT comes into. One that is
// pushed to has a primary also where none is described.
func srtSources(in medialive.ChannelInput) map[inletRole]medialive.ChannelSource {
	all := map[inletRole]medialive.ChannelSource{}
	if !bySRT(in.Protocol) {
		return all
	}
	all[primaryInlet] = medialive.ChannelSource{}
	if len(in.Sources) > 0 {
		all[primaryInlet] = in.Sources[0]
	}
	if len(in.Standby) > 0 {
		all[standbyInlet] = in.Standby[0]
	}
	return all
}

// inlets says what the relay should run for a channel, secrets included.
func (g *Gateway) inlets(rec channelRecord) ([]relay.FlowSpec, error) {
	var specs []relay.FlowSpec
	in := rec.channel.Input
	for role, s := range srtSources(in) {
		if _, ok := pulledFlow(s.URL); ok && in.Protocol == medialive.SRTPull {
			continue // runs as a flow, or does not
		}
		leg, err := g.inletLeg(rec, role, s)
		if err != nil {
			return nil, err
		}
		leg.Name = string(role)
		specs = append(specs, relay.FlowSpec{ID: inletID(rec.row.UID, role), Source: leg, Outputs: []relay.LegSpec{}})
	}
	return specs, nil
}

func (g *Gateway) inletLeg(rec channelRecord, role inletRole, s medialive.ChannelSource) (relay.LegSpec, error) {
	if rec.channel.Input.Protocol == medialive.SRTPull {
		return pullLeg(s)
	}
	leg := relay.LegSpec{
		Mode: relay.Listen, Host: g.opts.SRTAddress, Port: rec.srtPort(role), StreamID: rec.pushStreamID(s),
		Latency: cmp.Or(s.Latency, medialive.DefaultLatency), Allow: networks(rec.channel.Input.IPWhitelist),
	}
	if leg.Port == 0 {
		return leg, unsupported("This channel has no port for SRT; change its input, and it is given one")
	}
	withKey(&leg, s.Passphrase.Reveal(), s.KeyLength)
	return leg, nil
}

func (r channelRecord) srtPort(role inletRole) int {
	if role == standbyInlet {
		return r.row.SRTStandby
	}
	return r.row.SRTPort
}

// pushStreamID is what an encoder must send to be let in; empty: anything.
func (r channelRecord) pushStreamID(s medialive.ChannelSource) string {
	if r.channel.Input.IPPortMode {
		return ""
	}
	return cmp.Or(s.StreamID, r.channel.AppName+"/"+r.channel.ID)
}

func withKey(leg *relay.LegSpec, passphrase string, length int) {
	if passphrase != "" {
		leg.Passphrase, leg.KeyLength = passphrase, cmp.Or(length, inletKey)
	}
}

// pullForms are the addresses from which SRT is pulled.
const pullForms = "srt://host:port, with streamid, passphrase and pbkeylen as parameters at most, or srt://" + flowHost + "/{flow_id}"

// errPullAddress tells how an address to pull from must look.
var errPullAddress = errors.New(pullForms + " is needed")

// pullLeg reads from where SRT is pulled. What the source itself says goes before
// the parameters of its address.
func pullLeg(s medialive.ChannelSource) (relay.LegSpec, error) {
	u, err := url.Parse(s.URL.Reveal())
	if err != nil || u.Scheme != "srt" || u.User != nil || strings.Trim(u.Path, "/") != "" {
		return relay.LegSpec{}, errPullAddress
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || port < 1 || port > medialive.MaxPort {
		return relay.LegSpec{}, errPullAddress
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return relay.LegSpec{}, errPullAddress
	}
	length := s.KeyLength
	for name, values := range query {
		switch {
		case len(values) != 1:
			return relay.LegSpec{}, errPullAddress
		case name == "pbkeylen":
			n, err := strconv.Atoi(values[0])
			if err != nil {
				return relay.LegSpec{}, errPullAddress
			}
			length = cmp.Or(length, n)
		case name != "streamid" && name != "passphrase" && !(name == "mode" && values[0] == "caller"):
			return relay.LegSpec{}, errPullAddress
		}
	}
	leg := relay.LegSpec{
		Mode: relay.Call, Host: u.Hostname(), Port: port,
		StreamID: cmp.Or(s.StreamID, query.Get("streamid")), Latency: cmp.Or(s.Latency, medialive.DefaultLatency),
	}
	withKey(&leg, cmp.Or(s.Passphrase.Reveal(), query.Get("passphrase")), length)
	return leg, nil
}

// networks reads a whitelist of addresses and blocks. An entry that cannot be read
// admits nobody.
func networks(list string) (allow []netip.Prefix) {
	for _, entry := range medialive.SplitWhitelist(list) {
		if addr, err := netip.ParseAddr(entry); err == nil {
			entry = netip.PrefixFrom(addr, addr.BitLen()).String()
		}
		allow = append(allow, prefixes([]string{entry})...)
	}
	return allow
}

// srtPushes gives the addresses to which SRT is pushed, the primary's first.
func (g *Gateway) srtPushes(rec channelRecord) (all []string) {
	sources := srtSources(rec.channel.Input)
	for _, role := range []inletRole{primaryInlet, standbyInlet} {
		s, ok := sources[role]
		if port := rec.srtPort(role); ok && port != 0 {
			address := url.URL{Scheme: "srt", Host: net.JoinHostPort(g.opts.SRTAddress, strconv.Itoa(port))}
			if id := rec.pushStreamID(s); id != "" {
				address.RawQuery = "streamid=" + strings.ReplaceAll(url.QueryEscape(id), "%2F", "/")
			}
			all = append(all, address.String())
		}
	}
	return all
}

// withPorts calls commit once a channel has the ports on which it listens for SRT.
// It keeps them for as long as it exists.
func (g *Gateway) withPorts(ctx context.Context, rec *channelRecord, commit func() error) error {
	in := rec.channel.Input
	if in.Protocol != medialive.SRTPush || rec.row.SRTPort != 0 && (rec.row.SRTStandby != 0 || len(in.Standby) == 0) {
		return commit()
	}
	return g.allotting(ctx, func(ports *allotment) error {
		wanted := map[inletRole]*int{primaryInlet: &rec.row.SRTPort}
		if len(in.Standby) > 0 {
			wanted[standbyInlet] = &rec.row.SRTStandby
		}
		for _, port := range wanted {
			if *port != 0 {
				continue
			}
			if *port = ports.next(); *port == 0 {
				return unsupported("No port for SRT is free in %d-%d, nothing was changed: delete a listener", g.opts.PortFirst, g.opts.PortLast)
			}
			ports.inUse[*port] = true
		}
		return commit()
	})
}

// openInlets has the relay take what SRT brings for a channel, and no longer what
// it did before. A relay that does not answer is told later.
func (g *Gateway) openInlets(ctx context.Context, rec channelRecord) error {
	specs, err := g.inlets(rec)
	if err != nil {
		return err
	}
	for _, role := range []inletRole{primaryInlet, standbyInlet} {
		if err := g.openInlet(ctx, rec.row, inletID(rec.row.UID, role), specs); err != nil {
			return err
		}
	}
	return nil
}

func (g *Gateway) openInlet(ctx context.Context, row store.Channel, id string, specs []relay.FlowSpec) error {
	defer g.serial.lock(id)()
	for _, spec := range specs {
		if spec.ID != id {
			continue
		}
		if refused := relayRefusal(g.media.open(ctx, row, spec)); refused != nil {
			return refused
		}
		return nil
	}
	g.media.close(id)
	return nil
}

func (g *Gateway) closeInlets(uid string) {
	for _, role := range []inletRole{primaryInlet, standbyInlet} {
		id := inletID(uid, role)
		unlock := g.serial.lock(id)
		g.media.close(id)
		unlock()
	}
}

// wantInlets makes the inlets of all channels wanted that are ON, so that a relay
// which has them already keeps them. [Gateway.keepChannels] sees to the rest.
func (g *Gateway) wantInlets(ctx context.Context) bool {
	if g.opts.Channels == nil {
		return true
	}
	rows, err := g.opts.Store.ChannelsIn(ctx, string(medialive.ChannelOn))
	if err != nil {
		if ctx.Err() == nil {
			g.opts.Log.ErrorContext(ctx, "the inputs of channels cannot be read", "error", err)
		}
		return false
	}
	for _, row := range rows {
		rec, err := g.openChannel(row)
		if err != nil {
			continue // told where channels are settled
		}
		specs, err := g.inlets(rec)
		for _, spec := range specs {
			if err == nil {
				g.media.wantInlet(row, spec)
			}
		}
	}
	return true
}

// wantInlet is [media.want] for what comes into a channel.
func (m *media) wantInlet(row store.Channel, spec relay.FlowSpec) *running {
	w := m.want(record{}, spec)
	m.mu.Lock()
	defer m.mu.Unlock()
	w.channel = row
	return w
}

// open makes an inlet wanted and brings it to the relay, unless that is done.
func (m *media) open(ctx context.Context, row store.Channel, spec relay.FlowSpec) error {
	w := m.wantInlet(row, spec)
	m.mu.Lock()
	taken := w.taken
	m.mu.Unlock()
	if taken {
		return nil
	}
	return m.bring(ctx, w, m.relay.Put)
}

// close makes an inlet unwanted, and has it taken from the relay.
func (m *media) close(id string) {
	m.forget(id)
	m.nudge()
}

// inletChannels lists the channels that have inlets.
func (m *media) inletChannels() (rows []store.Channel) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.wanted {
		if w.isInlet() {
			rows = append(rows, w.channel)
		}
	}
	return rows
}

// inletStatistics gives what the relay measured of a source of a channel; nil
// where it has none, or says nothing.
func (m *media) inletStatistics(id string) (*medialive.LegStatistics, []medialive.RefusedCaller) {
	w, said, _, fresh := m.facts(id)
	if w == nil {
		return nil, nil
	}
	protocol := medialive.Listener
	if w.spec.Source.Mode == relay.Call {
		protocol = medialive.Caller
	}
	leg := legStatistics(w.spec.Source.Name, protocol, legFacts{w, said.Source, fresh, said.ID != ""})
	if leg.Since.IsZero() && fresh {
		leg.Since = said.Source.Since
	}
	return &leg, refusedBy(said)
}
