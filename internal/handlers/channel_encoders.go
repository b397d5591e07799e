package handlers

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// listTemplates are the transcoding templates of a channel.
const listTemplates = "encoder_settings"

// ladderWithin is how long a form waits for what a gateway can transcode.
const ladderWithin = 3 * time.Second

// ladderOf asks a gateway for its templates. A cloud publishes no list: none.
// Nor is there one while the gateway does not answer; ids can be typed then.
func (d *desk) ladderOf(ctx context.Context, v *visit) []medialive.ChannelTemplate {
	if v.snapshot().Capabilities == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, ladderWithin)
	defer cancel()
	client, err := d.Auth.Client(v.session)
	if err != nil {
		return nil
	}
	list, err := client.ChannelTemplates(ctx)
	if err != nil {
		d.Log.WarnContext(ctx, "templates of the gateway not read", "error", err)
		return nil
	}
	return list
}

// encoderGroups are the transcoding templates: boxes for those that a gateway
// has, fields for others.
func (f channelFields) encoderGroups() []pages.FormGroup {
	w := f.t.ChannelForm
	g := pages.FormGroup{ID: listTemplates, Errors: f.errors(listTemplates)}
	chosen := f.templates()
	if len(f.ladder) > 0 {
		g.Fields = []pages.FormField{{Checks: f.rungs(chosen)}}
	} else {
		g.Help = w.Ladder.CopyText
		g.Adds = []pages.FormAct{f.add(listTemplates, w.Act.AddTemplate)}
	}
	for i, id := range chosen {
		path := fmt.Sprintf("%s[%d]", listTemplates, i)
		if f.known(id) {
			f.shown[path], f.shown[path+".template_id"] = true, true
			continue
		}
		row := f.item(path, w.Part.Template(i+1))
		row.Moves = f.moves(path, row.Title, i, len(chosen))
		row.Fields = append(f.fields(path, "template_id"), f.extra(path)...)
		g.Nested = append(g.Nested, row)
	}
	return []pages.FormGroup{g}
}

// templates are the ids of the templates as typed.
func (f channelFields) templates() []string {
	var all []string
	for i := range channelform.Count(f.form, listTemplates) {
		all = append(all, f.form.Get(fmt.Sprintf("%s[%d].template_id", listTemplates, i)))
	}
	return all
}

func (f channelFields) known(id string) bool {
	return slices.ContainsFunc(f.ladder, func(t medialive.ChannelTemplate) bool { return t.ID == id })
}

// rungs are the boxes of the templates that a gateway has: those that are chosen
// first, in their order, which can be changed. Their places are behind those of
// the fields.
func (f channelFields) rungs(chosen []string) *pages.FormChecks {
	w := f.t.ChannelForm.Ladder
	c := &pages.FormChecks{Name: listTemplates + ".known", Label: w.Known, Help: w.KnownHelp}
	on := slices.DeleteFunc(slices.Clone(chosen), func(id string) bool { return !f.known(id) })
	place := func(id string) int {
		if i := slices.Index(on, id); i >= 0 {
			return i
		}
		return len(on)
	}
	ladder := slices.Clone(f.ladder)
	slices.SortStableFunc(ladder, func(a, b medialive.ChannelTemplate) int { return place(a.ID) - place(b.ID) })
	for i, rung := range ladder {
		path := fmt.Sprintf("%s[%d]", listTemplates, medialive.MaxTemplates*2+i)
		c.Boxes = append(c.Boxes, pages.Check{Name: path + ".template_id", Value: rung.ID, Label: rung.ID, Help: f.rung(rung), On: i < len(on)})
		var moves []pages.FormAct
		if i < len(on) {
			moves = f.moves(path, rung.ID, i, len(on))
		}
		c.Moves = append(c.Moves, moves)
	}
	for i, id := range chosen {
		if f.known(id) {
			c.Errors = append(c.Errors, f.errors(fmt.Sprintf("%s[%d].template_id", listTemplates, i))...)
		}
	}
	return c
}

// rung tells what a template makes.
func (f channelFields) rung(rung medialive.ChannelTemplate) string {
	w := f.t.ChannelForm.Ladder
	switch {
	case rung.Copy:
		return w.Copy
	case rung.Height == 0:
		return w.AudioOnly
	}
	if height := strconv.Itoa(rung.Height) + "p"; height != rung.ID {
		return w.Template(height, bitrateWords(rung.Bitrate))
	}
	return bitrateWords(rung.Bitrate)
}

// bitrateWords is a bit rate as people read it.
func bitrateWords(bits int) string {
	figure := ui.Bitrate(int64(bits))
	return figure.Value + " " + figure.Unit
}
