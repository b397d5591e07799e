package medialive_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/conform"
)

const (
	flowID  = "fcbc63d1-06d8-47ba-8fd9-cd0096b72f6d"
	project = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	token   = medialive.Secret("a-token-that-is-secret")
	phrase  = medialive.Secret("correct-horse-battery")
)

// client connects a client to a handler.
func client(t *testing.T, auth medialive.Authenticator, h http.Handler) *medialive.Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := medialive.New(medialive.Config{Endpoint: server.URL, ProjectID: project, Auth: auth})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// operations calls each of the eleven operations, the changing ones with all
// their fields and with as few as they take.
func operations() map[string]func(context.Context, *medialive.Client) error {
	crypto := &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: phrase}
	full := medialive.Source{
		Name: "cam1", Protocol: medialive.Caller, Address: "203.0.113.10", Port: 5000, StreamID: "studio <a>",
		MinLatency: 120, CIDRWhitelist: []string{"192.0.2.0/24"}, Description: "camera 1", Decryption: crypto,
		Health: medialive.Connected,
	}
	spare := medialive.Source{Name: "cam1", Protocol: medialive.Listener}
	output := medialive.Output{
		Name: "to_partner", Protocol: medialive.Caller, Destination: "198.51.100.30", Port: 2000, StreamID: "x",
		MinLatency: 1000, CIDRWhitelist: []string{"0.0.0.0/0"}, Description: "to the partner", Encryption: crypto,
		Status: medialive.Disabled, Health: medialive.Connected, ListenerAddress: "a", Type: "b",
	}
	empty, disabled, none := "", medialive.Disabled, []string(nil)
	removed := &medialive.Crypto{KeyType: medialive.SRTPassword}
	kept := &medialive.Crypto{KeyType: medialive.SRTPassword, Passphrase: medialive.Mask}
	update := func(ch medialive.OutputChange) func(context.Context, *medialive.Client) error {
		return func(ctx context.Context, c *medialive.Client) error {
			_, err := c.UpdateOutput(ctx, flowID, "to_partner", ch)
			return err
		}
	}
	source := func(s medialive.Source) func(context.Context, *medialive.Client) error {
		return func(ctx context.Context, c *medialive.Client) error {
			_, err := c.UpdateSource(ctx, flowID, "cam1", s)
			return err
		}
	}
	create := func(s medialive.Source) func(context.Context, *medialive.Client) error {
		return func(ctx context.Context, c *medialive.Client) error {
			_, err := c.CreateFlow(ctx, medialive.NewFlow{Name: "studio-a", Region: "local", Source: s})
			return err
		}
	}
	outputs := func(o ...medialive.Output) func(context.Context, *medialive.Client) error {
		return func(ctx context.Context, c *medialive.Client) error {
			_, err := c.CreateOutputs(ctx, flowID, o)
			return err
		}
	}
	return map[string]func(context.Context, *medialive.Client) error{
		"ListFlows":              func(ctx context.Context, c *medialive.Client) error { _, err := c.ListFlows(ctx, 100, 0); return err },
		"ShowFlow":               func(ctx context.Context, c *medialive.Client) error { _, err := c.ShowFlow(ctx, flowID); return err },
		"DeleteFlow":             func(ctx context.Context, c *medialive.Client) error { return c.DeleteFlow(ctx, flowID) },
		"StartFlow":              func(ctx context.Context, c *medialive.Client) error { _, err := c.StartFlow(ctx, flowID); return err },
		"StopFlow":               func(ctx context.Context, c *medialive.Client) error { _, err := c.StopFlow(ctx, flowID); return err },
		"CreateFlow full":        create(full),
		"CreateFlow spare":       create(spare),
		"UpdateSource full":      source(full),
		"UpdateSource spare":     source(spare),
		"UpdateSource keep":      source(medialive.Source{Name: "cam1", Protocol: medialive.Listener, Decryption: kept}),
		"CreateOutputs full":     outputs(output, output),
		"CreateOutputs spare":    outputs(medialive.Output{Name: "b", Protocol: medialive.Listener}),
		"UpdateOutput disable":   update(medialive.OutputChange{Status: &disabled}),
		"UpdateOutput nothing":   update(medialive.OutputChange{}),
		"UpdateOutput clear":     update(medialive.OutputChange{StreamID: &empty, Description: &empty, CIDRWhitelist: &none, Encryption: removed}),
		"UpdateOutput keep":      update(medialive.OutputChange{Encryption: kept}),
		"UpdateOutput encrypted": update(medialive.OutputChange{Encryption: crypto}),
		"ShowOutput": func(ctx context.Context, c *medialive.Client) error {
			_, err := c.ShowOutput(ctx, flowID, "to_partner")
			return err
		},
		"DeleteOutput": func(ctx context.Context, c *medialive.Client) error { return c.DeleteOutput(ctx, flowID, "to_partner") },
	}
}

// channelOperations calls each of the twelve operations on channels and
// dimensions, the changing ones with all their fields and with as few as they
// take.
func channelOperations() map[string]func(context.Context, *medialive.Client) error {
	full := medialive.FullChannel()
	key := full.ChannelKey
	spare := medialive.Channel{ChannelKey: key, State: medialive.ChannelOff, Input: medialive.ChannelInput{Protocol: medialive.RTMPPush}}
	create := func(ch medialive.Channel) func(context.Context, *medialive.Client) error {
		return func(ctx context.Context, c *medialive.Client) error {
			_, err := c.CreateChannel(ctx, ch)
			return err
		}
	}
	list := func(filter medialive.ChannelKey) func(context.Context, *medialive.Client) error {
		return func(ctx context.Context, c *medialive.Client) error {
			_, err := c.ListChannels(ctx, filter, 100, 0)
			return err
		}
	}
	endpoints := func(outputs []medialive.Endpoint) func(context.Context, *medialive.Client) error {
		return func(ctx context.Context, c *medialive.Client) error {
			_, err := c.ModifyChannelEndpoints(ctx, medialive.EndpointsChange{ChannelKey: key, Outputs: outputs})
			return err
		}
	}
	input := func(in medialive.ChannelInput, expand *medialive.EncoderExpand) func(context.Context, *medialive.Client) error {
		return func(ctx context.Context, c *medialive.Client) error {
			_, err := c.ModifyChannelInput(ctx, medialive.InputChange{ChannelKey: key, Input: &in, Expand: expand})
			return err
		}
	}
	statistic := func(role medialive.RegionRole) func(context.Context, *medialive.Client) error {
		return func(ctx context.Context, c *medialive.Client) error {
			q := medialive.QuerySCTE35(key, medialive.AllSignals, time.Unix(1741650609, 0), time.Unix(1741658609, 0))
			q.Role = role
			_, err := c.ShowChannelStatistic(ctx, q, 100, 0)
			return err
		}
	}
	instances := func(path ...medialive.DimensionStep) func(context.Context, *medialive.Client) error {
		return func(ctx context.Context, c *medialive.Client) error {
			_, err := c.ListInstances(ctx, 0, 100, path...)
			return err
		}
	}
	return map[string]func(context.Context, *medialive.Client) error{
		"CreateChannel full":       create(full),
		"CreateChannel spare":      create(spare),
		"ListChannels all":         list(medialive.ChannelKey{}),
		"ListChannels id":          list(medialive.ChannelKey{ID: "ch1"}),
		"ListChannels key":         list(key),
		"ShowChannel":              func(ctx context.Context, c *medialive.Client) error { _, err := c.ShowChannel(ctx, key); return err },
		"DeleteChannel":            func(ctx context.Context, c *medialive.Client) error { return c.DeleteChannel(ctx, key) },
		"ModifyChannelEndpoints":   endpoints(full.Outputs),
		"ModifyChannelEndpoints 0": endpoints(nil),
		"ModifyChannelInput":       input(full.Input, full.Expand),
		"ModifyChannelInput spare": input(spare.Input, nil),
		"ModifyChannelRecordSettings": func(ctx context.Context, c *medialive.Client) error {
			return c.ModifyChannelRecordSettings(ctx, medialive.RecordChange{ChannelKey: key, Record: &full.Record})
		},
		"ModifyChannelGeneral": func(ctx context.Context, c *medialive.Client) error {
			_, err := c.ModifyChannelGeneral(ctx, medialive.GeneralChange{ChannelKey: key, Name: "one"})
			return err
		},
		"SwitchChannel": func(ctx context.Context, c *medialive.Client) error {
			_, err := c.SwitchChannel(ctx, key, medialive.ChannelOn)
			return err
		},
		"ModifyChannelEncoderSettings": func(ctx context.Context, c *medialive.Client) error {
			_, err := c.ModifyChannelEncoderSettings(ctx, medialive.EncoderChange{ChannelKey: key, Encoders: full.Encoders})
			return err
		},
		"ShowChannelStatistic":        statistic(""),
		"ShowChannelStatistic both":   statistic(medialive.AllRegions),
		"ListDimensions":              func(ctx context.Context, c *medialive.Client) error { _, err := c.ListDimensions(ctx); return err },
		"ListInstances":               instances(medialive.DimensionStep{Dimension: medialive.DimChannel}),
		"ListInstances of a pipeline": instances(medialive.DimensionStep{Dimension: medialive.DimChannel, ID: "ch1"}, medialive.DimensionStep{Dimension: medialive.DimPipeline}),
	}
}

// TestConformity lets every operation meet the specification, with both kinds
// of authentication. A start answers ACTIVE and a stop STANDBY in the examples,
// so what is sent and what is understood are both checked.
func TestConformity(t *testing.T) {
	for kind, auth := range map[string]medialive.Authenticator{
		"token": medialive.Token(token),
		"key":   medialive.AKSK("AK", "a secret key", time.Now),
	} {
		t.Run(kind, func(t *testing.T) {
			c := client(t, auth, signed(t, conform.Server(t, conform.Examples(t))))
			calls := operations()
			maps.Copy(calls, channelOperations())
			for name, call := range calls {
				if err := call(t.Context(), c); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

// signed checks the signature of requests that have one.
func signed(t *testing.T, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		if header := r.Header.Get("Authorization"); header != "" {
			if s, err := medialive.ParseAuthorization(header); err != nil || !s.Verify(r, body, "a secret key") {
				t.Errorf("%s %s: signature %q is refused (%v)", r.Method, r.URL, header, err)
			}
		} else if r.Header.Get("X-Auth-Token") != token.Reveal() {
			t.Errorf("%s %s: without the token", r.Method, r.URL)
		}
		next.ServeHTTP(w, r)
	})
}

func TestAnswersAreUnderstood(t *testing.T) {
	c := client(t, medialive.Token(token), conform.Examples(t))
	page, err := c.ListFlows(t.Context(), 10, 0)
	if err != nil {
		t.Fatal(err)
	}
	if want := (medialive.FlowPage{Total: 8, Flows: []medialive.FlowSummary{{
		Name: "test", Region: "cn-north-5", ID: flowID, Status: medialive.Standby, Description: "test", Protocol: medialive.Caller,
	}}}); !reflect.DeepEqual(page, want) {
		t.Errorf("list: %+v", page)
	}
	source := medialive.Source{
		Name: "cam1", Protocol: medialive.Caller, Address: "203.0.113.10", Port: 5000, MinLatency: 2000,
		CIDRWhitelist: []string{"192.0.2.0/24"}, Description: "camera 1", Health: medialive.Disconnected,
		Decryption: &medialive.Crypto{Algorithm: medialive.AES256, KeyType: medialive.SRTPassword, Passphrase: medialive.Mask},
	}
	flow, err := c.ShowFlow(t.Context(), flowID)
	if err != nil {
		t.Fatal(err)
	}
	if want := (medialive.Flow{
		ID: flowID, Name: "studio-a", Region: "cn-north-4", Status: medialive.Active, Sources: []medialive.Source{source},
		Outputs: []medialive.OutputRef{{Name: "to_partner", Type: medialive.StandardOutput}},
	}); !reflect.DeepEqual(flow, want) {
		t.Errorf("flow: %+v", flow)
	}
	output, err := c.ShowOutput(t.Context(), flowID, "to_partner")
	if err != nil {
		t.Fatal(err)
	}
	if want := (medialive.Output{
		Name: "to_partner", Protocol: medialive.Caller, Destination: "198.51.100.30", Port: 2000, MinLatency: 1000,
		CIDRWhitelist: []string{"0.0.0.0/0"}, Description: "to the partner", Encryption: source.Decryption,
		Status: medialive.Enabled, Health: medialive.Disconnected, Type: medialive.StandardOutput,
	}); !reflect.DeepEqual(output, want) {
		t.Errorf("output: %+v", output)
	}
}

func TestChannelAnswersAreUnderstood(t *testing.T) {
	c := client(t, medialive.Token(token), conform.Examples(t))
	key := medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch1"}
	channel, err := c.ShowChannel(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	loss, window := 100, 3600
	common := func(file string) medialive.Package {
		return medialive.Package{URL: "pull.example.com/live/ch1/" + file, SegmentDuration: 4, PlaylistWindow: &window}
	}
	if want := (medialive.Channel{
		ChannelKey: key, Name: "Channel one", State: medialive.ChannelOff,
		Input: medialive.ChannelInput{
			Protocol: medialive.FLVPull,
			Sources:  []medialive.ChannelSource{{URL: "http://203.0.113.5/live/ch1.flv", Bitrate: 1024, Width: 100, Height: 100}},
			Failover: &medialive.FailoverConditions{LossThreshold: &loss, Preference: medialive.PreferNone},
		},
		Record: medialive.RecordSettings{RollingBuffer: 86400},
		Outputs: []medialive.Endpoint{{
			HLS:  []medialive.HLSPackage{{Package: common("index.m3u8"), Version: "1"}},
			DASH: []medialive.DASHPackage{{Package: common("index.mpd")}},
		}},
	}); !reflect.DeepEqual(channel, want) {
		t.Errorf("channel: %v", channel)
	}
	list, err := c.ShowChannelStatistic(t.Context(), medialive.StatisticQuery{ChannelKey: key}, 100, 0)
	if err != nil {
		t.Fatal(err)
	}
	if list.Total != 2 || list.Signals[0].Kind != medialive.SpliceInsert || list.Signals[0].Duration != 30 || list.Signals[0].EventID != 1207959695 ||
		list.Signals[1].Segmentation != medialive.ProviderAdStart || list.Signals[1].Duration != -1 || list.Signals[1].Role != medialive.MasterRegion {
		t.Errorf("signals: %+v", list)
	}
	dimensions, err := c.ListDimensions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := dimensions[medialive.DimAudio]; len(dimensions) != 8 || d.Params[0] != "id" || d.Display["id"].English != "Audio" {
		t.Errorf("dimensions: %+v", dimensions)
	}
	page, err := c.ListInstances(t.Context(), 0, 100, medialive.DimensionStep{Dimension: medialive.DimFlow})
	if err != nil {
		t.Fatal(err)
	}
	if page.Total != 1 || page.Instances[0].In(medialive.DimFlow) != (medialive.InstanceRef{ID: "ch1", Name: "Channel one"}) {
		t.Errorf("instances: %+v", page)
	}
}

// TestWhatIsSent holds the parts of a body that the specification leaves open.
func TestWhatIsSent(t *testing.T) {
	var sent map[string]any
	c := client(t, medialive.Token(token), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = nil
		body, _ := io.ReadAll(r.Body)
		if len(body) == 0 && r.Header.Get("Content-Type") != "" {
			t.Error("a content type without a body")
		}
		if len(body) > 0 && body[0] == '[' {
			body = append(append([]byte(`{"outputs":`), body...), '}')
		}
		if len(body) > 0 {
			if err := json.Unmarshal(body, &sent); err != nil {
				t.Error(err)
			}
		}
		http.Error(w, "", http.StatusBadRequest)
	}))
	list := []string(nil)
	for _, tt := range []struct {
		name, want string
		call       func(context.Context) error
	}{
		{
			"a source replaced: what is empty clears, what the service allots stays away",
			`{"source":{"name":"cam1","protocol":"srt-listener","stream_id":"","cidr_whitelist":[],"description":""}}`,
			func(ctx context.Context) error {
				_, err := c.UpdateSource(ctx, flowID, "cam1", medialive.Source{Name: "cam1", Protocol: medialive.Listener, Health: medialive.Connected})
				return err
			},
		},
		{
			"the passphrase itself",
			`{"source":{"name":"cam1","protocol":"srt-listener","stream_id":"","cidr_whitelist":[],"description":"",
				"decryption":{"key_type":"srt-password","passphrase":"correct-horse-battery"}}}`,
			func(ctx context.Context) error {
				_, err := c.UpdateSource(ctx, flowID, "cam1", medialive.Source{
					Name: "cam1", Protocol: medialive.Listener, Decryption: &medialive.Crypto{KeyType: medialive.SRTPassword, Passphrase: phrase},
				})
				return err
			},
		},
		{
			"an output without what only answers have",
			`{"outputs":[{"name":"a","protocol":"srt-listener","encryption":{"algorithm":"aes128","key_type":"srt-password","passphrase":"correct-horse-battery"}}]}`,
			func(ctx context.Context) error {
				_, err := c.CreateOutputs(ctx, flowID, []medialive.Output{{
					Name: "a", Protocol: medialive.Listener, ListenerAddress: "192.0.2.1", Health: medialive.Connected, Type: "x",
					Encryption: &medialive.Crypto{Algorithm: medialive.AES128, KeyType: medialive.SRTPassword, Passphrase: phrase},
				}})
				return err
			},
		},
		{
			"an empty whitelist clears", `{"cidr_whitelist":[]}`,
			func(ctx context.Context) error {
				_, err := c.UpdateOutput(ctx, flowID, "a", medialive.OutputChange{CIDRWhitelist: &list})
				return err
			},
		},
		{
			"an empty passphrase clears", `{"encryption":{"key_type":"srt-password","passphrase":""}}`,
			func(ctx context.Context) error {
				_, err := c.UpdateOutput(ctx, flowID, "a", medialive.OutputChange{Encryption: &medialive.Crypto{KeyType: medialive.SRTPassword}})
				return err
			},
		},
		{"start has no body", `null`, func(ctx context.Context) error { _, err := c.StartFlow(ctx, flowID); return err }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.call(t.Context()); err == nil {
				t.Fatal("a refusal went unnoticed")
			}
			var want map[string]any
			if err := json.Unmarshal([]byte(tt.want), &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(sent, want) {
				t.Errorf("sent %v\nwant %v", sent, want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	auth := medialive.Token(token)
	for name, config := range map[string]medialive.Config{
		"no endpoint":     {Endpoint: "", ProjectID: project, Auth: auth},
		"no scheme":       {Endpoint: "live.example", ProjectID: project, Auth: auth},
		"another scheme":  {Endpoint: "ftp://live.example", ProjectID: project, Auth: auth},
		"no host":         {Endpoint: "https://:443", ProjectID: project, Auth: auth},
		"path":            {Endpoint: "https://live.example/v1", ProjectID: project, Auth: auth},
		"user":            {Endpoint: "https://a:b@live.example", ProjectID: project, Auth: auth},
		"query":           {Endpoint: "https://live.example?a=b", ProjectID: project, Auth: auth},
		"not a URL":       {Endpoint: "https://[::1", ProjectID: project, Auth: auth},
		"no project":      {Endpoint: "https://live.example", Auth: auth},
		"project as path": {Endpoint: "https://live.example", ProjectID: "../admin", Auth: auth},
		"no auth":         {Endpoint: "https://live.example", ProjectID: project},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := medialive.New(config); err == nil {
				t.Error("accepted")
			}
		})
	}
	if _, err := medialive.New(medialive.Config{Endpoint: "https://live.example/", ProjectID: project, Auth: auth}); err != nil {
		t.Errorf("a good one is refused: %v", err)
	}
}

func TestObserve(t *testing.T) {
	server := httptest.NewServer(conform.Examples(t))
	defer server.Close()
	type seen struct {
		op     string
		status int
	}
	var all []seen
	transport := medialive.NewTransport()
	c, err := medialive.New(medialive.Config{
		Endpoint: server.URL, ProjectID: project, Auth: medialive.Token(token), Transport: transport,
		Observe: func(op string, status int, d time.Duration) {
			if d <= 0 {
				t.Errorf("%s took %s", op, d)
			}
			all = append(all, seen{op, status})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.StartFlow(t.Context(), flowID); err != nil {
		t.Fatal(err)
	}
	transport.CloseIdleConnections()
	server.Close()
	if _, err := c.StopFlow(t.Context(), flowID); medialive.KindOf(err) != medialive.KindUnavailable {
		t.Fatal(err)
	}
	if want := []seen{{"ModifyFlowStart", 200}, {"ModifyFlowStop", 0}}; !reflect.DeepEqual(all, want) {
		t.Errorf("observed %v, want %v", all, want)
	}
}
