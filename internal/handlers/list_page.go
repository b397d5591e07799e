package handlers

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// list shows the flows of the project, from the snapshot alone.
// GET /flows (limit, offset, status, health, protocol, q, sort)
func (h *flows) list(c echo.Context) error {
	v := visitOf(c)
	q, faults := ParseFlowQuery(c.QueryParams(), limitOf(c.Request()))
	if c.QueryParams().Has("limit") && limitOf(c.Request()) != q.Limit {
		h.keep(c, cookieLimit, strconv.Itoa(q.Limit))
	}
	q.All = q.All && len(v.sites) > 1
	key, first := h.listKey(v, q), !q.All && v.nothingYet()
	if first || len(faults) > 0 || hasFlash(c.Request()) {
		m, err := h.listModel(c, v, q)
		if err != nil {
			return err
		}
		m.Shell.Flash = h.takeFlash(c, v.t)
		if len(faults) > 0 {
			m.Shell.Flash = &ui.Notice{Tone: ui.ToneWarn, Text: v.t.List.NotUnderstood(faults[0].Parameter, faults[0].Value)}
		}
		return h.print.page(c, http.StatusOK, m)
	}
	page, err := h.kept.get(c.Request().Context(), key, h.versionOf(v), h.now(), func(ctx context.Context) ([]byte, error) {
		m, err := h.listModel(c, v, q)
		if err != nil {
			return nil, err
		}
		return h.print.bytes(ctx, m)
	})
	if err != nil {
		return err
	}
	return send(c, http.StatusOK, page.bytes, func() []byte { return page.pack(h.print.packer) })
}

// nothingYet tells whether the project has no flow at all.
func (v *visit) nothingYet() bool {
	s := v.snapshot()
	return s.Complete && len(s.Flows) == 0
}

// listModel is the list page, or the page that leads to the first flow.
func (h *flows) listModel(c echo.Context, v *visit, q FlowQuery) (pages.Flows, error) {
	m := pages.Flows{Shell: h.plainShell(v, v.t.List.Title)}
	m.Shell.Path, m.Shell.Search, m.Shell.SearchAll = q.Path(), q.Text, q.All
	m.Shell.Ends.Path = m.Shell.Path
	if !q.All && v.nothingYet() {
		first, err := h.firstRun(c, v)
		m.First, m.Shell.Live = &first, "/live?view="+viewFirst
		return m, err
	}
	snapshot := v.snapshot()
	m.Shell.Live = "/live?view=" + viewList + "&" + q.Values().Encode()
	t := h.teller(v)
	shown := h.listing(t, v.watcher, snapshot, q)
	shown.look()
	m.List = t.list(shown)
	return m, nil
}

// firstRun is the page of a project without flows.
func (h *flows) firstRun(c echo.Context, v *visit) (pages.FirstRun, error) {
	typed := legForm{Name: v.t.First.DefaultName, Protocol: string(medialive.Listener)}
	address, port := listenAddress(v.snapshot())
	form, err := h.newFlowForm(c, v, typed, nil, verdict{})
	form.Short = true
	return pages.FirstRun{
		T: v.t, Form: form, Off: h.teller(v).barred(actCreate), Address: address, Port: port,
		Lines: h.teller(v).firstLines(address, port, typed.Name),
	}, err
}

// listenAddress tells where the next listener will be, as far as the gateway
// says so.
func listenAddress(s *monitor.Snapshot) (address, port string) {
	if s.Capabilities == nil {
		return "", ""
	}
	return s.Capabilities.SRTAddress, number(s.Capabilities.NextPort)
}

// listKey is all that a list page depends on, but for the snapshot.
func (h *flows) listKey(v *visit, q FlowQuery) pageKey {
	return pageKey{
		may: h.may(v.role, v.session.Person()).key(), project: v.watcher.Key(), lang: v.t.Lang, theme: v.theme, query: q,
		user: v.session.User, account: v.session.Account, projectName: v.session.Project, region: v.session.Region, around: around(v.sites), ends: v.session.Ends().UTC(),
	}
}

// pageVersion is the state of what a kept page shows: the flows and the alarms.
type pageVersion struct{ flows, alarms uint64 }

func (h *flows) versionOf(v *visit) pageVersion {
	now := pageVersion{v.snapshot().Version, h.Alarms.Of(v.watcher.Key()).View().Version}
	for _, s := range v.many() {
		if s.watcher != nil && s.watcher != v.watcher { // each number only grows, and so does their sum
			now.flows += s.watcher.Peek().Version
			now.alarms += h.Alarms.Of(s.project()).View().Version
		}
	}
	return now
}

// pageKey is all that a kept page depends on, but for the snapshot.
type pageKey struct {
	may                                string // what who looks may do
	project                            monitor.Key
	lang                               string
	theme                              layout.Theme
	query                              FlowQuery
	user, account, projectName, region string
	around                             string    // the places of the session
	ends                               time.Time // of the sign-in
}

const (
	maxKeptPages = 256
	keptFor      = time.Second            // a page without JavaScript must not show old ages
	keptAnyway   = 150 * time.Millisecond // though the snapshot changed: the stream brings a page up to date at once
)

// pageCache keeps rendered pages, so that a page that many look at costs one
// rendering for each change.
type pageCache struct {
	mu    sync.Mutex
	pages map[pageKey]*keptPage
}

// keptPage is rendered once by whoever asks first.
type keptPage struct {
	version pageVersion
	at      time.Time
	once    sync.Once
	bytes   []byte
	err     error
	packing sync.Once
	packed  []byte
}

// pack gives the page compressed, once for all who ask.
func (k *keptPage) pack(p *packer) []byte {
	k.packing.Do(func() { k.packed = p.pack(k.bytes) })
	return k.packed
}

func newPageCache() *pageCache { return &pageCache{pages: map[pageKey]*keptPage{}} }

// get gives the page for a state of the project, rendering it if it is not
// kept or too old.
func (p *pageCache) get(ctx context.Context, key pageKey, version pageVersion, now time.Time, render func(context.Context) ([]byte, error)) (*keptPage, error) {
	p.mu.Lock()
	kept := p.pages[key]
	if kept == nil || !kept.holds(version, now) {
		p.makeRoom()
		kept = &keptPage{version: version, at: now}
		p.pages[key] = kept
	}
	p.mu.Unlock()
	kept.once.Do(func() { kept.bytes, kept.err = render(context.WithoutCancel(ctx)) })
	return kept, kept.err
}

// holds tells whether a page may still be shown. Who has just done something is
// shown a fresh one anyway, with the notice of it.
func (k *keptPage) holds(version pageVersion, now time.Time) bool {
	age := now.Sub(k.at)
	if k.version == version {
		return age < keptFor
	}
	return age < keptAnyway && k.version.alarms == version.alarms // an alarm is never kept back
}

// makeRoom forgets pages when there are too many. The caller holds the lock.
func (p *pageCache) makeRoom() {
	if len(p.pages) >= maxKeptPages {
		clear(p.pages)
	}
}
