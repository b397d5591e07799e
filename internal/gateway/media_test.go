package gateway_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
)

func TestPorts(t *testing.T) {
	r := newFakeRelay()
	f := newFixture(t, r)
	hold(t, f.first)
	if caps, err := f.client.Capabilities(t.Context()); err != nil || caps.NextPort != f.first+1 || caps.SRTVersion != "1.5.1" {
		t.Errorf("capabilities %+v, %v", caps, err)
	}
	first := f.create("studio-a")
	if port := first.Sources[0].Port; port != f.first+1 {
		t.Errorf("got port %d, while %d is held by another program", port, f.first)
	}
	listener := func(name string, port int) string {
		return fmt.Sprintf(`{"name":%q,"region":"local","sources":[{"name":"camera","protocol":"srt-listener","source_listener_port":%d}]}`, name, port)
	}
	if reply := f.ask("POST", "/v1/flows", listener("studio-b", f.first)); reply.status != 400 || !strings.Contains(reply.msg, fmt.Sprint(f.first)) || !strings.Contains(reply.msg, "another program") {
		t.Errorf("a held port: %+v", reply)
	}
	if reply := f.ask("POST", "/v1/flows", listener("studio-b", f.first+1)); reply.status != 400 || !strings.Contains(reply.msg, "already used by another listener") {
		t.Errorf("a port of another flow: %+v", reply)
	}
	if reply := f.ask("POST", "/v1/flows", listener("studio-b", f.first+5)); reply.status != 201 {
		t.Errorf("a free port: %+v", reply)
	}
	body := fmt.Sprintf(`[{"name":"a","protocol":"srt-listener"},{"name":"b","protocol":"srt-listener","port":%d}]`, f.first)
	if reply := f.ask("POST", "/v1/flows/outputs?flow_id="+first.ID, body); reply.status != 400 || !strings.Contains(reply.msg, "outputs[1].port") {
		t.Errorf("one held port of two: %+v", reply)
	}
	if flow, err := f.client.ShowFlow(t.Context(), first.ID); err != nil || len(flow.Outputs) != 0 {
		t.Errorf("half of the outputs were made: %+v, %v", flow, err)
	}
	out, err := f.client.CreateOutputs(t.Context(), first.ID, []medialive.Output{{Name: "monitor", Protocol: medialive.Listener}})
	f.must(err)
	moved := f.first + 7
	if out, err := f.client.UpdateOutput(t.Context(), first.ID, "monitor", medialive.OutputChange{Port: &moved}); err != nil || out.Port != moved {
		t.Errorf("moved: %+v, %v", out, err)
	}
	if reply := f.ask("POST", "/v1/flows", listener("studio-c", out[0].Port)); reply.status != 201 {
		t.Errorf("the port that was let go: %+v", reply)
	}
}

func TestNoPortIsLeft(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	for i := range ports {
		f.create(fmt.Sprintf("studio-%d", i))
	}
	reply := f.ask("POST", "/v1/flows", `{"name":"studio-x","region":"local","sources":[{"name":"camera","protocol":"srt-listener"}]}`)
	if reply.status != 400 || !strings.Contains(reply.msg, "no port is free") {
		t.Errorf("%+v", reply)
	}
	if caps, err := f.client.Capabilities(t.Context()); err != nil || caps.NextPort != 0 {
		t.Errorf("capabilities %+v, %v", caps, err)
	}
}

func TestStartThatCannotBe(t *testing.T) {
	r := newFakeRelay()
	f := newFixture(t, r)
	flow := f.create("studio-a")
	path := "/v1/flows/start?flow_id=" + flow.ID
	standby := func(what string) {
		t.Helper()
		if flow, err := f.client.ShowFlow(t.Context(), flow.ID); err != nil || flow.Status != medialive.Standby {
			t.Errorf("%s: %+v, %v", what, flow, err)
		}
	}

	r.set(func(r *fakeRelay) { r.refuse = &relay.PortError{Leg: "camera", Port: f.first} })
	if reply := f.ask("PUT", path, ""); reply.status != 400 || !strings.Contains(reply.msg, fmt.Sprint(f.first)) {
		t.Errorf("a port that another program holds: %+v", reply)
	}
	standby("port")

	r.set(func(r *fakeRelay) { r.missing = "libsrt is missing: apt-get install libsrt1.5-gnutls" })
	eventually(t, "the gateway knows that libsrt is missing", patience, func() bool {
		caps, err := f.client.Capabilities(t.Context())
		return err == nil && caps.SRTProblem != ""
	})
	if reply := f.ask("PUT", path, ""); reply.status != 400 || reply.code != "LIVE.100011006" || !strings.Contains(reply.msg, "libsrt1.5-gnutls") {
		t.Errorf("libsrt missing: %+v", reply)
	}
	standby("libsrt")
	f.create("studio-b") // all the rest works
}

func TestStartWithoutRelay(t *testing.T) {
	r := newFakeRelay()
	r.gone = true
	f := newFixture(t, r)
	flow := f.create("studio-a")
	if reply := f.ask("PUT", "/v1/flows/start?flow_id="+flow.ID, ""); reply.status != 503 || !strings.Contains(reply.msg, "nothing was changed") {
		t.Errorf("%+v", reply)
	}
	if flow, err := f.client.ShowFlow(t.Context(), flow.ID); err != nil || flow.Status != medialive.Standby {
		t.Errorf("%+v, %v", flow, err)
	}
}

func TestStartWaitsForRelay(t *testing.T) {
	t.Parallel()
	r := newFakeRelay()
	r.gone = true
	asked := 0
	r.asked = func(r *fakeRelay) {
		asked++
		r.gone = asked < 3 // it comes up between two questions
	}
	f := newFixture(t, r)
	flow := f.create("studio-a")
	if reply := f.ask("PUT", "/v1/flows/start?flow_id="+flow.ID, ""); reply.status != 200 {
		t.Errorf("a start while the relay comes up: %+v", reply)
	}
}

func TestRelayLostAndBack(t *testing.T) {
	t.Parallel()
	r := newFakeRelay()
	f := newFixture(t, r)
	a, b := f.started("studio-a"), f.started("studio-b")
	r.set(func(r *fakeRelay) { r.gone = true })
	// What is acknowledged while the relay is away holds when it is back.
	eventually(t, "stop is acknowledged", patience, func() bool {
		_, err := f.client.StopFlow(t.Context(), b.ID)
		return err == nil
	})
	r.set(func(r *fakeRelay) { r.gone, r.flows = false, map[string]relay.FlowSpec{} })
	began := time.Now()
	eventually(t, "the ACTIVE flow runs again", 3*time.Second, func() bool { _, runs := r.spec(a.ID); return runs })
	t.Logf("back after %v", time.Since(began))
	if ids := r.running(); len(ids) != 1 {
		t.Errorf("running: %v", ids)
	}
}

func TestRelayRunsWhatNobodyWants(t *testing.T) {
	r := newFakeRelay()
	f := newFixture(t, r)
	flow := f.started("studio-a")
	r.set(func(r *fakeRelay) {
		r.flows["stray"] = relay.FlowSpec{ID: "stray"}
		delete(r.flows, flow.ID)
	})
	eventually(t, "the stray flow is gone, and the lost one back", patience, func() bool {
		ids := r.running()
		return len(ids) == 1 && ids[0] == flow.ID
	})
}

// TestStoreIsReadAnew changes the store behind the gateway's back: reading it
// anew mends what the relay runs.
func TestStoreIsReadAnew(t *testing.T) {
	r := newFakeRelay()
	f := newFixture(t, r)
	stopped, started, same := f.started("studio-a"), f.create("studio-b"), f.started("studio-c")
	for id, active := range map[string]bool{stopped.ID: false, started.ID: true} {
		if _, err := f.store.SetFlowActive(t.Context(), f.project, id, active, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if !f.gateway.ReadStore(t.Context()) {
		t.Fatal("the store could not be read")
	}
	eventually(t, "the relay runs what the store says", patience, func() bool {
		ids := r.running()
		return len(ids) == 2 && slices.Contains(ids, started.ID) && slices.Contains(ids, same.ID)
	})
}

// TestGatewayIsReplaced runs a second gateway on the first one's store, as
// after kill -9: the relay keeps what it has.
func TestGatewayIsReplaced(t *testing.T) {
	r := newFakeRelay()
	f := newFixture(t, r)
	flow := f.started("studio-a")
	before, _ := r.spec(flow.ID)
	stopped := f.create("studio-b")
	r.set(func(r *fakeRelay) { r.flows[stopped.ID] = relay.FlowSpec{ID: stopped.ID} }) // stopped, then killed before the relay knew

	next := prepare(t, f.dir)
	next.first = f.first
	next.serve(r)
	eventually(t, "the stopped flow is taken from the relay", patience, func() bool { return len(r.running()) == 1 })
	if after, runs := r.spec(flow.ID); !runs || fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("flow was %+v, is %+v", before, after)
	}
	eventually(t, "the new gateway knows the flow's health", patience, func() bool {
		r.set(func(r *fakeRelay) { r.states[flow.ID+"/camera"] = relay.Connected })
		shown, err := next.client.ShowFlow(t.Context(), flow.ID)
		return err == nil && shown.Sources[0].Health == medialive.Connected
	})
	if len(r.removes) != 1 || r.removes[0] != stopped.ID {
		t.Errorf("removed %v", r.removes)
	}
}

func TestChangeThatTheRelayRefuses(t *testing.T) {
	r := newFakeRelay()
	f := newFixture(t, r)
	flow := f.started("studio-a")
	out, err := f.client.CreateOutputs(t.Context(), flow.ID, []medialive.Output{{Name: "monitor", Protocol: medialive.Listener}})
	f.must(err)
	before, _ := r.spec(flow.ID)
	refused := &relay.PortError{Leg: "x", Port: 7}
	for what, call := range map[string][3]string{
		"source":       {"PUT", "/v1/flows/sources?source_name=camera&flow_id=", fmt.Sprintf(`{"source":{"name":"camera","protocol":"srt-listener","source_listener_port":%d}}`, f.first+9)},
		"new output":   {"POST", "/v1/flows/outputs?flow_id=", `[{"name":"second","protocol":"srt-listener"}]`},
		"output":       {"PUT", "/v1/flows/outputs?output_name=monitor&flow_id=", fmt.Sprintf(`{"port":%d}`, f.first+10)},
		"output's end": {"DELETE", "/v1/flows/outputs?output_name=monitor&flow_id=", ""},
	} {
		r.set(func(r *fakeRelay) { r.refuse = refused })
		if reply := f.ask(call[0], call[1]+flow.ID, call[2]); reply.status != 400 || !strings.Contains(reply.msg, "port 7 of x") {
			t.Errorf("%s: %+v", what, reply)
		}
		if after, _ := r.spec(flow.ID); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("%s: relay runs %+v, ran %+v", what, after, before)
		}
		shown, err := f.client.ShowFlow(t.Context(), flow.ID)
		f.must(err)
		if shown.Sources[0].Port != flow.Sources[0].Port || len(shown.Outputs) != 1 {
			t.Errorf("%s: stored %+v", what, shown)
		}
	}
	if shown, err := f.client.ShowOutput(t.Context(), flow.ID, "monitor"); err != nil || shown.Port != out[0].Port {
		t.Errorf("output %+v, %v", shown, err)
	}
}

func TestStatisticsAreNeverOld(t *testing.T) {
	t.Parallel()
	r := newFakeRelay()
	f := newFixture(t, r)
	flow := f.started("studio-a")
	off := medialive.Disabled
	_, err := f.client.CreateOutputs(t.Context(), flow.ID, []medialive.Output{
		{Name: "monitor", Protocol: medialive.Listener}, {Name: "spare", Protocol: medialive.Listener, Status: off},
	})
	f.must(err)
	f.create("studio-b")
	r.set(func(r *fakeRelay) {
		r.states[flow.ID+"/camera"], r.states[flow.ID+"/monitor"] = relay.Connected, relay.Connected
	})
	health := func() (source, output medialive.Health) {
		shown, err := f.client.ShowFlow(t.Context(), flow.ID)
		f.must(err)
		out, err := f.client.ShowOutput(t.Context(), flow.ID, "monitor")
		f.must(err)
		return shown.Sources[0].Health, out.Health
	}
	eventually(t, "CONNECTED", patience, func() bool {
		source, output := health()
		return source == medialive.Connected && output == medialive.Connected
	})
	all, err := f.client.Statistics(t.Context(), "")
	f.must(err)
	if len(all) != 1 || all[0].Source.State != medialive.LegConnected || all[0].Source.Bitrate != 4_000_000 || all[0].ActiveSince.IsZero() ||
		all[0].Outputs[0].Name != "monitor" || all[0].Outputs[0].State != medialive.LegConnected || all[0].Outputs[1].State != medialive.LegOff {
		t.Errorf("statistics %+v", all)
	}
	if callers, err := f.client.RefusedCallers(t.Context(), flow.ID); err != nil || len(callers) != 1 || callers[0].Reason != medialive.RefusedAddress || callers[0].Count != 2 {
		t.Errorf("refused callers %+v, %v", callers, err)
	}

	r.set(func(r *fakeRelay) { r.gone = true })
	began := time.Now()
	eventually(t, "DISCONNECTED", patience, func() bool {
		source, output := health()
		return source == medialive.Disconnected && output == medialive.Disconnected
	})
	if took := time.Since(began); took > 3500*time.Millisecond {
		t.Errorf("told as CONNECTED for %v after the relay fell silent", took)
	}
	one, err := f.client.Statistics(t.Context(), flow.ID)
	f.must(err)
	if leg := one[0].Source; leg.State != medialive.LegUnknown || leg.Bitrate != 0 || leg.Problem == "" {
		t.Errorf("old statistics told as live: %+v", leg)
	}
}

// TestKeyFileLost starts a gateway with another key: the flows are still
// listed, and what cannot run says why.
func TestKeyFileLost(t *testing.T) {
	t.Parallel()
	r := newFakeRelay()
	f := newFixture(t, r)
	flow, err := f.client.CreateFlow(t.Context(), medialive.NewFlow{Name: "studio-a", Region: region, Source: medialive.Source{
		Name: "camera", Protocol: medialive.Listener, Decryption: &medialive.Crypto{KeyType: medialive.SRTPassword, Passphrase: passphrase},
	}})
	f.must(err)
	_, err = f.client.StartFlow(t.Context(), flow.ID)
	f.must(err)

	other := prepare(t, f.dir)
	other.first = f.first
	other.dir = t.TempDir() // and so another key file
	second := newFakeRelay()
	other.serve(second)
	eventually(t, "the flow says why it does not run", patience, func() bool {
		stats, err := other.client.Statistics(t.Context(), flow.ID)
		return err == nil && strings.Contains(stats[0].Source.Problem, "key file")
	})
	if _, err := other.client.StopFlow(t.Context(), flow.ID); err != nil {
		t.Errorf("stop: %v", err)
	}
	if reply := other.ask("PUT", "/v1/flows/start?flow_id="+flow.ID, ""); reply.status != 400 || !strings.Contains(reply.msg, "key file") {
		t.Errorf("start with an unreadable passphrase: %+v", reply)
	}
	// Set anew, the passphrase is sealed with the present key.
	_, err = other.client.UpdateSource(t.Context(), flow.ID, "camera", medialive.Source{
		Name: "camera", Protocol: medialive.Listener, Decryption: &medialive.Crypto{KeyType: medialive.SRTPassword, Passphrase: passphrase},
	})
	f.must(err)
	_, err = other.client.StartFlow(t.Context(), flow.ID)
	f.must(err)
	if spec, runs := second.spec(flow.ID); !runs || spec.Source.Passphrase != passphrase {
		t.Errorf("relay got %+v", spec)
	}
}
