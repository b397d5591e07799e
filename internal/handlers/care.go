package handlers

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/flowdeck/flowdeck/internal/control"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// The notices of what people put on a flow.
const (
	flashProtected  flashKind = "protected"
	flashReleased   flashKind = "released"
	flashForced     flashKind = "forced"
	flashAsked      flashKind = "asked"
	flashWithdrawn  flashKind = "withdrawn"
	flashNoted      flashKind = "noted"
	flashNoteGone   flashKind = "note_gone"
	flashHandover   flashKind = "handover"
	flashBand       flashKind = "band"
	flashGoodKept   flashKind = "good_kept"
	flashParked     flashKind = "parked"
	flashPutBack    flashKind = "put_back"
	flashDropped    flashKind = "dropped"
	flashLabelled   flashKind = "labelled"
	flashUnlabelled flashKind = "unlabelled"
	flashCloned     flashKind = "cloned"
)

// careFlash is the notice in words; none for a kind that is not of these.
func careFlash(t *text.Strings, kind flashKind, name string) string {
	w := t.Care.Done
	if say, ok := map[flashKind]func(string) string{
		flashProtected: w.Protected, flashReleased: w.Released, flashForced: w.Forced, flashAsked: w.Asked,
		flashParked: w.Parked, flashPutBack: w.PutBack, flashDropped: w.Dropped,
		flashLabelled: w.Labelled, flashUnlabelled: w.Unlabelled, flashCloned: w.Cloned,
	}[kind]; ok {
		return say(name)
	}
	return map[flashKind]string{
		flashWithdrawn: w.Withdrawn, flashNoted: w.Noted, flashNoteGone: w.NoteGone, flashHandover: w.Handover,
		flashBand: w.Band, flashGoodKept: w.GoodKept,
	}[kind]
}

// The faults of what people put on a flow.
const (
	reasonProtected reason = "protected"
	reasonConsent   reason = "consent"
	reasonSecond    reason = "second"
	reasonAsked     reason = "asked"
	reasonChanged   reason = "changed"
	reasonNoGood    reason = "no_good"
	reasonNotParked reason = "not_parked"
	reasonNotOurs   reason = "not_ours"
	reasonPassword  reason = "passphrase"
	reasonUnsure    reason = "parked_unsure"
)

var (
	errNotParked = &fault{http.StatusNotFound, reasonNotParked}
	errNotOurs   = &fault{http.StatusForbidden, reasonNotOurs}
)

// kept is what is kept beside a flow.
type kept struct {
	notes    []control.Note
	handover control.Note
	good     *control.Good // nil: none
	parked   []control.Parked
}

// keptOf reads what is kept beside a flow.
func (d *desk) keptOf(ctx context.Context, key monitor.Key, flowID string) (*kept, error) {
	ctx, cancel := context.WithTimeout(ctx, trailWithin)
	defer cancel()
	op := control.Operator{Endpoint: key.Endpoint, Project: key.ProjectID}
	k := &kept{}
	var err error
	if k.notes, k.handover, err = d.Control.Notes(ctx, op, flowID); err != nil {
		return nil, err
	}
	if k.parked, err = d.Control.Parked(ctx, op, flowID); err != nil {
		return nil, err
	}
	good, err := d.Control.Good(ctx, op, flowID)
	switch {
	case err == nil:
		k.good = &good
	case !errors.Is(err, control.ErrNoGood):
		return nil, err
	}
	return k, nil
}

// followKept keeps what is kept beside a flow while its page is open; nil until
// it was read for the first time.
func (d *desk) followKept(key monitor.Key, flowID string, s *sheet) func() *kept {
	held := &atomic.Pointer[kept]{}
	d.followed(s, func(ctx context.Context) (changed bool) {
		now, err := d.keptOf(ctx, key, flowID)
		if err != nil || reflect.DeepEqual(held.Load(), now) {
			return false
		}
		held.Store(now)
		return true
	})
	return held.Load
}

// care is what people keep beside a flow, as its page shows it.
func (v teller) care(f *monitor.Flow, k *kept) pages.Care {
	_, channel := monitor.ChannelKeyOf(f.ID)
	c := pages.Care{T: v.t, FlowID: f.ID, Channel: channel, Band: v.band(f), Write: v.off(actCare), Build: v.off(actBuild)}
	if k == nil {
		return c
	}
	for _, n := range k.notes {
		c.Notes = append(c.Notes, pages.NoteLine{ID: n.ID, By: v.byAt(n), Text: n.Text, Mine: n.By == v.user})
	}
	if k.handover.Text != "" {
		c.Handover = pages.NoteLine{By: v.byAt(k.handover), Text: k.handover.Text}
	}
	for _, p := range k.parked {
		c.Parked = append(c.Parked, pages.ParkedLine{
			Name: p.Name, About: v.aboutOutput(p.Output), Encrypted: p.Encrypted, By: v.t.Care.Park.ByAt(p.By, v.stamp(p.At)),
		})
	}
	c.Good.None = v.noGood(channel)
	if k.good != nil {
		c.Good = v.goodBox(f, *k.good)
	}
	return c
}

// noGood tells that none is kept, and whether one would be by itself.
func (v teller) noGood(channel bool) string {
	w := v.t.Care.Good
	switch {
	case !channel:
		return w.None
	case v.measured:
		return w.NoneChannel
	}
	return w.NoneCloud
}

func (v teller) byAt(n control.Note) string { return v.t.Care.Note.ByAt(n.By, v.stamp(n.At)) }

// goodBox tells how a flow differs from its last known good, as far as it is
// read. The page that goes back reads anew.
func (v teller) goodBox(f *monitor.Flow, g control.Good) pages.GoodBox {
	b := pages.GoodBox{Kept: v.kept(g), Steps: v.differences(f, g)}
	if b.Summary = v.t.Care.Good.Same; len(b.Steps) > 0 {
		b.Summary = v.t.Care.Good.Differs(len(b.Steps))
	}
	return b
}

// differences are the steps back in a line each.
func (v teller) differences(f *monitor.Flow, g control.Good) []string {
	w := v.t.Care.Good
	var all []string
	if g.Channel != nil {
		return v.channelDifferences(f.ID, g)
	}
	tell := func(title string, changes []control.Change, output bool) {
		if len(changes) > 0 {
			all = append(all, title+": "+v.changesTold(changes, output))
		}
	}
	if f.Source != nil {
		tell(w.Source(f.Source.Name), control.DiffSource(*f.Source, g.Source), false)
	}
	for _, o := range f.Outputs {
		i := slices.IndexFunc(g.Outputs, func(was medialive.Output) bool { return was.Name == o.Name })
		switch {
		case i < 0:
			all = append(all, w.Remove(o.Name))
		case o.Config != nil:
			tell(w.Change(o.Name), control.DiffOutput(*o.Config, g.Outputs[i]), true)
		}
	}
	for _, was := range g.Outputs {
		if !slices.ContainsFunc(f.Outputs, func(o monitor.Output) bool { return o.Name == was.Name }) {
			all = append(all, w.Add(was.Name))
		}
	}
	return all
}

// careParts are what lives on the page of a flow, or of a channel, of what is kept
// beside it.
func (d *desk) careParts(v teller, s *monitor.Snapshot, flowID string, k *kept) []part {
	f, ok := s.Flow(flowID)
	if ch, channel := s.Channel(flowID); channel {
		f, ok = shadow(ch), true
	}
	if !ok || k == nil {
		return nil
	}
	return []part{d.piece("flow-care", v.care(f, k))}
}

// careAnswer decides how the errors of the guard, and of what people put on a
// flow, are told.
func careAnswer(err error) (answer, bool) {
	var other *control.Protected
	if errors.As(err, &other) {
		return answer{status: http.StatusConflict, reason: reasonProtected, kept: &other.Protect}, true
	}
	var asked *control.Asked
	if errors.As(err, &asked) {
		return answer{status: http.StatusConflict, reason: reasonAsked}, true
	}
	for _, known := range []struct {
		is     error
		status int
		reason reason
	}{
		{control.ErrConsent, http.StatusUnprocessableEntity, reasonConsent},
		{control.ErrReason, http.StatusUnprocessableEntity, reasonConsent},
		{control.ErrSecond, http.StatusConflict, reasonSecond},
		{control.ErrChanged, http.StatusConflict, reasonChanged},
		{control.ErrNoGood, http.StatusNotFound, reasonNoGood},
		{control.ErrNotParked, http.StatusNotFound, reasonNotParked},
		{control.ErrPassphrase, http.StatusUnprocessableEntity, reasonPassword},
		{control.ErrParkedUnsure, http.StatusBadGateway, reasonUnsure},
	} {
		if errors.Is(err, known.is) {
			return answer{status: known.status, reason: known.reason}, true
		}
	}
	return answer{}, false
}

// careError finds the sentences for these reasons.
func careError(t *text.Strings, why reason) (text.ErrorText, bool) {
	w := t.Care.Errors
	said, ok := map[reason]text.ErrorText{
		reasonConsent: w.Consent, reasonSecond: w.Second, reasonAsked: w.Asked, reasonChanged: w.Changed, reasonNoGood: w.NoGood,
		reasonNotParked: w.NotParked, reasonNotOurs: w.NotOurs, reasonPassword: w.Passphrase, reasonUnsure: w.Unsure,
	}[why]
	return said, ok
}
