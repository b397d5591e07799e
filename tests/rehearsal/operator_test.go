package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// operator is a person who works.
type operator struct {
	*person
	given int // acts so far, for texts that differ
}

// act is something that an operator does now and then.
type act struct {
	weight int
	do     func(ctx context.Context, on string) (deed, error) // a flow or a channel
}

func (o *operator) acts() []act {
	return []act{
		{22, o.start},
		{14, o.stop},
		{5, o.protect},
		{5, o.release},
		{10, o.editSource},
		{7, o.addOutput},
		{12, o.switchOutput},
		{5, o.removeOutput},
		{10, o.acknowledge},
		{4, o.shelve},
		{6, o.note},
	}
}

// work acts until ctx ends. What fails is not tried again: something else is.
func (o *operator) work(ctx context.Context) {
	flowActs, channelActs := o.acts(), o.channelActs()
	for ctx.Err() == nil {
		on := o.event.any(o.dice)
		acts := flowActs
		if isChannel(on) {
			acts = channelActs
		}
		chosen := o.choose(acts)
		o.given++
		done, err := chosen.do(ctx, on)
		switch {
		case err == nil:
			o.event.did(done)
		case !errors.Is(err, errNotDone) && !errors.Is(err, errNoForm):
			o.event.count(&o.event.failed)
		}
		pass(ctx, 200*time.Millisecond+time.Duration(o.dice.Int64N(int64(1500*time.Millisecond))))
	}
}

func (o *operator) choose(acts []act) act {
	total := 0
	for _, a := range acts {
		total += a.weight
	}
	n := o.dice.IntN(total)
	for _, a := range acts {
		if n -= a.weight; n < 0 {
			return a
		}
	}
	return acts[0]
}

// errNotDone tells that the answer did not say that it was done.
var errNotDone = errors.New("not done")

// pressed sends a form; it is done if the answer leaves one of these notices.
func (o *operator) pressed(ctx context.Context, on page, form string, d deed, notices []string, typed ...string) (deed, error) {
	o.event.count(&o.event.tried)
	d.actor, d.from = o.name, time.Now()
	got, err := o.press(ctx, on, form, typed...)
	d.to = time.Now()
	if err != nil {
		return d, err
	}
	notice := got.notice()
	for _, n := range notices {
		if n == notice {
			return d, nil
		}
	}
	return d, errNotDone
}

func (o *operator) reason() string { return fmt.Sprintf("%s says %d", o.name, o.given) }

func (o *operator) start(ctx context.Context, flow string) (deed, error) {
	on, err := o.get(ctx, pathOf(flow))
	if err != nil {
		return deed{}, err
	}
	return o.pressed(ctx, on, `#flow-command form`, deed{kind: "command", verb: "start", flow: flow}, []string{"started", "turned_on"})
}

// stop answers the question before a stop; where the flow is the operator's own
// protected one, with its name and a reason.
func (o *operator) stop(ctx context.Context, flow string) (deed, error) {
	on, err := o.get(ctx, pathOf(flow)+"/stop")
	if err != nil {
		return deed{}, err
	}
	form := `form[action$="/stop"]`
	d := deed{kind: "command", verb: "stop", flow: flow}
	if on.doc.Find(form+` [name="reason"]`).Length() > 0 {
		d.reason = o.reason()
	}
	return o.pressed(ctx, on, form, d, []string{"stopped", "turned_off"}, "reason", d.reason, "typed", o.event.names[flow])
}

// protect takes a flow under protection, or breaks that of somebody else.
func (o *operator) protect(ctx context.Context, flow string) (deed, error) {
	on, err := o.get(ctx, pathOf(flow)+"/protect")
	if err != nil {
		return deed{}, err
	}
	d := deed{kind: "care", verb: "protect", flow: flow, reason: o.reason()}
	if on.doc.Find(`form[action$="/force"]`).Length() > 0 {
		d.verb = "force_release"
		return o.pressed(ctx, on, `form[action$="/force"]`, d, []string{"forced"}, "reason", d.reason)
	}
	return o.pressed(ctx, on, `form[action$="/protect"]`, d, []string{"protected"}, "reason", d.reason)
}

func (o *operator) release(ctx context.Context, flow string) (deed, error) {
	on, err := o.get(ctx, pathOf(flow)+"/protect")
	if err != nil {
		return deed{}, err
	}
	return o.pressed(ctx, on, `form[action$="/release"]`, deed{kind: "care", verb: "release", flow: flow}, []string{"released"})
}

func (o *operator) editSource(ctx context.Context, flow string) (deed, error) {
	on, err := o.get(ctx, "/flows/"+flow+"/source")
	if err != nil {
		return deed{}, err
	}
	field, value := "description", o.reason()
	if o.dice.IntN(2) == 0 {
		field, value = "min_latency", fmt.Sprint(120+o.dice.IntN(2000))
	}
	d := deed{kind: "command", verb: "update_source", flow: flow}
	return o.pressed(ctx, on, `form[action$="/source"]`, d, []string{"source"}, field, value)
}

func (o *operator) addOutput(ctx context.Context, flow string) (deed, error) {
	on, err := o.get(ctx, "/flows/"+flow+"/outputs/new")
	if err != nil {
		return deed{}, err
	}
	name := fmt.Sprintf("%s-%d", o.name, o.given)
	d := deed{kind: "command", verb: "add_output", flow: flow, target: name}
	return o.pressed(ctx, on, `form[action$="/outputs"]`, d, []string{"added"},
		"name", name, "protocol", "srt-caller", "address", "203.0.113.9", "port", fmt.Sprint(5000+o.given))
}

// output picks an output on the page of a flow.
func (o *operator) output(ctx context.Context, flow string) (on page, row *goquery.Selection, name string, err error) {
	if on, err = o.get(ctx, "/flows/"+flow); err != nil {
		return on, nil, "", err
	}
	rows := on.doc.Find("#outputs tr.out")
	if rows.Length() == 0 {
		return on, nil, "", errNoForm
	}
	row = rows.Eq(o.dice.IntN(rows.Length()))
	return on, row, words(row.Find(".out-name .name")), nil
}

// switchOutput turns an output off or on.
func (o *operator) switchOutput(ctx context.Context, flow string) (deed, error) {
	on, row, name, err := o.output(ctx, flow)
	if err != nil {
		return deed{}, err
	}
	d := deed{kind: "command", verb: "update_output", flow: flow, target: name}
	if row.Find(`form[action$="/enable"]`).Length() > 0 {
		return o.pressed(ctx, on, fmt.Sprintf("form[action=%q]", outputPath(flow, name)+"/enable"), d, []string{"on"})
	}
	if on, err = o.get(ctx, outputPath(flow, name)+"/disable"); err != nil {
		return deed{}, err
	}
	return o.confirmed(ctx, on, `form[action$="/disable"]`, d, "off")
}

func (o *operator) removeOutput(ctx context.Context, flow string) (deed, error) {
	_, _, name, err := o.output(ctx, flow)
	if err != nil {
		return deed{}, err
	}
	on, err := o.get(ctx, outputPath(flow, name)+"/delete")
	if err != nil {
		return deed{}, err
	}
	d := deed{kind: "command", verb: "delete_output", flow: flow, target: name}
	return o.confirmed(ctx, on, `form[action$="/delete"]`, d, "removed")
}

// confirmed answers a question, with a reason and the name where they are asked
// for.
func (o *operator) confirmed(ctx context.Context, on page, form string, d deed, notice string, typed ...string) (deed, error) {
	if on.doc.Find(form+` [name="reason"]`).Length() > 0 {
		d.reason = o.reason()
	}
	return o.pressed(ctx, on, form, d, []string{notice}, append(typed, "reason", d.reason, "typed", o.event.names[d.flow])...)
}

func outputPath(flow, name string) string {
	return "/flows/" + flow + "/outputs/" + url.PathEscape(name)
}

// acknowledge acknowledges an alarm that waits, with a note.
func (o *operator) acknowledge(ctx context.Context, _ string) (deed, error) {
	on, id, flow, err := o.alarm(ctx, `#alarm-rows tr:has(form.alarm-ack)`)
	if err != nil {
		return deed{}, err
	}
	d := deed{kind: "alarm", verb: "acknowledged", id: id, flow: flow, reason: o.reason()}
	return o.pressed(ctx, on, `#alarm-forms form[action="/alarms/ack"]`, d, []string{"acked:1"}, "note", d.reason)
}

// shelve puts an alarm aside for the shortest time.
func (o *operator) shelve(ctx context.Context, _ string) (deed, error) {
	on, _, flow, err := o.alarm(ctx, `#alarm-rows tr[data-row]`)
	if err != nil {
		return deed{}, err
	}
	d := deed{kind: "alarm", verb: "shelved", flow: flow, reason: o.reason()}
	return o.pressed(ctx, on, `#alarm-forms form[action="/alarms/shelve"]`, d, []string{"shelved"}, "for", "15", "scope", "kind", "reason", d.reason)
}

// alarm picks an alarm of the list, and opens its forms.
func (o *operator) alarm(ctx context.Context, rows string) (on page, id, flow string, err error) {
	list, err := o.get(ctx, "/alarms")
	if err != nil {
		return list, "", "", err
	}
	found := list.doc.Find(rows)
	if found.Length() == 0 {
		return list, "", "", errNoForm
	}
	row := found.Eq(o.dice.IntN(found.Length()))
	id = strings.TrimPrefix(row.AttrOr("id", ""), "alarm-id-")
	flow = idOf(row.Find(".alarm-flow a").AttrOr("href", ""))
	on, err = o.get(ctx, "/alarms/"+id)
	return on, id, flow, err
}

func (o *operator) note(ctx context.Context, flow string) (deed, error) {
	on, err := o.get(ctx, pathOf(flow)+"/notes/new")
	if err != nil {
		return deed{}, err
	}
	return o.pressed(ctx, on, `form[action$="/notes"]`, deed{kind: "care", verb: "note", flow: flow}, []string{"noted"}, "text", o.reason())
}
