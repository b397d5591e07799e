package relay

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const secret = "correct-horse-battery"

// house is a running relay with its client.
type house struct {
	client *Client
	socket string
	clip   string
}

// newHouse starts a relay in this process that ends with the test.
func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{socket: filepath.Join(t.TempDir(), "relay.sock"), clip: relaytest.Clip(t)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- Serve(ctx, Options{Socket: h.socket, Log: slog.New(slog.DiscardHandler), Version: "test", Allow: loopback})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("relay: %v", err)
		}
	})
	h.client = Dial(h.socket)
	waitFor(t, h.client)
	return h
}

func waitFor(t *testing.T, c *Client) {
	t.Helper()
	relaytest.Eventually(t, 5*time.Second, "the relay answers", func() bool { return c.Ping(t.Context()) == nil })
}

func (h *house) put(t *testing.T, spec FlowSpec) {
	t.Helper()
	if err := h.client.Put(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.client.Remove(context.Background(), spec.ID) })
}

func (h *house) flow(t *testing.T, id string) FlowReport {
	t.Helper()
	report, err := h.client.Report(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range report.Flows {
		if f.ID == id {
			return f
		}
	}
	t.Fatalf("flow %s is not in the report", id)
	return FlowReport{}
}

func (h *house) awaitSource(t *testing.T, id string, state State, limit time.Duration) LegReport {
	t.Helper()
	var leg LegReport
	relaytest.Eventually(t, limit, "source of "+id+" is "+string(state), func() bool {
		leg = h.flow(t, id).Source
		return leg.State == state
	})
	return leg
}

func (h *house) awaitOutput(t *testing.T, id, name string, state State, limit time.Duration) LegReport {
	t.Helper()
	var leg LegReport
	relaytest.Eventually(t, limit, "output "+name+" of "+id+" is "+string(state), func() bool {
		for _, o := range h.flow(t, id).Outputs {
			if o.Name == name {
				leg = o
			}
		}
		return leg.State == state
	})
	return leg
}

// awaitRefusal waits until a caller of the flow is refused for a reason.
func (h *house) awaitRefusal(t *testing.T, id, leg, reason string) Refused {
	t.Helper()
	var found Refused
	relaytest.Eventually(t, 10*time.Second, "caller of "+leg+" refused: "+reason, func() bool {
		for _, r := range h.flow(t, id).Refused {
			if r.Leg == leg && r.Reason == reason {
				found = r
				return true
			}
		}
		return false
	})
	return found
}

func listener(name string, port, key int) LegSpec {
	l := LegSpec{Name: name, Mode: Listen, Host: "127.0.0.1", Port: port, Latency: 120, KeyLength: key}
	if key > 0 {
		l.Passphrase = secret
	}
	return l
}

func caller(name string, port, key int) LegSpec {
	l := listener(name, port, key)
	l.Mode = Call
	return l
}

// grown waits until a recording holds some bytes more than now.
func grown(t *testing.T, path string, bytes int64) {
	t.Helper()
	from := relaytest.Size(path)
	relaytest.Eventually(t, 15*time.Second, path+" grows", func() bool { return relaytest.Size(path) >= from+bytes })
}
