package faults

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

const renewForm = `form[action="/login"]`

// TestF11TokenEnds ends tokens while people type and press.
func TestF11TokenEnds(t *testing.T) {
	t.Parallel()
	h := open(t, nil, func(c *medialivetest.Cloud) {
		c.Strict()
		c.TokensLive(20 * time.Second)
	})
	id := h.flow("FEED-A", medialive.Active, "out-1")
	typing, stopping := h.signIn("op-1"), h.signIn("op-2")
	await(t, patience, "the flow to be read", func() bool { return typing.page("/flows/"+id).word() == "LIVE" })
	source := typing.page("/flows/" + id + "/source")
	action, typed, err := source.form(`form[action$="/source"]`, "description", "typed before the token ended", "min_latency", "450")
	must(t, err)
	stop, ticket, err := stopping.page("/flows/" + id + "/stop").form(`form[action$="/stop"]`)
	must(t, err)
	h.cloud.TokensLive(24 * time.Hour) // those to come
	began := time.Now()
	await(t, time.Minute, "the tokens to end", func() bool {
		return typing.get("/flows").status == http.StatusUnauthorized && stopping.get("/flows").status == http.StatusUnauthorized
	})
	t.Logf("both were asked to sign in again %v after they had looked", time.Since(began).Round(time.Second))

	h.renewedSource(typing, id, action, typed)
	h.renewedStop(stopping, id, stop, ticket)
	h.revoked(id)
	fired := h.writes() - 3 // an edit, a stop, and the start that the service refused
	evidence(t, "F11", "commands that were sent without a fresh press, after 3 renewals", fired, "0")
	if fired != 0 {
		t.Errorf("%d commands were sent without a fresh press", fired)
	}
}

// renewedSource sends an edit with a token that has ended: it waits in the page
// of the sign-in, is shown again as it was typed, and is saved by a press.
func (h *house) renewedSource(b *browser, id, action string, typed url.Values) {
	h.t.Helper()
	r := h.asksToRenew(b.post(action, typed), "an edit")
	back := b.press(r.view, renewForm, "password", password)
	if back.status != http.StatusOK || h.writes() != 0 {
		h.t.Errorf("after the renewal: %d, %d writes\n%s", back.status, h.writes(), back.text())
	}
	next, values, err := back.form(`form[action$="/source"]`)
	must(h.t, err)
	kept := 0
	for _, field := range []string{"description", "min_latency", "name", "protocol", "cidr_whitelist"} {
		if values.Get(field) == typed.Get(field) {
			kept++
		} else {
			h.t.Errorf("%s was typed as %q and came back as %q", field, typed.Get(field), values.Get(field))
		}
	}
	evidence(h.t, "F11", "fields of the form kept over a renewal, which took one step", kept, "5 of 5")
	if r := b.post(next, values); r.status != http.StatusSeeOther {
		r = b.press(r.view, `form[action$="/source"]`) // it interrupts: asked once more, then pressed
		if r.status != http.StatusSeeOther {
			h.t.Errorf("saving by a fresh press: %d %s", r.status, r.text())
		}
	}
	if f, _ := h.cloud.Flow(id); f.Sources[0].Description != "typed before the token ended" || h.writes() != 1 {
		h.t.Errorf("the cloud has %q after %d writes", f.Sources[0].Description, h.writes())
	}
}

// renewedStop confirms a stop with a token that has ended: after the renewal
// the flow runs on, and the old ticket is worth nothing.
func (h *house) renewedStop(b *browser, id, action string, ticket url.Values) {
	h.t.Helper()
	r := h.asksToRenew(b.post(action, ticket), "a stop")
	back := b.press(r.view, renewForm, "password", password)
	if f, _ := h.cloud.Flow(id); f.Status != medialive.Active {
		h.t.Errorf("the renewal alone stopped the flow: %d", back.status)
	}
	if r := b.post(action, ticket); r.status != http.StatusConflict {
		h.t.Errorf("the ticket of before the renewal: %d %s", r.status, r.text())
	}
	if r := b.stop(id); r.status != http.StatusSeeOther || h.writes() != 2 {
		h.t.Errorf("a fresh stop: %d after %d writes: %s", r.status, h.writes(), r.text())
	}
}

// revoked ends a token before its time: the service refuses the command, and
// the page asks to sign in again.
func (h *house) revoked(id string) {
	h.t.Helper()
	b := h.signIn("op-3")
	await(h.t, patience, "STANDBY", func() bool { return b.page("/flows/"+id).word() == "STANDBY" })
	action, values, err := b.page("/flows/" + id).form("#flow-command form")
	must(h.t, err)
	var token string
	for _, c := range h.cloud.Calls("") {
		if strings.HasPrefix(c.Token, "token-op-3-") {
			token = c.Token
		}
	}
	h.cloud.Revoke(token)
	r := b.post(action, values)
	h.asksToRenew(r, "a start with a revoked token")
	back := b.press(r.view, renewForm, "password", password)
	if f, _ := h.cloud.Flow(id); f.Status != medialive.Standby {
		h.t.Errorf("the renewal alone started the flow: %d", back.status)
	}
	if n := h.cloud.Effects("ModifyFlowStart", id); n != 0 {
		h.t.Errorf("%d starts took effect with a revoked token", n)
	}
}

// asksToRenew fails the test unless a page asks to sign in again.
func (h *house) asksToRenew(r reply, what string) reply {
	h.t.Helper()
	if r.status != http.StatusUnauthorized || !r.says("Your sign-in has run out") || r.doc.Find(renewForm).Length() == 0 {
		h.t.Fatalf("%s with a token that has ended: %d %s", what, r.status, r.text())
	}
	return r
}
