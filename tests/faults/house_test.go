package faults

import (
	"fmt"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/monitor"
)

const (
	password = "a password for tests"
	patience = 30 * time.Second // of what is promised within seconds, for a busy machine
	again    = 20 * time.Millisecond
)

// users are those who can sign in.
var users = []string{"op-1", "op-2", "op-3", "op-4", "op-5"}

// house is a running Flowdeck before a fake cloud.
type house struct {
	t     *testing.T
	app   *apptest.App
	cloud *medialivetest.Cloud
	url   atomic.Value // of the dashboard, which changes when it is started again
}

// open starts Flowdeck until the test ends. prepare fills the cloud first.
func open(t *testing.T, settings map[string]string, prepare func(*medialivetest.Cloud)) *house {
	t.Helper()
	h := &house{t: t, cloud: medialivetest.New()}
	for i, name := range users {
		h.cloud.AddUser(name, medialivetest.User{ID: fmt.Sprintf("u%d", i), Password: password})
	}
	if prepare != nil {
		prepare(h.cloud)
	}
	all := map[string]string{"FLOWDECK_BACKEND": h.cloud.Serve(t), "FLOWDECK_LOG_LEVEL": "info"}
	maps.Copy(all, settings)
	h.app = apptest.Start(t, all)
	h.url.Store(h.app.URL)
	return h
}

// base is the address of the dashboard now.
func (h *house) base() string { return h.url.Load().(string) }

// flow makes a flow in the cloud; a started one has media.
func (h *house) flow(name string, status medialive.FlowStatus, outputs ...string) (id string) {
	return addFlow(h.cloud, name, status, outputs...)
}

func addFlow(c *medialivetest.Cloud, name string, status medialive.FlowStatus, outputs ...string) (id string) {
	health := medialive.Disconnected
	if status == medialive.Active {
		health = medialive.Connected
	}
	f := medialivetest.Flow{}
	f.Name, f.Region, f.Status = name, "local", status
	f.Sources = []medialive.Source{{
		Name: "camera", Protocol: medialive.Listener, Address: "203.0.113.10", Port: 20000, MinLatency: 120, Health: health,
	}}
	for _, o := range outputs {
		f.Outputs = append(f.Outputs, medialive.Output{
			Name: o, Protocol: medialive.Caller, Destination: "203.0.113.61", Port: 5000, MinLatency: 120,
			Status: medialive.Enabled, Health: health, Type: medialive.StandardOutput,
		})
	}
	return c.Add(f)
}

const ingest = "push.example.com" // the domain of the channels

func ingestKey(id string) medialive.ChannelKey {
	return medialive.ChannelKey{Domain: ingest, AppName: "live", ID: id}
}

// channel makes a channel in the cloud, whose id is its name.
func (h *house) channel(name string, state medialive.ChannelState) (id string) {
	return addChannel(h.cloud, name, state)
}

func addChannel(c *medialivetest.Cloud, name string, state medialive.ChannelState) (id string) {
	key := ingestKey(name)
	return monitor.ChannelID(c.AddChannel(medialive.Channel{
		ChannelKey: key, Name: name, State: state, Record: medialive.RecordSettings{RollingBuffer: 3600},
		Input: medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{{Bitrate: 1024}}},
		Outputs: []medialive.Endpoint{{HLS: []medialive.HLSPackage{{Package: medialive.Package{
			URL: "pull.example.com/live/" + key.ID + "/index.m3u8", SegmentDuration: 4,
		}}}}},
	}))
}

func isChannel(id string) bool { return strings.HasPrefix(id, monitor.ChannelIDs) }

// channelIDs gives all channels, as IDs of a cloud gives flows.
func channelIDs(c *medialivetest.Cloud) (ids []string) {
	for _, key := range c.ChannelKeys() {
		ids = append(ids, monitor.ChannelID(key))
	}
	return ids
}

// pathOf is the path of the page of a flow or a channel.
func pathOf(id string) string {
	if isChannel(id) {
		return "/" + id
	}
	return "/flows/" + id
}

// idOf is the flow or the channel that a page is of.
func idOf(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, "/flows/"), "/") }

// writes counts the requests that would change something.
func (h *house) writes() (n int) {
	for _, r := range h.cloud.Requests() {
		if isWrite(r.Op) {
			n++
		}
	}
	return n
}

// asked counts the requests of an operation for a flow or a channel; an empty id
// is any.
func (h *house) asked(op, id string) (n int) {
	key, channel := monitor.ChannelKeyOf(id)
	for _, c := range h.cloud.Calls(op) {
		if id == "" || c.FlowID == id || channel && c.Channel == key {
			n++
		}
	}
	return n
}

func isWrite(op string) bool {
	switch op {
	case "CreateFlows", "DeleteFlow", "ModifyFlowStart", "ModifyFlowStop", "ModifyFlowSources",
		"CreateFlowOutput", "ModifyFlowOutput", "DeleteFlowOutput":
		return true
	}
	return strings.Contains(op, "OttChannelInfo") && op != "ListOttChannelInfo"
}

// evidence logs a figure for docs/evidence.md.
func evidence(t *testing.T, number, what string, figure any, goal string) {
	t.Helper()
	if d, ok := figure.(time.Duration); ok {
		figure = d.Round(time.Millisecond)
	}
	t.Logf("evidence: %s | %s | %v | %s", number, what, figure, goal)
}

// await waits for what should be so within a time, and tells how long it took.
func await(t *testing.T, limit time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(again)
	defer tick.Stop()
	for !holds() {
		if time.Since(began) > limit {
			t.Fatalf("waited %v in vain for %s", limit, what)
		}
		<-tick.C
	}
	return time.Since(began)
}

// lasts waits for a fault to have lasted, and checks all the while.
func lasts(t *testing.T, d time.Duration, check func()) {
	t.Helper()
	end := time.NewTimer(d)
	defer end.Stop()
	tick := time.NewTicker(5 * again)
	defer tick.Stop()
	for {
		select {
		case <-end.C:
			return
		case <-tick.C:
			if check != nil {
				check()
			}
		}
	}
}

// within fails the test where a time that is promised was missed by far: the
// machine may be busy.
func within(t *testing.T, what string, took, promise time.Duration) {
	t.Helper()
	if took > 4*promise {
		t.Errorf("%s took %v; promised are %v", what, took.Round(time.Millisecond), promise)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
