package handlers

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/display"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/internal/notify"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// sightWait is how long a page waits for the first proof that its reader may be
// shown channels.
const sightWait = time.Second

// sight is whether somebody may be shown the channels of the project: who may list
// flows need not be let see them. What is shared by all who look goes through it
// before it is shown or given away.
type sight bool

// sightOf tells what a session may be shown. A stream does not wait: its page comes
// back when that changes.
func (d *desk) sightOf(ctx context.Context, s *auth.Session, wait time.Duration) sight {
	return sight(d.Auth.SeesChannels(ctx, s, wait))
}

// proveSight has a visitor prove that channels may be shown, for what is about them.
func (d *desk) proveSight(ctx context.Context, v *visit) error {
	if err := d.Auth.ProveChannels(ctx, v.session); err != nil {
		return fmt.Errorf("prove that the session may see channels: %w", err)
	}
	v.sees = true
	return nil
}

// snapshot is what is known, as far as it may be shown.
func (s sight) snapshot(all *monitor.Snapshot) *monitor.Snapshot {
	if s {
		return all
	}
	return all.WithoutChannels()
}

// alarms are the alarms that may be shown.
func (s sight) alarms(all *alarm.View) *alarm.View {
	if s {
		return all
	}
	return all.WithoutChannels()
}

// without is how the ids begin of what may not be shown; empty: there is nothing.
func (s sight) without() string {
	if s {
		return ""
	}
	return monitor.ChannelIDs
}

// lines chooses of the trail what may be shown.
func (s sight) lines(f trail.Filter) trail.Filter {
	f.Without = s.without()
	return f
}

// told is what was told to a webhook, without whom it is of if that may not be shown.
func (s sight) told(d notify.Delivery) notify.Delivery {
	if _, channel := monitor.ChannelKeyOf(notify.FlowOf(d)); channel && !bool(s) {
		d.Subject = ""
	}
	return d
}

// scene is what a display would show, as far as its maker may be shown it.
func (s sight) scene(of display.Scene) display.Scene {
	of.Snapshot, of.Alarms = s.snapshot(of.Snapshot), s.alarms(of.Alarms)
	return of
}

// open are those of the alarms with these ids that may be shown.
func (s sight) open(ids []string, all *alarm.View) []string {
	if s {
		return ids
	}
	view := all.WithoutChannels()
	listed := slices.Concat(view.Active, view.Members, view.Shelved)
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return !slices.ContainsFunc(listed, func(a *alarm.Alarm) bool { return a.ID == id })
	})
}

// shelf tells whether a shelf is not one that may not be shown.
func (s sight) shelf(id string, all *alarm.View) bool {
	shelved := func(shelf alarm.Shelf) bool { return shelf.ID == id }
	return bool(s) || !slices.ContainsFunc(all.Shelves, shelved) || slices.ContainsFunc(all.WithoutChannels().Shelves, shelved)
}
