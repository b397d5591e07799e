package gateway_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// withRelay makes a gateway that drives a real relay in this process.
func withRelay(t *testing.T) *fixture {
	t.Helper()
	f := prepare(t, t.TempDir())
	f.serve(f.relay())
	return f
}

// relay runs a real relay in this process, until the test ends.
func (f *fixture) relay() *relay.Client {
	t := f.t
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- relay.Serve(ctx, relay.Options{Socket: socketIn(f.dir), Log: slog.New(slog.NewTextHandler(f.log, nil)), Version: "test", Allow: loopback})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	client := relay.Dial(socketIn(f.dir))
	eventually(t, "the relay answers", patience, func() bool { return client.Ping(t.Context()) == nil })
	return client
}

// sourceHealth waits until the source's health_status is as wanted.
func (f *fixture) sourceHealth(client *medialive.Client, id string, want medialive.Health, limit time.Duration) {
	f.t.Helper()
	eventually(f.t, fmt.Sprintf("source %s", want), limit, func() bool {
		flow, err := client.ShowFlow(f.t.Context(), id)
		return err == nil && flow.Sources[0].Health == want
	})
}

func (f *fixture) outputHealth(client *medialive.Client, id, name string, want medialive.Health, limit time.Duration) {
	f.t.Helper()
	eventually(f.t, fmt.Sprintf("output %s %s", name, want), limit, func() bool {
		out, err := client.ShowOutput(f.t.Context(), id, name)
		return err == nil && out.Health == want
	})
}

func TestMediaThroughTheAPI(t *testing.T) {
	f := withRelay(t)
	ctx := t.Context()
	clip := relaytest.Clip(t)
	flow, err := f.client.CreateFlow(ctx, medialive.NewFlow{Name: "studio-a", Region: region, Source: medialive.Source{
		Name: "camera", Protocol: medialive.Listener, MinLatency: 120,
		Decryption: &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: passphrase},
	}})
	f.must(err)
	outputs, err := f.client.CreateOutputs(ctx, flow.ID, []medialive.Output{{Name: "monitor", Protocol: medialive.Listener, MinLatency: 120}})
	f.must(err)
	_, err = f.client.StartFlow(ctx, flow.ID)
	f.must(err)
	port := flow.Sources[0].Port
	sender := relaytest.Push(t, clip, relaytest.SRT{Port: port, Passphrase: passphrase, KeyLength: 16})
	f.sourceHealth(f.client, flow.ID, medialive.Connected, patience)
	recording := filepath.Join(t.TempDir(), "monitor.ts")
	relaytest.Record(t, relaytest.SRT{Port: outputs[0].Port}, recording)
	f.outputHealth(f.client, flow.ID, "monitor", medialive.Connected, patience)

	stats, err := f.client.Statistics(ctx, flow.ID)
	f.must(err)
	if s := stats[0].Source; s.State != medialive.LegConnected || s.KeyLength != 16 || s.Peer == "" || time.Since(stats[0].At) > 2*time.Second {
		t.Errorf("statistics %+v", stats[0])
	}
	eventually(t, "a bitrate", patience, func() bool {
		stats, err := f.client.Statistics(ctx, flow.ID)
		return err == nil && stats[0].Source.Bitrate > 100_000
	})

	// Outputs come, change and go; a description and a whitelist change: nothing of this interrupts the monitor.
	target := relaytest.FreePort(t)
	pushed := filepath.Join(t.TempDir(), "pushed.ts")
	relaytest.Record(t, relaytest.SRT{Port: target, Listen: true}, pushed)
	_, err = f.client.CreateOutputs(ctx, flow.ID, []medialive.Output{{Name: "partner", Protocol: medialive.Caller, Destination: "127.0.0.1", Port: target, MinLatency: 120}})
	f.must(err)
	f.outputHealth(f.client, flow.ID, "partner", medialive.Connected, patience)
	eventually(t, "the partner receives", patience, func() bool { return relaytest.Size(pushed) > 50_000 })
	off := medialive.Disabled
	_, err = f.client.UpdateOutput(ctx, flow.ID, "partner", medialive.OutputChange{Status: &off})
	f.must(err)
	f.outputHealth(f.client, flow.ID, "partner", medialive.Disconnected, 3*time.Second)
	_, err = f.client.UpdateSource(ctx, flow.ID, "camera", medialive.Source{
		Name: "camera", Protocol: medialive.Listener, MinLatency: 120, Description: "hall 2", CIDRWhitelist: []string{"127.0.0.0/8"},
		Decryption: &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: medialive.Mask},
	})
	f.must(err)
	f.must(f.client.DeleteOutput(ctx, flow.ID, "partner"))
	size := relaytest.Size(recording)
	eventually(t, "the monitor still receives", patience, func() bool { return relaytest.Size(recording) > size+50_000 })
	relaytest.RequireWhole(t, recording, 200)

	relaytest.Push(t, clip, relaytest.SRT{Port: port, Passphrase: "wrong-" + passphrase, KeyLength: 16})
	eventually(t, "the wrong passphrase is told", patience, func() bool {
		callers, err := f.client.RefusedCallers(ctx, flow.ID)
		return err == nil && len(callers) > 0 && callers[0].Reason == medialive.RefusedPassphrase && callers[0].Leg == "camera"
	})
	sender.Kill()
	f.sourceHealth(f.client, flow.ID, medialive.Disconnected, 3*time.Second)
	f.outputHealth(f.client, flow.ID, "monitor", medialive.Disconnected, 3*time.Second)

	// A port is free as soon as the stop is answered: the flow starts again at once.
	_, err = f.client.StopFlow(ctx, flow.ID)
	f.must(err)
	_, err = f.client.StartFlow(ctx, flow.ID)
	f.must(err)
	relaytest.Push(t, clip, relaytest.SRT{Port: port, Passphrase: passphrase, KeyLength: 16})
	f.sourceHealth(f.client, flow.ID, medialive.Connected, patience)
}

func TestPortHeldWhileStarting(t *testing.T) {
	f := withRelay(t)
	flow := f.create("studio-a")
	port := flow.Sources[0].Port
	conn, err := net.ListenPacket("udp4", fmt.Sprintf("127.0.0.1:%d", port))
	f.must(err)
	reply := f.ask("PUT", "/v1/flows/start?flow_id="+flow.ID, "")
	if want := fmt.Sprintf("port %d of camera is held by another program", port); reply.status != 400 || !strings.Contains(reply.msg, want) {
		t.Errorf("%+v", reply)
	}
	f.must(conn.Close())
	if _, err := f.client.StartFlow(t.Context(), flow.ID); err != nil {
		t.Errorf("once it is free: %v", err)
	}
	// The port of a deleted flow can be named again at once.
	_, err = f.client.StopFlow(t.Context(), flow.ID)
	f.must(err)
	f.must(f.client.DeleteFlow(t.Context(), flow.ID))
	body := fmt.Sprintf(`{"name":"studio-b","region":"local","sources":[{"name":"camera","protocol":"srt-listener","source_listener_port":%d}]}`, port)
	if reply := f.ask("POST", "/v1/flows", body); reply.status != 201 {
		t.Errorf("%+v", reply)
	}
}

// TestKilledProcesses runs a whole gateway with its relay, kills each with -9,
// and watches the media.
func TestKilledProcesses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := prepare(t, dir)
	f.must(f.store.Close())
	address := freeTCP(t)
	f.url = "http://" + address
	start := func() *relaytest.Process {
		return relaytest.Start(t, os.Args[0], "gateway", dir, address, fmt.Sprint(f.first))
	}
	serves := func() {
		eventually(t, "the gateway serves", patience, func() bool {
			conn, err := net.Dial("tcp", address)
			if err == nil {
				_ = conn.Close()
			}
			return err == nil
		})
	}
	process := start()
	serves()
	f.token = f.signIn("admin", password)
	f.client = f.clientAs(f.token)
	first := otherRelay(t, dir, 0, patience)
	flow := f.create("studio-a")
	outputs, err := f.client.CreateOutputs(t.Context(), flow.ID, []medialive.Output{{Name: "monitor", Protocol: medialive.Listener, MinLatency: 120}})
	f.must(err)
	_, err = f.client.StartFlow(t.Context(), flow.ID)
	f.must(err)
	clip, recording := relaytest.Clip(t), filepath.Join(t.TempDir(), "monitor.ts")
	sender := relaytest.SRT{Port: flow.Sources[0].Port}
	relaytest.Push(t, clip, sender)
	f.sourceHealth(f.client, flow.ID, medialive.Connected, patience)
	relaytest.Record(t, relaytest.SRT{Port: outputs[0].Port}, recording)
	f.outputHealth(f.client, flow.ID, "monitor", medialive.Connected, patience)

	acknowledged := f.createUntilKilled(process) // the gateway, with -9
	size := relaytest.Size(recording)
	eventually(t, "media moves without a gateway", patience, func() bool { return relaytest.Size(recording) > size+50_000 })
	process = start()
	serves()
	for _, id := range acknowledged {
		if _, err := f.client.ShowFlow(t.Context(), id); err != nil {
			t.Errorf("an acknowledged flow is lost: %v", err)
		}
	}
	f.sourceHealth(f.client, flow.ID, medialive.Connected, patience)
	if pid := relayPID(t, dir); pid != first {
		t.Fatalf("relay %d was replaced by %d", first, pid)
	}
	size = relaytest.Size(recording)
	eventually(t, "media moves with the new gateway", patience, func() bool { return relaytest.Size(recording) > size+50_000 })
	relaytest.RequireWhole(t, recording, 300)

	killProcess(t, first) // the relay, which the new gateway has adopted
	began := time.Now()
	stats := func() (medialive.LegState, bool) {
		all, err := f.client.Statistics(t.Context(), flow.ID)
		return all[0].Source.State, err == nil
	}
	eventually(t, "the flow runs again", 3*time.Second, func() bool {
		if pid := relayPID(t, dir); pid == 0 || pid == first {
			return false
		}
		report, err := relay.Dial(socketIn(dir)).Report(t.Context())
		return err == nil && len(report.Flows) == 1
	})
	t.Logf("back %v after the relay was killed", time.Since(began))
	relaytest.Push(t, clip, sender)
	eventually(t, "media arrives again", patience, func() bool { state, ok := stats(); return ok && state == medialive.LegConnected })

	last := relayPID(t, dir)
	process.Interrupt(t)
	if relayPID(t, dir) == last {
		t.Error("the relay outlives an orderly stop of its gateway")
	}
}

// createUntilKilled makes flows one after another, kills the process in the
// midst of it, and gives those that were acknowledged.
func (f *fixture) createUntilKilled(process *relaytest.Process) (acknowledged []string) {
	f.t.Helper()
	enough, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			flow, err := f.client.CreateFlow(f.t.Context(), medialive.NewFlow{
				Name: fmt.Sprintf("studio-%d", i), Region: region,
				Source: medialive.Source{Name: "camera", Protocol: medialive.Caller, Address: "192.0.2.1", Port: 7000},
			})
			if err != nil {
				return
			}
			if acknowledged = append(acknowledged, flow.ID); len(acknowledged) == 20 {
				close(enough)
			}
		}
	}()
	select {
	case <-enough:
	case <-done:
		f.t.Error("flows could not be created")
	}
	process.Kill()
	<-done
	return acknowledged
}

func freeTCP(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}
