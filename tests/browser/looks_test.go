package browser

import (
	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// live holds on a page whose stream speaks.
const live = " && " + isOK

// unchecked lets forms go without the browser's own checks, for the server's
// words.
func (b *tab) unchecked() {
	b.T.Helper()
	eval[bool](b, "$$('form').forEach((form) => { form.noValidate = true; }) ?? true")
}

// sends presses the button of a page's form, whatever is typed.
func sends(button string) func(*tab) {
	return func(b *tab) {
		b.unchecked()
		b.Click(button)
	}
}

// What Chromium remarks on and nobody is shown: that a field which asks for the
// focus came with a part of a page, and that a passphrase has no user's name.
const (
	onFocus      = "Autofocus processing was blocked"
	onPassphrase = "Password forms should have"
)

const (
	aFault    = "$('#content .error-line')"
	shortSend = ".short-fields button[type=submit]"
)

func (s stage) alarmLooks() []look {
	return []look{
		{name: "alarms", path: "/alarms", ready: "$('#alarm-rows .alarm-row [data-ack]') && $('#alarm-line[data-alarm]')" + live},
		{name: "alarms returned", path: "/alarms?show=returned", ready: "$('#alarm-rows .alarm-row')" + live},
		{name: "alarms shelved", path: "/alarms?show=shelved", ready: "$('#shelves .shelf-rows li')" + live},
		{name: "alarms of the past", path: "/alarms?show=past", ready: "$('#alarm-rows .alarm-row')" + live},
		{name: "alarms of no time", path: "/alarms?show=past&from=nonsense", ready: aFault, expect: []string{"422"}},
		{name: "no past alarms", path: "/alarms?show=past&flow=" + s.standby.ID, ready: "$('#alarm-rows .empty')" + live},
		{name: "no alarms of a flow", path: "/alarms?flow=" + s.standby.ID, ready: "$('#alarm-rows .empty')" + live},
		{name: "one alarm", path: "/alarms?flow=" + s.lost.ID, ready: "$('#alarm-forms-title')" + live, expect: []string{onFocus}, before: func(b *tab) {
			b.Click("#alarm-rows .alarm-row .col-alarm-action a")
		}},
		{name: "one alarm with faults", path: "/alarms?flow=" + s.lost.ID, ready: "$('.alarm-forms .error-line')", expect: []string{"422", onFocus}, before: func(b *tab) {
			b.Click("#alarm-rows .alarm-row .col-alarm-action a")
			b.Click(`.alarm-forms form[action="/alarms/shelve"] button[type=submit]`)
		}},
		{name: "bell", path: "/alarms", ready: "$('#bell').open", before: func(b *tab) { b.Click("#bell summary") }},
		{name: "flow with an alarm", path: "/flows/" + s.lost.ID, ready: "$('#flow-alarms .flow-alarm')" + live},
	}
}

func (s stage) careLooks() []look {
	mine, theirs, asked, free := "/flows/"+s.mine.ID, "/flows/"+s.theirs.ID, "/flows/"+s.asked.ID, "/flows/"+s.standby.ID
	return []look{
		{name: "flow of one's own", path: mine, ready: "$('#flow-strip form') && $('.note') && $('.parked') && $('.good-steps') && text('#flow-care').includes('22:00')" + live},
		{name: "flow of another", path: theirs, ready: "$('#flow-strip a.strip-act')" + live},
		{name: "what somebody asks for", path: asked, first: s.question.ask, ready: "$('#flow-ask .ask a')" + live},
		{name: "row to be held", path: "/flows", ready: "$('.guard-held [data-hold]')", before: func(b *tab) { b.Click("#flow-" + s.mine.ID + " [data-arm]") }},
		{name: "stop of one's own", path: mine + "/stop", ready: "$('.consent #typed')" + live},
		{name: "stop of one's own with faults", path: mine + "/stop", ready: aFault, expect: []string{"422"}, before: func(b *tab) {
			b.Fill("#typed", "another")
			sends(".consent button[data-guarded]")(b)
		}},
		{name: "stop of another's", path: theirs + "/stop", ready: "$('.confirm-refuse')" + live},
		{name: "output of one's own off", path: mine + "/outputs/viewer-1/disable", ready: "$('.confirm')" + live},
		{name: "protect", path: free + "/protect", ready: "$('#reason')" + live},
		{name: "protect with a fault", path: free + "/protect", ready: aFault, expect: []string{"422"}, before: sends(shortSend)},
		{name: "protection of one's own", path: mine + "/protect", ready: "$('.short-drop')" + live},
		{name: "forced release", path: theirs + "/protect", ready: "$('.short-fields .button-armed')" + live},
		{name: "forced release with a fault", path: theirs + "/protect", ready: aFault, expect: []string{"422"}, before: sends(shortSend)},
		{name: "second person", path: asked + "/ask", first: s.question.ask, ready: "$('.confirm [data-guarded]')" + live},
		{name: "nobody asks", path: mine + "/ask", ready: "$('.confirm-refuse')" + live},
		{name: "labels", path: "/labels", ready: "$('.label-row')" + live},
		{name: "label", path: "/labels/edit?address=127.0.0.1", ready: "$('.short-drop')" + live},
		{name: "label with faults", path: "/labels/edit", ready: aFault, expect: []string{"422"}, before: func(b *tab) {
			b.Fill("#address", "nowhere")
			sends(shortSend)(b)
		}},
		{name: "clone", path: "/flows/new?from=" + s.mine.ID, ready: "$('.clone-outputs input')" + live},
		{name: "clone with faults", path: "/flows/new?from=" + s.mine.ID, ready: "$('.mend')", expect: []string{"422"}, before: sends(`button[name="start"][value=""]`)},
	}
}

// keptLooks are what is kept beside a flow.
func (s stage) keptLooks() []look {
	mine := "/flows/" + s.mine.ID
	return []look{
		{name: "new note", path: mine + "/notes/new", ready: "$('textarea')" + live},
		{name: "new note with a fault", path: mine + "/notes/new", ready: aFault, expect: []string{"422"}, before: sends(shortSend)},
		{name: "hand-over", path: mine + "/handover", ready: "$('textarea').value.includes('22:00')" + live},
		{name: "hand-over that another wrote", path: mine + "/handover", ready: "$('.both')", expect: []string{"409"}, before: func(b *tab) {
			eval[bool](b, "($('input[name=shown]').value = 'another') !== ''")
			b.Fill("textarea", "Mine.")
			b.Click(shortSend)
		}},
		{name: "band", path: mine + "/band", ready: "$('#min_bitrate')" + live},
		{name: "band with faults", path: mine + "/band", ready: aFault, expect: []string{"422"}, before: func(b *tab) {
			b.Fill("#min_bitrate", "30")
			b.Fill("#idle_after", "no time")
			sends(shortSend)(b)
		}},
		{name: "the way back", path: mine + "/good", ready: "$('.good-list')" + live, expect: []string{onPassphrase}},
		{name: "no way back", path: "/flows/" + s.standby.ID + "/good", ready: "$('.problem')", expect: []string{"404"}},
		{name: "park", path: mine + "/outputs/spare/park", ready: "$('.confirm')" + live},
		{name: "parked", path: mine + "/parked/locked", ready: "$('#passphrase')" + live, expect: []string{onPassphrase}},
		{name: "parked with a fault", path: mine + "/parked/locked", ready: aFault, expect: []string{"422", onPassphrase}, before: sends(shortSend)},
		{name: "drop", path: mine + "/parked/locked/drop", ready: "$('.short-fields .button-armed')" + live},
	}
}

func (s stage) trailLooks() []look {
	history := "/flows/" + s.live.ID
	return []look{
		{name: "activity", path: "/activity", ready: "$$('.event').length > 5" + live},
		{name: "a line of it", path: "/activity?kind=command", ready: "$('.event-more').open", before: func(b *tab) { b.Click(".event-more summary") }},
		{name: "activity of a flow", path: "/activity?kind=care&actor=admin&flow=" + s.mine.ID, ready: "$('.trail-applied .chip') && $('.event')" + live},
		{name: "no activity", path: "/activity?actor=nobody", ready: "$('.trail-none a')" + live},
		{name: "activity of no time", path: "/activity?from=nonsense", ready: "$('#content .notice, #content .error-line')"},
		{name: "filters", path: "/activity", ready: "$('.trail-filter').open", before: func(b *tab) {
			if !eval[bool](b, "$('.trail-filter').open") {
				b.Click(".trail-filter summary")
			}
		}},
		{name: "history of a day", path: history + "?range=24h", ready: "$('#charts .charts-stack')" + live},
		{name: "history of a month", path: history + "?range=30d", ready: "$('#charts')" + live},
		{name: "history of an output", path: history + "?range=10m&leg=viewer-1", ready: "$('#charts .chart-line')" + live},
		{name: "history in a table", path: history, ready: "$('#chart-more').open", before: func(b *tab) { b.Click("#chart-more summary") }},
	}
}

func (s stage) settingLooks() []look {
	return []look{
		{name: "settings", path: "/settings", ready: "$('.plain-table')" + live},
		{name: "password again", path: "/step-up", ready: "document.activeElement?.id === 'password'" + live},
		{name: "sessions", path: "/step-up", ready: "$('table.sessions form')" + live, before: func(b *tab) { // and with a fresh password to what asks for one
			b.Fill("#password", apptest.Password)
			b.Hit(chrome.KeyEnter)
		}},
		{name: "everybody's sessions", path: "/settings/sessions/everybody", ready: "$('table.sessions th[scope=row]')" + live},
		{name: "end all sessions", path: "/settings/sessions/everybody/end", ready: "$('.confirm [data-guarded]')" + live},
		{name: "new webhook", path: "/settings/webhooks/new", ready: "$('#url')" + live},
		{name: "new webhook with faults", path: "/settings/webhooks/new", ready: aFault, expect: []string{"422"}, before: func(b *tab) {
			b.Fill("#url", "ftp://nowhere")
			sends(".settings-form button[type=submit]")(b)
		}},
		{name: "webhook", path: s.hook, ready: "$('.plain-table td')" + live},
		{name: "delete a webhook", path: s.hook + "/delete", ready: "$('.confirm [data-guarded]')" + live},
		{name: "roles", path: "/settings/roles", ready: "$('table.roles .role-acts') && $('.roles-people th')" + live},
		{name: "new rule", path: "/settings/roles/new", ready: "document.activeElement?.id === 'user'" + live},
		{name: "whose role changes", path: "/settings/roles", ready: "$('.confirm .roles-people .tone-warn')" + live, before: func(b *tab) {
			b.Click(".role-acts a")
			b.Await("the rule", "$('#user').value === 'op-*'")
			b.Click(`label:has(input[name="role"][value="viewer"])`)
			sends(shortSend)(b)
		}},
	}
}

func (s stage) displayLooks() []look {
	drawn := "$('#display-preview .tile') && $('[data-preview]').dataset.link === 'ok'" + live
	return []look{
		{name: "displays", path: "/displays", ready: "$('.display-screens li')" + live},
		{name: "display", path: s.display, ready: drawn + " && /^\\d\\d:\\d\\d:\\d\\d$/.test(text('#display-preview [data-clock=\"zone\"]'))"},
		{name: "new display", path: "/displays/new", ready: drawn},
		{name: "display of chosen flows", path: "/displays/new", ready: "$('.display-flows li')" + live, before: func(b *tab) {
			b.Click(`#mode label:has([value="chosen"])`)
			b.Click(".display-add button")
		}},
		{name: "display with faults", path: s.display + "/edit", ready: "$$('#content .error-line').length >= 3" + live, expect: []string{"422"}, before: func(b *tab) {
			b.Fill("#zone", "Mars/Base")
			b.Fill("#rotate", "4")
			b.Fill("#cidrs", "nowhere")
			b.Click(".display-edit .button-solid")
		}},
		{name: "link of a display", path: "/displays/new", ready: "$('#display-url')" + live, before: func(b *tab) {
			b.Fill("#name", "MCR wall 2")
			b.Click(".display-edit .button-solid")
		}},
		{name: "new link", path: s.display + "/link", ready: "$('.confirm [data-guarded]') && text('.rail [aria-current]') === text('.crumbs a')" + live},
	}
}

// looksBelow are pages as somebody sees them whose role is less than they take.
func (s stage) looksBelow() []look {
	return []look{
		{name: "role that is too little", path: "/settings/roles", ready: "$('.error-page .problem')", expect: []string{"403"}},
		{name: "displays of others", path: "/displays", ready: "$('.display-screens li') && $('.settings-head .button-off')" + live},
	}
}
