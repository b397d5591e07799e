package gateway

import (
	"cmp"
	"context"
	"fmt"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// updateEndpoints answers ModifyOttChannelInfoEndPoints.
func (g *Gateway) updateEndpoints(c *call) (answer, error) {
	var change medialive.EndpointsChange
	if err := c.readChannel(&change); err != nil {
		return answer{}, err
	}
	return g.changeChannel(c, func(ch *medialive.Channel) error {
		if change.Outputs == nil {
			return nil // absent: kept
		}
		if faults := medialive.ValidateEndpointsChange(change); len(faults) > 0 {
			return faultyChannel(faults)
		}
		if err := identify(change.Outputs, *ch); err != nil {
			return err
		}
		ch.Outputs = change.Outputs
		return unable(*ch)
	})
}

// identify gives ids to the new packages among outputs that take the place of a
// channel's. A package that stays must carry its id: without, it is a new one,
// at an address that is taken.
func identify(outputs []medialive.Endpoint, before medialive.Channel) error {
	formats, addresses := map[string]string{}, map[string]bool{}
	for ref, p := range before.Packages() {
		formats[p.ID], addresses[playAddress(p.URL)] = ref.Format, true
	}
	for ref, p := range medialive.Packages(outputs) {
		switch {
		case p.ID == "" && addresses[playAddress(p.URL)]:
			return addressTaken(p.URL)
		case p.ID == "":
			p.ID = newPackageID()
		case formats[p.ID] != ref.Format:
			return badParam("%s.id: the channel has no such package", ref)
		default:
			delete(formats, p.ID) // a second one with this id is none of the channel's
		}
	}
	return nil
}

// updateInput answers ModifyOttChannelInfoInput.
func (g *Gateway) updateInput(c *call) (answer, error) {
	var change medialive.InputChange
	if err := c.readChannel(&change); err != nil {
		return answer{}, err
	}
	return g.changeChannel(c, func(ch *medialive.Channel) error {
		if faults := medialive.ValidateInputChange(change, *ch); len(faults) > 0 {
			return faultyChannel(faults)
		}
		if change.Input != nil {
			if change.Input.Protocol != ch.Input.Protocol {
				return badParam("input.input_protocol is %s and cannot be changed", ch.Input.Protocol)
			}
			if err := g.flowsExist(c.Context(), c.project, *change.Input); err != nil {
				return err
			}
			if err := keepPassphrases(change.Input, ch.Input); err != nil {
				return err
			}
			ch.Input = *change.Input
		}
		ch.Expand = cmp.Or(change.Expand, ch.Expand)
		return unable(*ch)
	})
}

// keepPassphrases puts the stored passphrases into an input where it has the
// mask in place of them.
func keepPassphrases(in *medialive.ChannelInput, stored medialive.ChannelInput) error {
	if err := keepEach("input.sources", in.Sources, stored.Sources); err != nil {
		return err
	}
	return keepEach("input.secondary_sources", in.Standby, stored.Standby)
}

func keepEach(field string, sources, stored []medialive.ChannelSource) error {
	for i := range sources {
		if sources[i].Passphrase != medialive.Mask {
			continue
		}
		if i >= len(stored) || stored[i].Passphrase == "" {
			return badParam("%s[%d].passphrase is required: there is none stored that could be kept", field, i)
		}
		sources[i].Passphrase = stored[i].Passphrase
	}
	return nil
}

// updateRecord answers ModifyOttChannelInfoRecordSettings, without addresses.
func (g *Gateway) updateRecord(c *call) (answer, error) {
	var change medialive.RecordChange
	if err := c.readChannel(&change); err != nil {
		return answer{}, err
	}
	_, err := g.changeChannel(c, func(ch *medialive.Channel) error {
		if err := recordTold(c.body); err != nil {
			return err
		}
		if faults := medialive.ValidateRecordChange(change); len(faults) > 0 {
			return faultyChannel(faults)
		}
		ch.Record = *change.Record
		return nil
	})
	if err != nil {
		return answer{}, err
	}
	return ok(newChannelResult(c.channel))
}

// updateGeneral answers ModifyOttChannelInfoGeneral.
func (g *Gateway) updateGeneral(c *call) (answer, error) {
	var change medialive.GeneralChange
	if err := c.readChannel(&change); err != nil {
		return answer{}, err
	}
	return g.changeChannel(c, func(ch *medialive.Channel) error {
		if faults := medialive.ValidateGeneralChange(change); len(faults) > 0 {
			return faultyChannel(faults)
		}
		ch.Name = change.Name
		return nil
	})
}

// updateEncoders answers ModifyOttChannelInfoEncoderSettings. It takes what else
// the vendor's own Terraform provider sends.
func (g *Gateway) updateEncoders(c *call) (answer, error) {
	var change medialive.EncoderChange
	if err := c.readChannel(&change); err != nil {
		return answer{}, err
	}
	return g.changeChannel(c, func(ch *medialive.Channel) error {
		if faults := medialive.ValidateEncoderChange(change); len(faults) > 0 {
			return faultyChannel(faults)
		}
		ch.Encoders = change.Encoders
		if faults := medialive.ValidateInputChange(medialive.InputChange{Expand: change.Expand}, *ch); len(faults) > 0 {
			return faultyChannel(faults)
		}
		ch.Expand = cmp.Or(change.Expand, ch.Expand)
		return unable(*ch)
	})
}

// switchChannel answers ModifyOttChannelInfoStats.
func (g *Gateway) switchChannel(c *call) (answer, error) {
	var change medialive.StateChange
	if err := c.readChannel(&change); err != nil {
		return answer{}, err
	}
	return g.changeChannel(c, func(ch *medialive.Channel) error {
		switch {
		case change.State != medialive.ChannelOn && change.State != medialive.ChannelOff:
			return badParam("state must be ON or OFF")
		case change.State == ch.State:
			return inChannelState(ch.State)
		case change.State == medialive.ChannelOn && g.opts.Channels == nil:
			return g.noChannels()
		}
		ch.State = change.State
		return nil
	})
}

// changeChannel carries out a change of the channel that the body names, in its
// turn.
func (g *Gateway) changeChannel(c *call, apply func(*medialive.Channel) error) (answer, error) {
	if !wholeKey(c.channel) {
		return answer{}, badParam("domain, app_name and id are required")
	}
	defer g.serial.lock(channelTurn(c.project, c.channel))()
	before, err := g.loadChannel(c.Context(), c.project, c.channel)
	if err != nil {
		return answer{}, err
	}
	after := before
	if err := apply(&after.channel); err != nil {
		return answer{}, err
	}
	ctx, cancel := committed(c.Context())
	defer cancel()
	if err := g.amendChannel(ctx, before, after); err != nil {
		return answer{}, err
	}
	return ok(g.channelDone(after))
}

// amendChannel commits a change and brings it to what runs. If it cannot run so,
// the change is taken back.
func (g *Gateway) amendChannel(ctx context.Context, before, after channelRecord) error {
	row, addresses, err := g.stored(after)
	if err != nil {
		return err
	}
	after.row = row
	err = g.withPorts(ctx, &after, func() error { return g.opts.Store.UpdateChannel(ctx, after.row, addresses) })
	if err != nil {
		return channelRefused(err, "change channel")
	}
	defer g.changes.channelChanged(row.ProjectID, after.channel.ChannelKey)
	refused := g.bringChannel(ctx, before, after)
	if refused == nil {
		return nil
	}
	if row, addresses, err = g.stored(before); err == nil {
		err = g.opts.Store.UpdateChannel(ctx, row, addresses)
	}
	if err != nil {
		return fmt.Errorf("take the change of channel %s back: %w", before.row.UID, err)
	}
	_ = g.bringChannel(ctx, after, before) // it ran so before; [Gateway.keepChannels] tries again
	return refused
}
