package medialivetest_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/conform"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

var key = medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch1"}

// rtmp is a channel with two outputs.
func rtmp(id string) medialive.Channel {
	output := func(file string) medialive.Package {
		return medialive.Package{URL: "pull.example.com/live/" + id + "/" + file, SegmentDuration: 4, RequestArgs: &medialive.RequestArgs{}}
	}
	return medialive.Channel{
		ChannelKey: medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: id}, Name: "One", State: medialive.ChannelOff,
		Input: medialive.ChannelInput{Protocol: medialive.RTMPPush, Sources: []medialive.ChannelSource{
			{Bitrate: 1024, Passphrase: "hidden-passphrase"},
		}},
		Outputs: []medialive.Endpoint{{
			HLS:  []medialive.HLSPackage{{Package: output("index.m3u8")}},
			DASH: []medialive.DASHPackage{{Package: output("index.mpd")}},
		}},
	}
}

// conforming connects a client to a cloud by way of the specification.
func conforming(t *testing.T, cloud *medialivetest.Cloud) *medialive.Client {
	t.Helper()
	server := httptest.NewServer(conform.Server(t, cloud))
	t.Cleanup(server.Close)
	return connect(t, server.URL, medialive.Token("token"))
}

// TestChannelsConform leads a channel through its life, as the specification has
// it.
func TestChannelsConform(t *testing.T) {
	cloud := medialivetest.New()
	c := conforming(t, cloud)
	addresses, err := c.CreateChannel(t.Context(), rtmp("ch1"))
	check(t, "creation", err, "")
	if want := rtmp("ch1").PushAddresses(); !reflect.DeepEqual(addresses, want) {
		t.Errorf("push to %v, not %v", addresses, want)
	}
	have, err := c.ShowChannel(t.Context(), key)
	check(t, "query", err, "")
	ids := map[string]bool{}
	for _, p := range have.Packages() {
		ids[p.ID] = true
	}
	if ids[""] || len(ids) != 2 {
		t.Errorf("package ids %v", ids)
	}
	if got := medialive.Masked(have); len(got) != 1 {
		t.Errorf("masked are %q", got)
	}

	have.Outputs[0].HLS[0].SegmentDuration = 6
	_, err = c.ModifyChannelEndpoints(t.Context(), medialive.EndpointsChange{ChannelKey: key, Outputs: have.Outputs})
	check(t, "endpoints", err, "")
	have.Input.Sources = append(have.Input.Sources, medialive.ChannelSource{Bitrate: 2048})
	have.Input.Sources[0].Passphrase = ""
	have.Expand = &medialive.EncoderExpand{Video: &medialive.VideoDescription{GOPDuration: 2}}
	addresses, err = c.ModifyChannelInput(t.Context(), medialive.InputChange{ChannelKey: key, Input: &have.Input, Expand: have.Expand})
	check(t, "input", err, "")
	if len(addresses) != 2 {
		t.Errorf("push to %v", addresses)
	}
	have.Record.RollingBuffer, have.Name, have.State, have.Encoders = 3600, "Two", medialive.ChannelOn, []medialive.EncoderSetting{{TemplateID: "ld"}}
	check(t, "recording", c.ModifyChannelRecordSettings(t.Context(), medialive.RecordChange{ChannelKey: key, Record: &have.Record}), "")
	_, err = c.ModifyChannelGeneral(t.Context(), medialive.GeneralChange{ChannelKey: key, Name: have.Name})
	check(t, "name", err, "")
	_, err = c.SwitchChannel(t.Context(), key, medialive.ChannelOn)
	check(t, "state", err, "")
	_, err = c.ModifyChannelEncoderSettings(t.Context(), medialive.EncoderChange{ChannelKey: key, Encoders: have.Encoders})
	check(t, "templates", err, "")

	if got, _ := cloud.Channel(key); !reflect.DeepEqual(got, have) {
		t.Errorf("it is\n%v, not\n%v", got, have)
	}
	if got, err := c.ShowChannel(t.Context(), key); err != nil || !reflect.DeepEqual(got, have) {
		t.Errorf("it is shown as\n%v, not\n%v (%v)", got, have, err)
	}
	check(t, "deletion while ON", c.DeleteChannel(t.Context(), key), medialive.KindState)
	_, err = c.SwitchChannel(t.Context(), key, medialive.ChannelOff)
	check(t, "OFF", err, "")
	check(t, "deletion", c.DeleteChannel(t.Context(), key), "")
	if n := cloud.ChannelEffects("", key); n != 9 {
		t.Errorf("%d effects", n)
	}
	if facts := cloud.ChannelFacts(key); len(facts) != 9 || !facts[8].Gone || facts[0].Cause != "CreateOttChannelInfo" {
		t.Errorf("%d facts", len(facts))
	}
}

// TestChannelQuirks: the ways in which the service refuses.
func TestChannelQuirks(t *testing.T) {
	cloud := medialivetest.New()
	c := conforming(t, cloud)
	cloud.AddChannel(rtmp("ch1"))
	cloud.AddChannel(rtmp("ch2"))
	have, err := c.ShowChannel(t.Context(), key)
	check(t, "query", err, "")
	change := func(edit func(*medialive.Channel)) medialive.EndpointsChange {
		ch, err := have.Copy(key)
		if err != nil {
			t.Fatal(err)
		}
		ch.Outputs = append([]medialive.Endpoint{}, have.Outputs...)
		ch.Outputs[0].HLS = append([]medialive.HLSPackage{}, have.Outputs[0].HLS...)
		edit(&ch)
		return medialive.EndpointsChange{ChannelKey: key, Outputs: ch.Outputs}
	}
	id := func(id, url string) func(*medialive.Channel) {
		return func(ch *medialive.Channel) {
			p := &ch.Outputs[0].HLS[0].Package
			p.ID = id
			if url != "" {
				p.URL = url
			}
		}
	}
	other := have.Outputs[0].HLS[0].ID
	unknown := medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "no"}
	endpoints := func(e medialive.EndpointsChange) error {
		_, err := c.ModifyChannelEndpoints(t.Context(), e)
		return err
	}
	input := func(in medialive.ChannelInput) error {
		_, err := c.ModifyChannelInput(t.Context(), medialive.InputChange{ChannelKey: key, Input: &in})
		return err
	}
	create := func(ch medialive.Channel) error {
		_, err := c.CreateChannel(t.Context(), ch)
		return err
	}
	turn := func(key medialive.ChannelKey, state medialive.ChannelState) error {
		_, err := c.SwitchChannel(t.Context(), key, state)
		return err
	}
	twice := rtmp("ch3")
	twice.Outputs[0].DASH[0].URL = twice.Outputs[0].HLS[0].URL
	for what, c := range map[string]struct {
		err  error
		want medialive.Kind
	}{
		"one address twice":        {create(twice), medialive.KindExists},
		"unchanged":                {endpoints(change(func(*medialive.Channel) {})), ""},
		"without its id":           {endpoints(change(id("", ""))), medialive.KindExists},
		"with an id of nobody":     {endpoints(change(id("ffffffffff", ""))), medialive.KindRefused},
		"address of another":       {endpoints(change(id(other, "pull.example.com/live/ch2/index.mpd"))), medialive.KindExists},
		"another protocol":         {input(medialive.ChannelInput{Protocol: medialive.SRTPush}), medialive.KindRefused},
		"the key again":            {create(rtmp("ch1")), medialive.KindExists},
		"the address again":        {create(medialive.Channel{ChannelKey: unknown, State: medialive.ChannelOff, Input: have.Input, Outputs: have.Outputs}), medialive.KindExists},
		"OFF again":                {turn(key, medialive.ChannelOff), medialive.KindState},
		"turn what is not there":   {turn(unknown, medialive.ChannelOn), medialive.KindNotFound},
		"delete what is not there": {c.DeleteChannel(t.Context(), unknown), medialive.KindNotFound},
	} {
		check(t, what, c.err, c.want)
	}
	if n := len(cloud.ChannelKeys()); n != 2 {
		t.Errorf("%d channels", n)
	}
}

// TestMaskIsStored: a secret that was masked in a list, and is sent back so, is
// lost.
func TestMaskIsStored(t *testing.T) {
	cloud := medialivetest.New()
	c, err := cloud.Client("token")
	if err != nil {
		t.Fatal(err)
	}
	cloud.AddChannel(rtmp("ch1"))
	have, err := c.ShowChannel(t.Context(), key)
	check(t, "query", err, "")
	_, err = c.ModifyChannelInput(t.Context(), medialive.InputChange{ChannelKey: key, Input: &have.Input})
	check(t, "input", err, "")
	if got, _ := cloud.Channel(key); got.Input.Sources[0].Passphrase != medialive.Mask {
		t.Error("the mask was not stored")
	}
}

// TestUnknownFieldsComeBack: a change of outputs loses nothing that the service
// has added.
func TestUnknownFieldsComeBack(t *testing.T) {
	cloud := medialivetest.New()
	c, err := cloud.Client("token")
	if err != nil {
		t.Fatal(err)
	}
	cloud.AddChannel(rtmp("ch1"))
	cloud.Inject("ListOttChannelInfo", 1, medialivetest.Extra())
	have, err := c.ShowChannel(t.Context(), key)
	check(t, "query", err, "")
	_, err = c.ModifyChannelEndpoints(t.Context(), medialive.EndpointsChange{ChannelKey: key, Outputs: have.Outputs})
	check(t, "endpoints", err, "")
	got, _ := cloud.Channel(key)
	if got.Outputs[0].Extra["x_new"] == nil || got.Outputs[0].HLS[0].Extra["x_new"] == nil || got.Outputs[0].DASH[0].RequestArgs.Extra["x_new"] == nil {
		t.Errorf("%v", got)
	}
}

func TestListsOfChannels(t *testing.T) {
	cloud := medialivetest.New()
	c := conforming(t, cloud)
	if page, err := c.ListChannels(t.Context(), medialive.ChannelKey{}, 10, 0); err != nil || page.Total != 0 {
		t.Errorf("of none: %v, %v", page, err)
	}
	for _, id := range []string{"ch1", "ch2", "ch3"} {
		cloud.AddChannel(rtmp(id))
	}
	for name, tt := range map[string]struct {
		filter        medialive.ChannelKey
		limit, offset int
		ids           string
		total         int
	}{
		"all":            {medialive.ChannelKey{}, 10, 0, "ch3 ch2 ch1", 3},
		"second page":    {medialive.ChannelKey{}, 2, 2, "ch1", 3},
		"beyond the end": {medialive.ChannelKey{}, 2, 9, "", 3},
		"by domain":      {medialive.ChannelKey{Domain: "push.example.com"}, 10, 0, "ch3 ch2 ch1", 3},
		"by id":          {medialive.ChannelKey{ID: "ch2"}, 10, 0, "ch2", 1},
		"by no id":       {medialive.ChannelKey{ID: "ch9"}, 10, 0, "", 0},
		"by no key":      {medialive.ChannelKey{Domain: "push.example.com", AppName: "ott", ID: "ch1"}, 10, 0, "", 0},
	} {
		page, err := c.ListChannels(t.Context(), tt.filter, tt.limit, tt.offset)
		var ids []string
		for _, ch := range page.Channels {
			ids = append(ids, ch.ID)
		}
		if err != nil || strings.Join(ids, " ") != tt.ids || page.Total != tt.total {
			t.Errorf("%s: %v of %d, %v", name, ids, page.Total, err)
		}
	}
	for _, r := range cloud.Requests()[1:] {
		if missing := r.Channel.ID == "ch1" && r.Channel.AppName == "ott"; missing != (r.Status == 400) {
			t.Errorf("%v is answered %d", r.Channel, r.Status)
		}
	}
}

// TestChannelFaults drives faults through a real client, by a list and by a
// switch: what the client makes of it, and whether the switch took effect.
func TestChannelFaults(t *testing.T) {
	const fine = medialive.Kind("")
	for name, c := range map[string]struct {
		fault         medialivetest.Fault
		read, command medialive.Kind
		effects       int
	}{
		"slow":                   {medialivetest.Slow(20 * time.Millisecond), fine, fine, 1},
		"down":                   {medialivetest.Down(), medialive.KindUnavailable, medialive.KindUnavailable, 0},
		"throttled":              {medialivetest.Throttle("3"), medialive.KindThrottled, medialive.KindThrottled, 0},
		"500":                    {medialivetest.Status(500, "LIVE.1", "oh"), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 0},
		"refused":                {medialivetest.ResultStatus(400, medialive.CodeInvalid, "param check failed"), medialive.KindRefused, medialive.KindRefused, 0},
		"refused under 200":      {medialivetest.ResultStatus(200, medialive.CodeInvalid, "param check failed"), medialive.KindRefused, medialive.KindRefused, 0},
		"internal error":         {medialivetest.ResultStatus(200, medialive.CodeInternal, "inner"), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 0},
		"html 200":               {medialivetest.HTML(200), medialive.KindUnreadable, medialive.KindOutcomeUnknown, 0},
		"truncated":              {medialivetest.Truncated(), medialive.KindUnreadable, medialive.KindOutcomeUnknown, 1},
		"unknown words":          {medialivetest.UnknownWords(), fine, fine, 1},
		"fields missing":         {medialivetest.Without("id", "result_code"), medialive.KindUnreadable, medialive.KindOutcomeUnknown, 1},
		"fields added":           {medialivetest.Extra(), fine, fine, 1},
		"wrong total":            {medialivetest.Total(5), fine, fine, 1},
		"redirect":               {medialivetest.Redirect("http://127.0.0.2:1/"), medialive.KindUnreadable, medialive.KindOutcomeUnknown, 0},
		"lost before the effect": {medialivetest.Lose(medialivetest.BeforeEffect), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 0},
		"lost after the effect":  {medialivetest.Lose(medialivetest.AfterEffect), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 1},
		"late":                   {medialivetest.Late(time.Hour), fine, fine, 0},
		"never":                  {medialivetest.Never(), fine, fine, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, cloud *medialivetest.Cloud, client *medialive.Client) {
				cloud.AddChannel(rtmp("ch1"))
				lift := cloud.Inject("", 0, c.fault)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				_, err := client.ListChannels(ctx, medialive.ChannelKey{}, 10, 0)
				check(t, "the read", err, c.read)
				_, err = client.SwitchChannel(ctx, key, medialive.ChannelOn)
				check(t, "the switch", err, c.command)
				if n := cloud.ChannelEffects("ModifyOttChannelInfoStats", key); n != c.effects {
					t.Errorf("the switch took effect %d times", n)
				}
				lift()
				if ch, err := client.ShowChannel(t.Context(), key); err != nil || (ch.State == medialive.ChannelOn) != (c.effects == 1) {
					t.Errorf("after it was lifted: %s, %v", ch.State, err)
				}
			})
		})
	}
}

func TestLateSwitch(t *testing.T) {
	cloud := medialivetest.New()
	c, err := cloud.Client("token")
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now().Add(-time.Nanosecond)
	cloud.AddChannel(rtmp("ch1"))
	cloud.Inject("ModifyOttChannelInfoStats", 1, medialivetest.Late(20*time.Millisecond))
	_, err = c.SwitchChannel(t.Context(), key, medialive.ChannelOn)
	check(t, "the switch", err, "")
	answered := time.Now()
	if ch, _ := cloud.Channel(key); ch.State != medialive.ChannelOff {
		t.Errorf("at once %s", ch.State)
	}
	<-time.After(25 * time.Millisecond)
	if ch, _ := cloud.Channel(key); ch.State != medialive.ChannelOn || cloud.ChannelEffects("", key) != 1 {
		t.Errorf("later %s, %d effects", ch.State, cloud.ChannelEffects("", key))
	}
	if _, there := cloud.ChannelAt(before, key); there {
		t.Error("it was there before it was added")
	}
	if ch, there := cloud.ChannelAt(answered, key); !there || ch.State != medialive.ChannelOff {
		t.Errorf("then %s", ch.State)
	}
	cloud.ChangeChannel(key, func(ch *medialive.Channel) { ch.Name = "Two" })
	if ch, _ := cloud.ChannelAt(time.Now(), key); ch.State != medialive.ChannelOn || ch.Name != "Two" {
		t.Errorf("now %s %s", ch.Name, ch.State)
	}
	cloud.RemoveChannel(key)
	if _, there := cloud.ChannelAt(time.Now(), key); there {
		t.Error("it is there after it was removed")
	}
}

// TestQuotaPerOperation refuses more than the vendor allows, of each operation by
// itself.
func TestQuotaPerOperation(t *testing.T) {
	cloud := medialivetest.New()
	cloud.QuotaPerOperation(medialive.ChannelCallsPerMinute)
	c, err := cloud.Client("token")
	if err != nil {
		t.Fatal(err)
	}
	cloud.AddChannel(rtmp("ch1"))
	refused := 0
	for range medialive.ChannelCallsPerMinute + 5 {
		_, err := c.ShowChannel(t.Context(), key)
		var e *medialive.Error
		if errors.As(err, &e) && e.Kind == medialive.KindThrottled {
			refused++
		}
	}
	_, err = c.SwitchChannel(t.Context(), key, medialive.ChannelOn)
	check(t, "another operation", err, "")
	if refused != 5 {
		t.Errorf("%d refused", refused)
	}
}

func TestChannelsFilledIn(t *testing.T) {
	cloud := medialivetest.New()
	first, second := cloud.AddChannel(medialive.Channel{}), cloud.AddChannel(medialive.Channel{})
	if first == second || len(cloud.ChannelKeys()) != 2 {
		t.Errorf("%v, %v", first, second)
	}
	c := conforming(t, cloud)
	if ch, err := c.ShowChannel(t.Context(), first); err != nil || ch.State != medialive.ChannelOff || ch.Input.Protocol == "" {
		t.Errorf("%v, %v", ch, err)
	}
	cloud.Before = nil
	cloud.Inject("DeleteOttChannelInfo", 1, medialivetest.ResultStatus(400, medialive.CodeState, "not now"))
	check(t, "deletion", c.DeleteChannel(t.Context(), first), medialive.KindState)
}
