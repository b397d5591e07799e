package faults

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// full lets no file of the running dashboard grow, or all again.
func (h *house) full(is bool) {
	h.t.Helper()
	limit := unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY}
	pid := h.app.PID(apptest.Dashboard)
	must(h.t, unix.Prlimit(pid, unix.RLIMIT_FSIZE, nil, &limit))
	if is {
		limit.Cur = 0
		must(h.t, unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil))
		return
	}
	limit.Cur = limit.Max
	must(h.t, unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil))
}

// TestF19FullDisk fills the disk under a running dashboard: no write of any
// file of its goes through.
func TestF19FullDisk(t *testing.T) {
	t.Parallel()
	h := open(t, nil, project)
	one, two := h.signIn("op-1"), h.signIn("op-2")
	list := one.follow("/flows", nil)
	list.await(patience, "the truth", h.settled)
	var live, standby string
	for id, word := range h.all() {
		if word == "LIVE" {
			live = id
		} else {
			standby = id
		}
	}
	await(t, patience, "the outputs to be read", func() bool { return len(two.page("/flows/"+live).outputs()) == 2 })
	stop, ticket, err := two.page("/flows/" + live + "/stop").form(`form[action$="/stop"]`)
	must(t, err)
	people := h.browse([]*browser{one, two}, "/flows", "/flows/"+live, "/alarms", "/activity")
	began := time.Now()
	h.full(true)
	refused := h.refusedUnrecorded([]func() reply{
		func() reply { return one.post("/flows/"+standby+"/start", nil) },
		func() reply { return two.post(stop, ticket) },
		func() reply {
			return one.press(one.page("/flows/"+live+"/source"), `form[action$="/source"]`, "description", "x")
		},
		func() reply {
			return one.press(one.page("/flows/"+live+"/outputs/new"), `form[action$="/outputs"]`,
				"name", "more", "protocol", string(medialive.Caller), "address", "203.0.113.9", "port", "5000")
		},
		func() reply {
			return one.post("/flows", url.Values{"name": {"MORE"}, "protocol": {string(medialive.Listener)}, "start": {"1"}})
		},
		func() reply { return one.get("/flows/" + live + "/stop") },
	})
	evidence(t, "F19", "full disk: 5 commands and a question refused as not recorded", refused, "6")
	h.cloud.Change(standby, func(f *medialivetest.Flow) { f.Status, f.Sources[0].Health = medialive.Active, medialive.Connected })
	took := list.await(patience, "a change in the cloud", func(p view) bool { return p.rows()[standby].Word == "LIVE" })
	evidence(t, "F19", "full disk: a change in the cloud is on the screen after", took, "≤ 10 s")
	lasts(t, max(0, 5*time.Second-time.Since(began)), nil)
	n, p99, broken := people.result()
	evidence(t, "F19", "full disk: pages opened, 5xx, p99", []any{n, len(broken), p99.Round(time.Millisecond)}, "0 5xx")
	if len(broken) > 0 {
		t.Errorf("%d pages broke, the first: %s", len(broken), broken[0])
	}
	writes := h.writes()
	evidence(t, "F19", "full disk: upstream writes", writes, "0")
	if writes != 0 {
		t.Errorf("%d writes came to the cloud that are not recorded", writes)
	}
	h.full(false)
	back := await(t, patience, "a command to be taken again", func() bool {
		r, err := one.ask(t.Context(), http.MethodPost, "/flows/"+standby+"/start", nil)
		return err == nil && r.status == http.StatusSeeOther || h.writes() > 0
	})
	evidence(t, "F19", "a command is taken again without a restart, after there is room", back, "≤ 5 s")
	within(t, "the return", back, 5*time.Second)
	if r := one.stop(live); r.status != http.StatusSeeOther {
		t.Errorf("a stop with room again: %d %s", r.status, r.text())
	}
	list.await(patience, "STANDBY", func(p view) bool { return p.rows()[live].Word == "STANDBY" })
	list.steady()
	h.verified("F19")
}

// refusedUnrecorded gives commands that cannot be recorded, and counts those
// that are told so.
func (h *house) refusedUnrecorded(commands []func() reply) (refused int) {
	h.t.Helper()
	for i, give := range commands {
		r := give()
		if r.status == http.StatusServiceUnavailable && r.says("It cannot be recorded in the activity trail") {
			refused++
			continue
		}
		h.t.Errorf("command %d on a full disk: %d %s", i, r.status, r.text())
	}
	return refused
}
