package control

import (
	"context"
	"slices"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// channelParts are the parts of a channel in the order in which they go back.
var channelParts = []ChannelPart{PartGeneral, PartInput, PartEndpoints, PartRecord, PartEncoders}

// PartChanges is what differs in one part of a channel.
type PartChanges struct {
	Part    ChannelPart
	Changes []Change
}

// ChannelChanges tells, part by part, what would change in a channel that goes back
// to the kept one.
func (g Good) ChannelChanges(now medialive.Channel) []PartChanges {
	to := g.channelFor(now)
	var all []PartChanges
	for _, part := range channelParts {
		if changes := (ChannelChange{part, to}).from(now); len(changes) > 0 {
			all = append(all, PartChanges{part, changes})
		}
	}
	return all
}

// channelFor is the kept channel as it is sent in place of the present one. The
// service made the ids of the packages: one that was removed since has another, or
// none yet.
func (g Good) channelFor(now medialive.Channel) medialive.Channel {
	to, err := g.Channel.Clone()
	if err != nil {
		return now // nothing would change: no channel that was read is like that
	}
	to.ChannelKey = now.ChannelKey
	if now.Expand != nil && to.Expand == nil {
		to.Expand = &medialive.EncoderExpand{} // none would keep it
	}
	ids, byAddress := map[string]bool{}, map[string]string{}
	for _, p := range now.Packages() {
		ids[p.ID], byAddress[p.URL] = true, p.ID
	}
	for _, p := range to.Packages() {
		if !ids[p.ID] {
			p.ID = byAddress[p.URL]
		}
	}
	return to
}

// channelSteps are the way back of a channel: a call for each part that differs.
// Where masks keep secrets, only those have to be typed that are not set any more.
func (g Good) channelSteps(now medialive.Channel, masks bool) []Step {
	var steps []Step
	for _, of := range g.ChannelChanges(now) {
		change := ChannelChange{of.Part, g.channelFor(now)}
		s := Step{Verb: VerbUpdateChannel, Target: string(of.Part), Changes: of.Changes, Impact: Impact{Free: fieldsOf(of.Changes)}}
		if change.Interrupts(now) {
			s.Impact = Impact{Part: of.Part, Cause: fieldsOf(of.Changes)}
		}
		set := medialive.Masked(change.of(now))
		for _, path := range medialive.Masked(change.body()) {
			if !masks || !slices.Contains(set, path) {
				s.Needs = append(s.Needs, Field(path))
			}
		}
		s.to = func(p typed) func(*hand, context.Context) (*ReadBack, error) {
			medialive.Unmask(&change.To, func(path string) medialive.Secret { return p[Field(path)] })
			return func(h *hand, ctx context.Context) (*ReadBack, error) { return h.changeChannel(ctx, now, change) }
		}
		steps = append(steps, s)
	}
	return steps
}
