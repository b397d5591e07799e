package safety

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// gateway makes a Flowdeck gateway of the fake cloud: it tells its flows by a
// stream, with what was measured, and whom it refused. What it says may be any
// bytes, and not only UTF-8.
type gateway struct {
	URL   string
	cloud *medialivetest.Cloud
	ended chan struct{} // closed when the test ends

	mu      sync.Mutex
	raw     map[string]string // placeholders, and the bytes that stand on the wire
	talks   map[string]string // by flow: what far ends and the relay say
	request string            // the id that it gives to requests; empty: its own
	name    string            // of whoever signs in, and of the project; empty: as typed
}

// gatewayBefore stands before a cloud until the test ends.
func gatewayBefore(t *testing.T, cloud *medialivetest.Cloud) *gateway {
	g := &gateway{cloud: cloud, ended: make(chan struct{}), raw: map[string]string{}, talks: map[string]string{}}
	cloud.Before = g.before
	s := httptest.NewServer(g)
	t.Cleanup(func() {
		close(g.ended)
		s.CloseClientConnections()
		s.Close()
	})
	g.URL = s.URL
	return g
}

// wire gives a text as it can be put into JSON: what is not UTF-8 has a
// placeholder until it is on the wire.
func (g *gateway) wire(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	place := fmt.Sprintf("not-utf8-%x-", text)
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x1b", `\u001b`, "\x00", `\u0000`).Replace(text)
	g.raw[place] = quoted
	return place
}

func (g *gateway) onWire(body []byte) []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	for place, text := range g.raw {
		body = bytes.ReplaceAll(body, []byte(place), []byte(text))
	}
	return body
}

// before answers a sign-in with a name of our choice.
func (g *gateway) before(w http.ResponseWriter, c medialivetest.Call) bool {
	g.mu.Lock()
	name := g.name
	g.mu.Unlock()
	if name == "" {
		return false
	}
	switch c.Op {
	case "KeystoneCreateUserToken":
		w.Header().Set("X-Subject-Token", "token-named-1")
		w.WriteHeader(http.StatusCreated)
		now := time.Now().UTC()
		_ = json.NewEncoder(w).Encode(map[string]any{"token": map[string]any{
			"issued_at": now, "expires_at": now.Add(24 * time.Hour),
			"user":    map[string]any{"id": "u9", "name": name, "domain": map[string]any{"id": "d", "name": name}},
			"project": map[string]any{"id": medialivetest.Project, "name": name},
		}})
	case "KeystoneListAuthProjects":
		_ = json.NewEncoder(w).Encode(map[string]any{"projects": []any{map[string]any{"id": medialivetest.Project, "name": name, "enabled": true}}})
	default:
		return false
	}
	return true
}

// call has everybody who signs in called so.
func (g *gateway) call(name string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.name = name
}

// asks has all requests called so.
func (g *gateway) asks(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.request = id
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch _, path, _ := strings.Cut(r.URL.Path, "/ext/v1/"+medialivetest.Project); path {
	case "/capabilities":
		g.answer(w, medialive.Capabilities{Version: "9.9.9", Region: "local", SRTAddress: "203.0.113.10", PortFirst: 20000, PortLast: 20999, NextPort: 20001, SRTVersion: "1.5.7"})
	case "/events":
		g.events(w, r)
	case "/statistics":
		g.answer(w, g.statistics())
	case "/refused-callers":
		g.answer(w, g.refused(r.URL.Query().Get("flow_id")))
	default:
		g.pass(w, r)
	}
}

func (g *gateway) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	body, _ := json.Marshal(v) // what is put in can be written
	_, _ = w.Write(g.onWire(body))
}

// pass gives a request to the cloud.
func (g *gateway) pass(w http.ResponseWriter, r *http.Request) {
	out := r.Clone(r.Context())
	out.RequestURI, out.URL.Scheme, out.URL.Host = "", "http", r.Host
	answer := httptest.NewRecorder()
	g.cloud.ServeHTTP(answer, out)
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	body := answer.Body.Bytes()
	g.mu.Lock()
	if g.request != "" {
		id, _ := json.Marshal(g.request) // any text can be written
		body = bytes.ReplaceAll(body, []byte(`"r-1"`), id)
	}
	g.mu.Unlock()
	_, _ = w.Write(g.onWire(body))
}

// events tells all flows, then each change, and a beat.
func (g *gateway) events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	tell := func(e medialive.Event) {
		e.At = time.Now()
		body, _ := json.Marshal(e) // what is put in can be written
		_, _ = fmt.Fprintf(w, "data: %s\n\n", g.onWire(body))
	}
	told := map[string]string{}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for first := true; ; first = false {
		for _, id := range g.cloud.IDs() {
			f, there := g.cloud.Flow(id)
			if state := fmt.Sprintf("%+v", f); there && told[id] != state {
				told[id] = state
				tell(medialive.Event{Kind: medialive.EventFlow, FlowID: id, Flow: &f.Flow, Outputs: f.Outputs})
			}
		}
		if first {
			tell(medialive.Event{Kind: medialive.EventReady})
		}
		tell(medialive.Event{Kind: medialive.EventStatistics, Statistics: g.statistics()})
		tell(medialive.Event{Kind: medialive.EventBeat})
		_ = http.NewResponseController(w).Flush() // a server's answer can
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		case <-g.ended:
			return
		}
	}
}

// talk is what is said about a flow by others than the cloud.
func (g *gateway) talk(flow string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.talks[flow]
}

func (g *gateway) say(flow, text string) {
	text = g.wire(text)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.talks[flow] = text
}

// statistics are of flows about which something is said.
func (g *gateway) statistics() []medialive.FlowStatistics {
	all, since := []medialive.FlowStatistics{}, time.Now().Add(-time.Minute)
	for _, id := range g.cloud.IDs() {
		said := g.talk(id)
		f, _ := g.cloud.Flow(id)
		if said == "" || f.Status != medialive.Active {
			continue
		}
		s := medialive.FlowStatistics{FlowID: id, At: time.Now(), ActiveSince: since, Source: medialive.LegStatistics{
			Name: "camera", State: medialive.LegConnected, Since: since, ConnectedAt: since, Peer: said, Peers: 1, Bitrate: 8_000_000, RTT: 12, Latency: 120, Problem: said,
		}}
		if source, ok := f.Source(); ok {
			s.Source.Name = source.Name
		}
		for i, o := range f.Outputs {
			leg := medialive.LegStatistics{Name: o.Name, State: medialive.LegConnecting, Since: since, Peer: said, Problem: said, Attempts: 3}
			if i == 0 {
				leg.State = medialive.LegFailed
			}
			s.Outputs = append(s.Outputs, leg)
		}
		all = append(all, s)
	}
	return all
}

// refused are callers who came with what is said.
func (g *gateway) refused(flow string) []medialive.RefusedCaller {
	said, all := g.talk(flow), []medialive.RefusedCaller{}
	if said == "" {
		return all
	}
	for _, why := range []medialive.Refusal{medialive.RefusedStreamID, medialive.RefusedAddress, medialive.Refusal(said)} {
		all = append(all, medialive.RefusedCaller{
			Leg: said, Address: said, StreamID: said, Reason: why, First: time.Now().Add(-time.Minute), Last: time.Now(), Count: 3,
		})
	}
	return all
}
