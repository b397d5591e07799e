package gateway_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay"
)

func TestLifeOfAFlow(t *testing.T) {
	r := newFakeRelay()
	f := newFixture(t, r)
	ctx := t.Context()

	flow, err := f.client.CreateFlow(ctx, medialive.NewFlow{Name: "studio-a", Region: region, Source: medialive.Source{
		Name: "camera", Protocol: medialive.Listener, Description: "hall 1", CIDRWhitelist: []string{"192.0.2.0/24"},
		Decryption: &medialive.Crypto{KeyType: medialive.SRTPassword, Passphrase: passphrase},
	}})
	f.must(err)
	source, _ := flow.Source()
	if flow.Status != medialive.Standby || source.Address != "127.0.0.1" || source.Port != f.first || source.MinLatency != 2000 ||
		source.Decryption.Algorithm != medialive.AES256 || source.Decryption.Passphrase != medialive.Mask {
		t.Fatalf("created %+v with source %+v", flow, source)
	}
	if _, err := f.client.CreateFlow(ctx, medialive.NewFlow{Name: "studio-a", Region: region, Source: medialive.Source{Name: "x", Protocol: medialive.Listener}}); medialive.KindOf(err) != medialive.KindExists {
		t.Fatalf("same name again: %v", err)
	}

	outputs, err := f.client.CreateOutputs(ctx, flow.ID, []medialive.Output{
		{Name: "partner", Protocol: medialive.Caller, Destination: "198.51.100.30", Port: 6000},
		{Name: "monitor", Protocol: medialive.Listener, Encryption: &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: passphrase}},
	})
	f.must(err)
	if len(outputs) != 2 || outputs[1].Port != f.first+1 || outputs[1].ListenerAddress != "127.0.0.1" || outputs[0].Type != medialive.StandardOutput {
		t.Fatalf("outputs %+v", outputs)
	}

	_, err = f.client.StartFlow(ctx, flow.ID)
	f.must(err)
	spec, runs := r.spec(flow.ID)
	if !runs || spec.Source.Passphrase != passphrase || spec.Source.KeyLength != 32 || len(spec.Source.Allow) != 1 ||
		spec.Source.Mode != relay.Listen || spec.Outputs[0].Mode != relay.Call || spec.Outputs[0].Host != "198.51.100.30" || spec.Outputs[1].KeyLength != 16 {
		t.Fatalf("relay got %+v", spec)
	}
	if _, err := f.client.StartFlow(ctx, flow.ID); medialive.KindOf(err) != medialive.KindState {
		t.Fatalf("start again: %v", err)
	}
	if err := f.client.DeleteFlow(ctx, flow.ID); medialive.KindOf(err) != medialive.KindState {
		t.Fatalf("delete while active: %v", err)
	}

	page, err := f.client.ListFlows(ctx, 10, 0)
	f.must(err)
	if page.Total != 1 || page.Flows[0].Status != medialive.Active || page.Flows[0].Description != "hall 1" || page.Flows[0].Protocol != medialive.Listener {
		t.Fatalf("page %+v", page)
	}

	_, err = f.client.StopFlow(ctx, flow.ID)
	f.must(err)
	if _, runs := r.spec(flow.ID); runs {
		t.Fatal("runs after it was stopped")
	}
	if _, err := f.client.StopFlow(ctx, flow.ID); medialive.KindOf(err) != medialive.KindState {
		t.Fatalf("stop again: %v", err)
	}
	f.must(f.client.DeleteOutput(ctx, flow.ID, "partner"))
	f.must(f.client.DeleteFlow(ctx, flow.ID))
	if _, err := f.client.ShowFlow(ctx, flow.ID); medialive.KindOf(err) != medialive.KindNotFound {
		t.Fatalf("show after deletion: %v", err)
	}
	if text := f.log.String(); strings.Contains(text, passphrase) || strings.Contains(text, f.token.Reveal()) {
		t.Fatal("a secret is in the log")
	}
}

func TestChangesWhileActive(t *testing.T) {
	r := newFakeRelay()
	f := newFixture(t, r)
	ctx := t.Context()
	flow := f.started("studio-a")

	crypto := &medialive.Crypto{Algorithm: medialive.AES192, KeyType: medialive.SRTPassword, Passphrase: passphrase}
	source, err := f.client.UpdateSource(ctx, flow.ID, "camera", medialive.Source{Name: "camera-2", Protocol: medialive.Listener, MinLatency: 300, Decryption: crypto})
	f.must(err)
	if source.Port != f.first || source.Name != "camera-2" {
		t.Fatalf("an allotted port is kept, and the name may change: %+v", source)
	}
	spec, _ := r.spec(flow.ID)
	if spec.Source.Latency != 300 || spec.Source.KeyLength != 24 || spec.Source.Passphrase != passphrase {
		t.Fatalf("relay got %+v", spec.Source)
	}

	kept := &medialive.Crypto{Algorithm: medialive.AES256, KeyType: medialive.SRTPassword, Passphrase: medialive.Mask}
	_, err = f.client.UpdateSource(ctx, flow.ID, "camera-2", medialive.Source{Name: "camera-2", Protocol: medialive.Listener, Decryption: kept})
	f.must(err)
	if spec, _ = r.spec(flow.ID); spec.Source.Passphrase != passphrase || spec.Source.KeyLength != 32 || spec.Source.Latency != 2000 {
		t.Fatalf("the mask keeps the passphrase, an absent latency is the default: %+v", spec.Source)
	}

	_, err = f.client.UpdateSource(ctx, flow.ID, "camera-2", medialive.Source{Name: "camera", Protocol: medialive.Caller, Address: "srt://192.0.2.7", Port: 7000, StreamID: "feed"})
	f.must(err)
	if spec, _ = r.spec(flow.ID); spec.Source.Mode != relay.Call || spec.Source.Host != "192.0.2.7" || spec.Source.Passphrase != "" || spec.Source.KeyLength != 0 {
		t.Fatalf("a whole source is replaced: %+v", spec.Source)
	}
	if reply := f.ask("PUT", "/v1/flows/sources?flow_id="+flow.ID+"&source_name=camera",
		`{"source":{"name":"camera","protocol":"srt-listener","decryption":{"key_type":"srt-password","passphrase":"******"}}}`); reply.status != 400 || !strings.Contains(reply.msg, "source.decryption.passphrase") {
		t.Fatalf("mask without a stored passphrase: %+v", reply)
	}

	_, err = f.client.CreateOutputs(ctx, flow.ID, []medialive.Output{{Name: "partner", Protocol: medialive.Caller, Destination: "partner.example.com", Port: 6000, Encryption: crypto}})
	f.must(err)
	if spec, _ = r.spec(flow.ID); len(spec.Outputs) != 1 || spec.Outputs[0].Host != "partner.example.com" {
		t.Fatalf("relay got %+v", spec.Outputs)
	}
	off, on, latency, empty := medialive.Disabled, medialive.Enabled, 500, []string{}
	_, err = f.client.UpdateOutput(ctx, flow.ID, "partner", medialive.OutputChange{Status: &off})
	f.must(err)
	if spec, _ = r.spec(flow.ID); len(spec.Outputs) != 0 {
		t.Fatalf("a disabled output runs: %+v", spec.Outputs)
	}
	changed, err := f.client.UpdateOutput(ctx, flow.ID, "partner", medialive.OutputChange{Status: &on, MinLatency: &latency, CIDRWhitelist: &empty, Encryption: kept})
	f.must(err)
	spec, _ = r.spec(flow.ID)
	if changed.Destination != "partner.example.com" || changed.MinLatency != 500 || spec.Outputs[0].Passphrase != passphrase || spec.Outputs[0].KeyLength != 32 {
		t.Fatalf("absent fields keep their value: %+v, relay got %+v", changed, spec.Outputs)
	}
	cleared, err := f.client.UpdateOutput(ctx, flow.ID, "partner", medialive.OutputChange{Encryption: &medialive.Crypto{KeyType: medialive.SRTPassword}})
	f.must(err)
	if spec, _ = r.spec(flow.ID); cleared.Encryption != nil || spec.Outputs[0].KeyLength != 0 || spec.Outputs[0].Passphrase != "" {
		t.Fatalf("an empty passphrase clears: %+v, relay got %+v", cleared, spec.Outputs)
	}
	f.must(f.client.DeleteOutput(ctx, flow.ID, "partner"))
	if spec, _ = r.spec(flow.ID); len(spec.Outputs) != 0 {
		t.Fatalf("a deleted output runs: %+v", spec.Outputs)
	}
}

func TestDataDisplay(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	flow := f.create("studio-a")
	_, err := f.client.CreateOutputs(t.Context(), flow.ID, []medialive.Output{{
		Name: "monitor", Protocol: medialive.Listener,
		Encryption: &medialive.Crypto{KeyType: medialive.SRTPassword, Passphrase: passphrase},
	}})
	f.must(err)
	f.must(f.iam.AddUser(t.Context(), "viewer", password))
	f.must(f.iam.SetPolicy(t.Context(), "viewer", []string{"live:ott:list*", "live:ott:show*"}))
	viewer := f.signIn("viewer", password).Reveal()
	path := "/v1/flows/outputs?output_name=monitor&flow_id=" + flow.ID

	if reply := f.ask("GET", path, ""); strings.Contains(reply.body, passphrase) || !strings.Contains(reply.body, medialive.Mask) {
		t.Errorf("not masked: %s", reply.body)
	}
	if reply := f.ask("GET", path+"&data_display=true", ""); !strings.Contains(reply.body, passphrase) {
		t.Errorf("not shown: %s", reply.body)
	}
	if reply := f.askAs(viewer, "GET", path, ""); reply.status != 200 {
		t.Errorf("viewer may not look: %+v", reply)
	}
	if reply := f.askAs(viewer, "GET", path+"&data_display=true", ""); reply.status != 401 || reply.code != "LIVE.100011003" || strings.Contains(reply.body, passphrase) {
		t.Errorf("viewer sees the passphrase: %+v", reply)
	}
	if reply := f.ask("GET", path+"&data_display=yes", ""); reply.status != 400 || !strings.Contains(reply.msg, "data_display") {
		t.Errorf("another value: %+v", reply)
	}
}

func TestParallelStartsAndStops(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	flow := f.create("studio-a")
	for _, verb := range []string{"start", "stop"} {
		var mu sync.Mutex
		statuses := map[int]int{}
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				reply := f.ask("PUT", "/v1/flows/"+verb+"?flow_id="+flow.ID, "")
				mu.Lock()
				defer mu.Unlock()
				statuses[reply.status]++
			})
		}
		all.Wait()
		if statuses[200] != 1 || statuses[400] != 19 {
			t.Errorf("%s: %v", verb, statuses)
		}
	}
}

func TestParallelCreationsShareNoPort(t *testing.T) {
	f := newFixture(t, newFakeRelay())
	var mu sync.Mutex
	seen := map[int]bool{}
	var all sync.WaitGroup
	for i := range 10 {
		all.Go(func() {
			flow, err := f.client.CreateFlow(t.Context(), medialive.NewFlow{
				Name: "studio-" + string(rune('a'+i)), Region: region, Source: medialive.Source{Name: "camera", Protocol: medialive.Listener},
			})
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if port := flow.Sources[0].Port; seen[port] {
				t.Errorf("port %d given twice", port)
			} else {
				seen[port] = true
			}
		})
	}
	all.Wait()
}
