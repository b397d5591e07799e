package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/store"
)

// record is a flow as the store has it, with its nouns decoded. Passphrases
// read as [medialive.Mask]; the secrets stay sealed in the row.
type record struct {
	row     store.Flow
	source  medialive.Source
	outputs []medialive.Output
}

// load reads a flow of a project; one that does not exist is a refusal.
func (g *Gateway) load(ctx context.Context, project, id string) (record, error) {
	row, err := g.opts.Store.Flow(ctx, project, id)
	if errors.Is(err, store.ErrNotFound) {
		return record{}, unknownFlow()
	}
	if err != nil {
		return record{}, fmt.Errorf("load flow %s: %w", id, err)
	}
	return decodeRecord(row)
}

func decodeRecord(row store.Flow) (record, error) {
	rec := record{row: row, outputs: make([]medialive.Output, len(row.Outputs))}
	if err := json.Unmarshal(row.Source, &rec.source); err != nil {
		return record{}, fmt.Errorf("decode source of flow %s: %w", row.ID, err)
	}
	for i, out := range row.Outputs {
		if err := json.Unmarshal(out.Config, &rec.outputs[i]); err != nil {
			return record{}, fmt.Errorf("decode output %s of flow %s: %w", out.Name, row.ID, err)
		}
	}
	return rec, nil
}

// output finds an output by name.
func (r record) output(name string) (index int, found bool) {
	for i, out := range r.outputs {
		if out.Name == name {
			return i, true
		}
	}
	return 0, false
}

// flow gives the flow as the API answers it.
func (g *Gateway) flow(rec record) medialive.Flow {
	f := medialive.Flow{
		ID: rec.row.ID, Name: rec.row.Name, Region: rec.row.Region, Status: status(rec.row.Active),
		Sources: []medialive.Source{g.sourceView(rec)}, Outputs: make([]medialive.OutputRef, len(rec.outputs)),
	}
	for i, out := range rec.outputs {
		f.Outputs[i] = medialive.OutputRef{Name: out.Name, Type: medialive.StandardOutput}
	}
	return f
}

func status(active bool) medialive.FlowStatus {
	if active {
		return medialive.Active
	}
	return medialive.Standby
}

// sourceView gives the source as the API answers it.
func (g *Gateway) sourceView(rec record) medialive.Source {
	s := rec.source
	if s.Protocol == medialive.Listener {
		s.Address = g.opts.SRTAddress
	}
	s.Health = g.media.sourceHealth(rec.row.ID)
	return s
}

// outputViews gives all outputs as the API answers them.
func (g *Gateway) outputViews(rec record) []medialive.Output {
	views := make([]medialive.Output, len(rec.outputs))
	for i, out := range rec.outputs {
		views[i] = g.outputView(rec.row.ID, out)
	}
	return views
}

func (g *Gateway) outputView(flowID string, out medialive.Output) medialive.Output {
	if out.Protocol == medialive.Listener {
		out.ListenerAddress = g.opts.SRTAddress
	}
	out.Type = medialive.StandardOutput
	out.Health = g.media.outputHealth(flowID, out.Name)
	return out
}

// encodeSource gives the source as it is stored: without what the service
// knows by itself, and with the passphrase masked, as Secret always encodes.
func encodeSource(s medialive.Source) ([]byte, error) {
	s.Health = ""
	if s.Protocol == medialive.Listener {
		s.Address = ""
	}
	return json.Marshal(s)
}

func encodeOutput(out medialive.Output) ([]byte, error) {
	out.Health, out.Type, out.ListenerAddress = "", "", ""
	return json.Marshal(out)
}

// sealContext binds a sealed passphrase to its flow and leg; the source, which
// may be renamed, is the leg with the empty name.
func sealContext(flowID, output string) []byte {
	return []byte("flow/" + flowID + "/" + output)
}

// sealed gives what is stored for the passphrase of a leg: a new one sealed,
// kept for the mask, none where there is no protection. field names the
// protection in refusals.
func (g *Gateway) sealed(flowID, output, field string, c *medialive.Crypto, kept []byte) ([]byte, error) {
	switch {
	case c == nil:
		return nil, nil
	case c.Passphrase != medialive.Mask:
		secret, _, err := g.opts.Key.Seal([]byte(c.Passphrase.Reveal()), sealContext(flowID, output))
		return secret, err
	case kept == nil:
		return nil, invalid("%s.passphrase is required: there is none stored that could be kept", field)
	default:
		return kept, nil
	}
}

// revealed opens the stored passphrase of a leg.
func (g *Gateway) revealed(flowID, output string, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	plain, err := g.opts.Key.Open(sealed, sealContext(flowID, output))
	if err != nil {
		return "", fmt.Errorf("open the passphrase of %q in flow %s: %w", output, flowID, err)
	}
	return string(plain), nil
}

// spec says what the relay should run for a flow, secrets included.
func (g *Gateway) spec(rec record) (relay.FlowSpec, error) {
	id, s := rec.row.ID, rec.source
	spec := relay.FlowSpec{ID: id, Outputs: make([]relay.LegSpec, 0, len(rec.outputs))}
	secret, err := g.revealed(id, "", rec.row.SourceSecret)
	if err != nil {
		return relay.FlowSpec{}, err
	}
	spec.Source = g.leg(s.Protocol, s.Address, s.CIDRWhitelist, s.Decryption, secret)
	spec.Source.Name, spec.Source.Port, spec.Source.StreamID, spec.Source.Latency = s.Name, s.Port, s.StreamID, s.MinLatency
	for i, out := range rec.outputs {
		if out.Status == medialive.Disabled {
			continue
		}
		if secret, err = g.revealed(id, out.Name, rec.row.Outputs[i].Secret); err != nil {
			return relay.FlowSpec{}, err
		}
		leg := g.leg(out.Protocol, out.Destination, out.CIDRWhitelist, out.Encryption, secret)
		leg.Name, leg.Port, leg.StreamID, leg.Latency = out.Name, out.Port, out.StreamID, out.MinLatency
		spec.Outputs = append(spec.Outputs, leg)
	}
	return spec, nil
}

func (g *Gateway) leg(p medialive.Protocol, host string, whitelist []string, c *medialive.Crypto, secret string) relay.LegSpec {
	leg := relay.LegSpec{Mode: relay.Call, Host: host}
	if p == medialive.Listener {
		leg.Mode, leg.Host, leg.Allow = relay.Listen, g.opts.SRTAddress, prefixes(whitelist)
	}
	if c != nil {
		leg.KeyLength, leg.Passphrase = c.Algorithm.KeyLength(), secret
	}
	return leg
}

// prefixes reads a whitelist that was validated before it was stored. An entry
// that cannot be read admits nobody, rather than making the list empty, which
// would admit all.
func prefixes(whitelist []string) []netip.Prefix {
	nobody := netip.PrefixFrom(netip.IPv4Unspecified(), 32)
	allowed := make([]netip.Prefix, 0, len(whitelist))
	for _, text := range whitelist {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			p = nobody
		}
		allowed = append(allowed, p.Masked())
	}
	return allowed
}

// normalSource fills the defaults into a source as sent, and clears what only
// the service says.
func normalSource(s medialive.Source) medialive.Source {
	s.Address = medialive.Host(s.Address)
	if s.Protocol == medialive.Listener {
		s.Address = ""
	}
	if s.MinLatency == 0 {
		s.MinLatency = medialive.DefaultLatency
	}
	s.Decryption, s.Health = normalCrypto(s.Decryption), ""
	return s
}

// normalOutput fills the defaults into an output as sent, and clears what only
// the service says.
func normalOutput(out medialive.Output) medialive.Output {
	if out.MinLatency == 0 {
		out.MinLatency = medialive.DefaultLatency
	}
	if out.Status == "" {
		out.Status = medialive.Enabled
	}
	out.Destination = medialive.Host(out.Destination)
	if out.Protocol == medialive.Listener {
		out.Destination = ""
	}
	out.Encryption = normalCrypto(out.Encryption)
	out.Health, out.Type, out.ListenerAddress = "", "", ""
	return out
}

// normalCrypto writes the default cipher out. An empty passphrase means none:
// the vendor's own requests have it so.
func normalCrypto(c *medialive.Crypto) *medialive.Crypto {
	if c == nil || c.Passphrase == "" {
		return nil
	}
	full := *c
	if full.Algorithm == "" {
		full.Algorithm = medialive.AES256
	}
	return &full
}
