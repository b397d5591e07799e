package gateway_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
)

// listener collects events.
type listener struct {
	mu     sync.Mutex
	events []medialive.Event
	err    error
	ended  chan struct{}
}

func listen(t *testing.T, client *medialive.Client) *listener {
	t.Helper()
	l := &listener{ended: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		defer close(l.ended)
		err := client.Events(ctx, func(e medialive.Event) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.events = append(l.events, e)
			return nil
		})
		l.mu.Lock()
		defer l.mu.Unlock()
		l.err = err
	}()
	t.Cleanup(func() { stop(); <-l.ended })
	return l
}

// told tells whether an event came that fits.
func (l *listener) told(fits func(medialive.Event) bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.events, fits)
}

func (l *listener) kinds() (kinds []medialive.EventKind) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestEvents(t *testing.T) {
	t.Parallel()
	r := newFakeRelay()
	f := newFixture(t, r)
	flow := f.started("studio-a")
	_, err := f.client.CreateOutputs(t.Context(), flow.ID, []medialive.Output{{
		Name: "monitor", Protocol: medialive.Listener, Encryption: &medialive.Crypto{KeyType: medialive.SRTPassword, Passphrase: passphrase},
	}})
	f.must(err)

	l := listen(t, f.client)
	eventually(t, "ready, after the flow in full", patience, func() bool {
		kinds := l.kinds()
		return slices.Contains(kinds, medialive.EventReady) && kinds[0] == medialive.EventFlow
	})
	l.mu.Lock()
	first := l.events[0]
	l.mu.Unlock()
	if first.Flow.Name != "studio-a" || len(first.Outputs) != 1 || first.Outputs[0].Encryption.Passphrase != medialive.Mask {
		t.Errorf("first event %+v", first)
	}
	flowEvent := func(id string, fits func(medialive.Event) bool) func() bool {
		return func() bool {
			return l.told(func(e medialive.Event) bool { return e.Kind == medialive.EventFlow && e.FlowID == id && fits(e) })
		}
	}

	r.set(func(r *fakeRelay) { r.states[flow.ID+"/camera"] = relay.Connected })
	eventually(t, "media arrives", patience, flowEvent(flow.ID, func(e medialive.Event) bool { return e.Flow.Sources[0].Health == medialive.Connected }))
	eventually(t, "statistics", patience, func() bool {
		return l.told(func(e medialive.Event) bool {
			return e.Kind == medialive.EventStatistics && len(e.Statistics) == 1 && e.Statistics[0].Source.State == medialive.LegConnected
		})
	})
	second := f.create("studio-b")
	eventually(t, "created", patience, flowEvent(second.ID, func(e medialive.Event) bool { return e.Flow.Status == medialive.Standby }))
	_, err = f.client.StopFlow(t.Context(), flow.ID)
	f.must(err)
	eventually(t, "stopped", patience, flowEvent(flow.ID, func(e medialive.Event) bool { return e.Flow.Status == medialive.Standby }))
	f.must(f.client.DeleteOutput(t.Context(), flow.ID, "monitor"))
	eventually(t, "output gone", patience, flowEvent(flow.ID, func(e medialive.Event) bool { return len(e.Outputs) == 0 }))
	f.must(f.client.DeleteFlow(t.Context(), second.ID))
	eventually(t, "gone", patience, func() bool {
		return l.told(func(e medialive.Event) bool { return e.Kind == medialive.EventGone && e.FlowID == second.ID })
	})
	eventually(t, "beats", patience, func() bool {
		n := 0
		for _, kind := range l.kinds() {
			if kind == medialive.EventBeat {
				n++
			}
		}
		return n >= 2
	})
}

func TestEventsEndWithThePermission(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	f.must(f.iam.AddUser(t.Context(), "viewer", password))
	f.must(f.iam.SetPolicy(t.Context(), "viewer", []string{"live:ott:list*", "live:ott:show*"}))
	l := listen(t, f.clientAs(f.signIn("viewer", password)))
	eventually(t, "ready", patience, func() bool { return slices.Contains(l.kinds(), medialive.EventReady) })
	f.must(f.iam.SetDisabled(t.Context(), "viewer", true))
	select {
	case <-l.ended:
	case <-time.After(8 * time.Second):
		t.Fatal("a disabled user still reads")
	}
}

// TestSlowReaderIsDropped reads nothing from a connection that keeps nothing
// either: the gateway ends the stream, and all others are served meanwhile.
func TestSlowReaderIsDropped(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	f.started("studio-a")
	here, there := net.Pipe()
	t.Cleanup(func() { _, _ = here.Close(), there.Close() })
	server := &http.Server{Handler: f.gateway.Handler()}
	pipe := &pipeListener{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
	pipe.conns <- there
	go func() { _ = server.Serve(pipe) }()
	t.Cleanup(func() { _ = server.Close() })

	_, err := fmt.Fprintf(here, "GET /ext/v1/%s/events HTTP/1.1\r\nHost: gateway\r\nX-Auth-Token: %s\r\n\r\n", f.project, f.token.Reveal())
	f.must(err)
	l := listen(t, f.client)
	eventually(t, "the slow reader is dropped", 8*time.Second, func() bool {
		return strings.Contains(f.log.String(), "event stream dropped")
	})
	if !slices.Contains(l.kinds(), medialive.EventReady) {
		t.Error("another reader was not served")
	}
}

// pipeListener serves connections that are there already.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
