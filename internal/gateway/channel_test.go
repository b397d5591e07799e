package gateway_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

// The codes of refusals.
const (
	codeBad     = "LIVE.100011001"
	codeCannot  = "LIVE.100011006"
	codeExists  = "LIVE.103011018"
	codeUnknown = "LIVE.103011019"
)

func TestChannelIsCreatedAndListed(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	sent := newChannel(testKey)
	if r := f.ask("POST", "/v1/ott/channels", body(t, sent)); r.status != 201 ||
		r.body != `{"result_code":"LIVE.100000000","result_msg":"SUCCESS","domain":"push.example.com","app_name":"live","id":"ch1"}` {
		t.Errorf("created: %d %s", r.status, r.body)
	}
	got := f.channel(testKey)
	ids := map[string]bool{}
	for ref, p := range got.Packages() {
		if len(p.ID) != 10 || strings.Trim(p.ID, "0123456789abcdef") != "" || ids[p.ID] {
			t.Errorf("%s has the id %q", ref, p.ID)
		}
		ids[p.ID] = true
		p.ID = ""
	}
	sent.Mode, sent.Region = medialive.OriginOnly, region
	sent.Input.Sources[0].Passphrase = medialive.Mask
	if g, w := body(t, got), body(t, sent); g != w {
		t.Errorf("listed\n%s\nwant\n%s", g, w)
	}
	refusedChannel(t, f.ask("POST", "/v1/ott/channels", body(t, newChannel(testKey))), testKey, codeExists, "The resource to create is already exists")
	other := newChannel(medialive.ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch2"})
	other.Outputs[0].DASH[0].URL = "https://PULL.example.com/live/ch1/index.m3u8"
	refusedChannel(t, f.ask("POST", "/v1/ott/channels", body(t, other)), other.ChannelKey, codeBad, "output url pull.example.com/live/ch1/index.m3u8 is exist")
}

func TestChannelPages(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	if r := f.ask("GET", "/v1/ott/channels", ""); r.body != `{"total":0,"channels":[]}` {
		t.Errorf("a new gateway has %s", r.body)
	}
	for i := range 5 {
		f.createChannel(medialive.ChannelKey{Domain: "push.example.com", AppName: []string{"live", "ott"}[i%2], ID: fmt.Sprintf("ch%d", i)})
	}
	for _, c := range []struct {
		filter        medialive.ChannelKey
		limit, offset int
		total         int
		want          []string
	}{
		{medialive.ChannelKey{}, 100, 0, 5, []string{"ch4", "ch3", "ch2", "ch1", "ch0"}},
		{medialive.ChannelKey{}, 2, 1, 5, []string{"ch3", "ch2"}},
		{medialive.ChannelKey{AppName: "ott"}, 100, 0, 2, []string{"ch3", "ch1"}},
		{medialive.ChannelKey{ID: "ch2"}, 100, 0, 1, []string{"ch2"}},
		{medialive.ChannelKey{ID: "ch"}, 100, 0, 0, nil},
		{medialive.ChannelKey{}, 100, 5, 5, nil},
	} {
		page, err := f.client.ListChannels(t.Context(), c.filter, c.limit, c.offset)
		f.must(err)
		var got []string
		for _, ch := range page.Channels {
			got = append(got, ch.ID)
		}
		if page.Total != c.total || !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v of %d", c, got, page.Total)
		}
	}
	for _, query := range []string{"limit=0", "limit=101", "offset=-1", "limit=x", "domain=", "id=" + strings.Repeat("x", 256), "id=%ff", "%zz"} {
		r := f.ask("GET", "/v1/ott/channels?"+query, "")
		refusedChannel(t, r, medialive.ChannelKey{}, codeBad, "")
	}
	if page, err := f.client.ListChannels(t.Context(), medialive.ChannelKey{}, 10, 0); err != nil || len(page.Channels) != 5 {
		t.Errorf("%v, %v", page, err)
	}
}

// TestUnknownChannel asks everything of a channel that does not exist.
func TestUnknownChannel(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	const query = "?domain=push.example.com&app_name=live&id=ch1"
	ch := newChannel(testKey)
	for _, c := range []struct{ method, path, body string }{
		{"GET", query, ""},
		{"DELETE", query, ""},
		{"PUT", "/endpoints", body(t, medialive.EndpointsChange{ChannelKey: testKey, Outputs: ch.Outputs})},
		{"PUT", "/input", body(t, medialive.InputChange{ChannelKey: testKey, Input: &ch.Input})},
		{"PUT", "/record-settings", body(t, medialive.RecordChange{ChannelKey: testKey, Record: &ch.Record})},
		{"PUT", "/general", body(t, medialive.GeneralChange{ChannelKey: testKey, Name: "x"})},
		{"PUT", "/state", body(t, medialive.StateChange{ChannelKey: testKey, State: medialive.ChannelOn})},
		{"PUT", "/encorder-settings", body(t, medialive.EncoderChange{ChannelKey: testKey, Encoders: []medialive.EncoderSetting{{TemplateID: "720p"}}})},
	} {
		refusedChannel(t, f.ask(c.method, "/v1/ott/channels"+c.path, c.body), testKey, codeUnknown, "The resource to access is not exists")
	}
	for _, missing := range []string{"domain", "app_name", "id"} {
		r := f.ask("DELETE", "/v1/ott/channels"+strings.Replace(query, missing+"=", "x=", 1), "")
		if r.status != 400 || !strings.Contains(r.body, "are required") {
			t.Errorf("deletion without %s: %d %s", missing, r.status, r.body)
		}
	}
}

func TestChannelsOfOthersAreNotSeen(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	f.createChannel(testKey)
	f.must(f.iam.AddUser(t.Context(), "viewer", password))
	f.must(f.iam.SetPolicy(t.Context(), "viewer", []string{"live:ott:list*", "live:ott:show*"}))
	token := f.signIn("viewer", password)
	viewer := f.clientAs(token)
	if _, err := viewer.ShowChannel(t.Context(), testKey); err != nil {
		t.Error(err)
	}
	if err := viewer.DeleteChannel(t.Context(), testKey); medialive.KindOf(err) != medialive.KindNotPermitted {
		t.Errorf("deletion by a viewer: %v", err)
	}
	r := f.askAs(token.Reveal(), "PUT", "/v1/ott/channels/general", body(t, medialive.GeneralChange{ChannelKey: testKey, Name: "x"}))
	if r.status != 401 || r.code != "LIVE.100011003" {
		t.Errorf("%d %s", r.status, r.body)
	}
	if r := f.askAs("", "GET", "/v1/ott/channels", ""); r.status != 401 || r.code != "APIG.0301" {
		t.Errorf("%d %s", r.status, r.body)
	}
}

// TestSecretsOfChannels looks for the passphrase wherever it could have gone.
func TestSecretsOfChannels(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	f.createChannel(testKey)
	if r := f.ask("GET", "/v1/ott/channels", ""); !strings.Contains(r.body, `"passphrase":"******"`) || strings.Contains(r.body, passphrase) {
		t.Errorf("listed: %s", r.body)
	}
	if strings.Contains(f.log.String(), passphrase) {
		t.Error("the log has the passphrase")
	}
	files, err := filepath.Glob(filepath.Join(f.dir, "gateway.db*"))
	f.must(err)
	if len(files) < 2 {
		t.Fatalf("only %v", files)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		f.must(err)
		if bytes.Contains(data, []byte(passphrase)) {
			t.Errorf("%s has the passphrase", file)
		}
	}
}

// TestOneCreationWins lets many create a channel at once.
func TestOneCreationWins(t *testing.T) {
	t.Parallel()
	f := newFixture(t, newFakeRelay())
	var all sync.WaitGroup
	made := make(chan bool, 8)
	for range cap(made) {
		all.Go(func() {
			_, err := f.client.CreateChannel(t.Context(), newChannel(testKey))
			if err != nil && medialive.KindOf(err) != medialive.KindExists {
				t.Error(err)
			}
			made <- err == nil
		})
	}
	all.Wait()
	close(made)
	n := 0
	for won := range made {
		if won {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d creations were told that they succeeded", n)
	}
}
