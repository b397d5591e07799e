package relay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
	"github.com/flowdeck/flowdeck/internal/srt"
)

func quiet(socket string) Options {
	return Options{Socket: socket, Log: slog.New(slog.DiscardHandler), Version: "test", Allow: loopback}
}

// TestProtocol drives one relay through everything but media.
func TestProtocol(t *testing.T) {
	h := newHouse(t)
	t.Run("socket is private", func(t *testing.T) {
		info, err := os.Stat(h.socket)
		if err != nil || info.Mode().Perm() != socketMode {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	})
	t.Run("second relay is refused", func(t *testing.T) {
		if err := Serve(t.Context(), quiet(h.socket)); err == nil || !strings.Contains(err.Error(), "another relay") {
			t.Errorf("error %v", err)
		}
		if err := h.client.Ping(t.Context()); err != nil {
			t.Errorf("the first one is gone: %v", err)
		}
	})
	t.Run("report", func(t *testing.T) {
		r, err := h.client.Report(t.Context())
		if err != nil || r.Version != "test" || !strings.HasPrefix(r.SRTVersion, "1.5") || r.SRTLibrary == "" || r.SRTProblem != "" {
			t.Errorf("%+v, %v", r, err)
		}
	})
	t.Run("bad specs", func(t *testing.T) { testBadSpecs(t, h) })
	t.Run("ports", func(t *testing.T) { testPorts(t, h) })
	t.Run("restore", func(t *testing.T) { testRestore(t, h) })
	t.Run("least change", func(t *testing.T) { testLeastChange(t, h) })
	t.Run("events", func(t *testing.T) { testEvents(t, h) })
	t.Run("remove", func(t *testing.T) {
		spec := FlowSpec{ID: "gone", Source: listener("in", relaytest.FreePort(t), 0)}
		h.put(t, spec)
		for range 2 {
			if err := h.client.Remove(t.Context(), "gone"); err != nil {
				t.Error(err)
			}
		}
		h.put(t, spec) // its port is free again at once
	})
}

func testBadSpecs(t *testing.T, h *house) {
	if err := h.client.Put(t.Context(), FlowSpec{ID: "bad"}); !errors.Is(err, ErrInvalid) {
		t.Errorf("empty spec: %v", err)
	}
	big := goodSpec()
	big.Source.Name = strings.Repeat("a", maxSpecBytes)
	if err := h.client.Put(t.Context(), big); !errors.Is(err, ErrInvalid) {
		t.Errorf("big spec: %v", err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://relay/flows/other",
		strings.NewReader(`{"id":"flow","source":{"name":"a","mode":"listen","port":1},"outputs":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	res, err := h.client.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusBadRequest {
		t.Errorf("spec under another path: %d", res.StatusCode)
	}
}

func wantPort(t *testing.T, err error, leg string, port int) {
	t.Helper()
	var p *PortError
	if !errors.As(err, &p) || p.Leg != leg || p.Port != port {
		t.Errorf("error %v, want port %d of %s", err, port, leg)
	}
}

// holdPort has another program, so to speak, hold a UDP port.
func holdPort(t *testing.T) (int, net.PacketConn) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().(*net.UDPAddr).Port, conn
}

func testPorts(t *testing.T, h *house) {
	held, _ := holdPort(t)
	free := relaytest.FreePort(t)
	ctx := t.Context()
	spec := FlowSpec{ID: "ports", Source: listener("in", free, 0), Outputs: []LegSpec{listener("out", held, 0)}}
	wantPort(t, h.client.Put(ctx, spec), "out", held)
	if r, _ := h.client.Report(ctx); len(r.Flows) != 0 {
		t.Error("a refused flow is in the report")
	}
	spec.Outputs[0].Port = free
	wantPort(t, h.client.Put(ctx, spec), "out", free)
	spec.Outputs = nil
	h.put(t, spec)
	wantPort(t, h.client.Put(ctx, FlowSpec{ID: "second", Source: listener("in", free, 0)}), "in", free)
	began := h.flow(t, "ports").Source.Since
	spec.Source.Port = held
	wantPort(t, h.client.Put(ctx, spec), "in", held)
	if s := h.flow(t, "ports").Source; s.State != Waiting || !s.Since.Equal(began) {
		t.Errorf("a refused change touched the source: %+v", s)
	}
}

func testRestore(t *testing.T, h *house) {
	held, holder := holdPort(t)
	spec := FlowSpec{
		ID: "restored", Source: listener("in", relaytest.FreePort(t), 0),
		Outputs: []LegSpec{listener("out", held, 0)},
	}
	if err := h.client.Restore(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.client.Remove(context.Background(), spec.ID) })
	f := h.flow(t, "restored")
	if f.Source.State != Waiting || f.Outputs[0].State != Failed || !strings.Contains(f.Outputs[0].Problem, "port") {
		t.Errorf("%+v", f)
	}
	_ = holder.Close()
	if o := h.awaitOutput(t, "restored", "out", Waiting, 3*time.Second); o.Problem != "" {
		t.Errorf("problem %q stays", o.Problem)
	}
}

// testLeastChange swaps, changes and drops legs, looking at which begin anew.
func testLeastChange(t *testing.T, h *house) {
	a, b, c := relaytest.FreePort(t), relaytest.FreePort(t), relaytest.FreePort(t)
	spec := FlowSpec{ID: "least", Source: listener("in", a, 16), Outputs: []LegSpec{listener("one", b, 0), listener("two", c, 0)}}
	h.put(t, spec)
	before := h.flow(t, "least")
	spec.Source.Latency = 500
	spec.Outputs = []LegSpec{spec.Outputs[1], spec.Outputs[0]}
	h.put(t, spec)
	after := h.flow(t, "least")
	if !after.Source.Since.Equal(before.Source.Since) || after.Outputs[0].Name != "two" || !after.Outputs[0].Since.Equal(before.Outputs[1].Since) {
		t.Errorf("a change of order and latency began legs anew:\n%+v\n%+v", before, after)
	}
	spec.Source.Passphrase = "another-passphrase"
	spec.Outputs[0].Port, spec.Outputs[1].Port = b, c
	h.put(t, spec)
	swapped := h.flow(t, "least")
	for _, l := range append([]LegReport{swapped.Source}, swapped.Outputs...) {
		if l.State != Waiting || !l.Since.After(before.Source.Since) {
			t.Errorf("%s: %+v", l.Name, l)
		}
	}
}

func testEvents(t *testing.T, h *house) {
	enough := errors.New("enough")
	first := make(chan struct{}, 100)
	seen := make(chan time.Time, 100)
	done := make(chan error, 1)
	go func() {
		done <- h.client.Events(t.Context(), func(r Report) error {
			first <- struct{}{}
			if len(r.Flows) > 0 && r.Flows[0].ID == "told" {
				seen <- time.Now()
				return enough
			}
			return nil
		})
	}()
	<-first
	h.put(t, FlowSpec{ID: "told", Source: listener("in", relaytest.FreePort(t), 0)})
	put := time.Now()
	if err := <-done; !errors.Is(err, enough) {
		t.Fatal(err)
	}
	if late := (<-seen).Sub(put); late > 500*time.Millisecond {
		t.Errorf("the change was told %s late", late)
	}
}

// TestStop ends relays in both ways; neither leaves anything behind.
func TestStop(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *Client, func()){
		"context": func(_ *testing.T, _ *Client, cancel func()) { cancel() },
		"request": func(t *testing.T, c *Client, _ func()) {
			if err := c.Stop(t.Context()); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			socket, port := filepath.Join(t.TempDir(), "relay.sock"), relaytest.FreePort(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, 1)
			go func() { ended <- Serve(ctx, quiet(socket)) }()
			client := Dial(socket)
			waitFor(t, client)
			if err := client.Put(t.Context(), FlowSpec{ID: "a", Source: listener("in", port, 0)}); err != nil {
				t.Fatal(err)
			}
			streaming := make(chan error, 1)
			told := make(chan struct{}, 10)
			go func() {
				streaming <- client.Events(context.WithoutCancel(ctx), func(Report) error { told <- struct{}{}; return nil })
			}()
			<-told
			end(t, client, cancel)
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if err := <-streaming; err == nil {
				t.Error("the event stream ended without error")
			}
			if _, err := os.Stat(socket); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the socket stays: %v", err)
			}
			conn, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				t.Fatalf("the port is still held: %v", err)
			}
			_ = conn.Close()
		})
	}
}

func TestStaleSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "relay.sock")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	_ = stale.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, quiet(socket)) }()
	waitFor(t, Dial(socket))
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(socket, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Serve(t.Context(), quiet(socket)); err == nil {
		t.Error("replaced a file that is no socket")
	}
}

// TestWithoutLibrary: the relay serves, says what to install, and works as
// soon as that is done.
func TestWithoutLibrary(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "relay.sock")
	ctx, cancel := context.WithCancel(t.Context())
	installed := make(chan struct{})
	load := func() (*srt.Library, error) {
		select {
		case <-installed:
			return srt.Load()
		default:
			return nil, errors.New("apt install libsrt1.5-gnutls")
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, quiet(socket), load) }()
	client := Dial(socket)
	waitFor(t, client)
	spec := FlowSpec{ID: "a", Source: listener("in", relaytest.FreePort(t), 0)}
	err := client.Put(ctx, spec)
	if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "libsrt1.5-gnutls") {
		t.Errorf("put: %v", err)
	}
	if r, err := client.Report(ctx); err != nil || !strings.Contains(r.SRTProblem, "libsrt1.5-gnutls") || r.SRTVersion != "" {
		t.Errorf("report: %+v, %v", r, err)
	}
	close(installed)
	relaytest.Eventually(t, 5*time.Second, "the library is found by itself", func() bool {
		r, err := client.Report(ctx)
		return err == nil && r.SRTProblem == "" && r.SRTVersion != ""
	})
	if err := client.Put(ctx, spec); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNoRelay(t *testing.T) {
	client := Dial(filepath.Join(t.TempDir(), "nothing.sock"))
	if err := client.Ping(t.Context()); err == nil {
		t.Error("ping of nothing")
	}
	if err := client.Events(t.Context(), func(Report) error { return nil }); err == nil {
		t.Error("events of nothing")
	}
}
