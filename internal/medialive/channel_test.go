package medialive

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const channelSuccess = `{"result_code":"LIVE.100000000","result_msg":"SUCCESS","domain":"push.example.com","app_name":"live","id":"ch1"}`

// channelCommands are the commands on channels alone.
func channelCommands(c *Client) map[string]func(context.Context) error {
	all := commands(c)
	for name := range all {
		if !strings.Contains(name, "Channel") {
			delete(all, name)
		}
	}
	return all
}

// TestChannelRefusals: both shapes of error mean the same, whatever the status,
// in a command and in a read.
func TestChannelRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		status        int
		code, message string
		want          Kind
	}{
		"address taken":           {400, "LIVE.100011001", "output url pull.example.com/live/ch1/index.m3u8 is exist", KindExists},
		"key taken":               {400, "LIVE.103011018", "The resource to create is already exists", KindExists},
		"unknown":                 {400, "LIVE.103011019", "The resource to access is not exists", KindNotFound},
		"unknown, as 404":         {404, "LIVE.103011019", "The resource to access is not exists", KindNotFound},
		"404 of an unknown code":  {404, "LIVE.103099999", "?", KindNotFound},
		"no statistic":            {404, "LIVE.103011099", "query channel statistic failed", KindNotFound},
		"is OFF already":          {400, "LIVE.100011001", "Request parameters is invalid, channel state has been turned OFF", KindState},
		"state, as 404":           {404, "LIVE.100011001", "channel state has been turned ON", KindState},
		"invalid":                 {400, "LIVE.100011001", "param check failed", KindRefused},
		"refused under 200":       {200, "LIVE.100011001", "param check failed", KindRefused},
		"unknown under 200":       {200, "LIVE.103011019", "The resource to access is not exists", KindNotFound},
		"refused under 201":       {201, "LIVE.103011018", "The resource to create is already exists", KindExists},
		"no permission":           {401, "LIVE.100011003", "Unauthorized access to the interface", KindNotPermitted},
		"token":                   {401, "APIG.0301", "token expires", KindNotSignedIn},
		"throttled":               {429, "APIG.0308", "The throttling threshold has been reached", KindThrottled},
		"no channels here at all": {404, "APIG.0101", "The API does not exist", KindRefused},
		"success that is none":    {400, "LIVE.100000000", "SUCCESS", KindRefused},
	} {
		for shape, fields := range map[string][2]string{"result": {"result_code", "result_msg"}, "error": {"error_code", "error_msg"}} {
			t.Run(name+" as "+shape, func(t *testing.T) {
				if c.code == CodeSuccess && shape == "error" {
					return // the code of success is of the other shape
				}
				body, err := json.Marshal(map[string]string{fields[0]: c.code, fields[1]: c.message, "domain": "push.example.com", "app_name": "live", "id": ""})
				if err != nil {
					t.Fatal(err)
				}
				url, _ := answering(t, c.status, nil, string(body))
				client := testClient(t, url)
				calls := channelCommands(client)
				calls["ShowChannel"], calls["ShowChannelStatistic"] = reads(client)["ShowChannel"], reads(client)["ShowChannelStatistic"]
				for op, call := range calls {
					if e := wantKind(t, call(t.Context()), c.want); e.Code != c.code || e.Message != c.message || e.Status != c.status {
						t.Errorf("%s: %+v", op, e)
					}
				}
			})
		}
	}
}

// TestChannelResults: which answers under a status of success are one.
func TestChannelResults(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want Kind
	}{
		"all":                      {channelSuccess, ""},
		"the code alone":           {`{"result_code":"LIVE.100000000"}`, ""},
		"the channel alone":        {`{"domain":"push.example.com","app_name":"live","id":"ch1"}`, ""},
		"another channel":          {strings.Replace(channelSuccess, "ch1", "ch2", 1), KindOutcomeUnknown},
		"another, without a code":  {`{"domain":"push.example.com","app_name":"live","id":"ch2"}`, KindOutcomeUnknown},
		"neither":                  {`{}`, KindOutcomeUnknown},
		"a list":                   {`[]`, KindOutcomeUnknown},
		"a page":                   {`<html>`, KindOutcomeUnknown},
		"the code of something":    {`{"result_code":"LIVE.100011005","result_msg":"x"}`, KindOutcomeUnknown},
		"an unknown field, a null": {strings.Replace(channelSuccess, "{", `{"new":{},"sources":null,`, 1), ""},
	} {
		t.Run(name, func(t *testing.T) {
			url, count := answering(t, 200, nil, c.body)
			for op, call := range channelCommands(testClient(t, url)) {
				count.Store(0)
				err := call(t.Context())
				if c.want == "" && err != nil {
					t.Errorf("%s: %v", op, err)
				}
				if c.want != "" {
					wantKind(t, err, c.want)
				}
				if n := count.Load(); n != 1 {
					t.Errorf("%s was sent %d times", op, n)
				}
			}
		})
	}
}

func TestPushAddresses(t *testing.T) {
	url, _ := answering(t, 201, nil, strings.Replace(channelSuccess, "}", `,"sources":[{"url":"rtmp://push.example.com/live/ch1_1024?request_source=ott&channel_id=ch1","bitrate":1024,"width":100,"height":100,"enable_snapshot":true}]}`, 1))
	got, err := testClient(t, url).CreateChannel(t.Context(), Channel{ChannelKey: testChannel})
	if err != nil {
		t.Fatal(err)
	}
	if want := (PushAddress{"rtmp://push.example.com/live/ch1_1024?request_source=ott&channel_id=ch1", 1024, 100, 100, true}); len(got) != 1 || got[0] != want {
		t.Errorf("%v", got)
	}
}

func TestPushAddressesOfAChannel(t *testing.T) {
	ch := Channel{ChannelKey: testChannel, Input: ChannelInput{Protocol: RTMPPush, Sources: []ChannelSource{
		{Bitrate: 1024, Width: 100, Height: 100, EnableSnapshot: true}, {Bitrate: 2048},
	}}}
	got := ch.PushAddresses()
	if len(got) != 2 || got[0] != (PushAddress{"rtmp://push.example.com/live/ch1_1024?request_source=ott&channel_id=ch1", 1024, 100, 100, true}) ||
		got[1].URL.Reveal() != "rtmp://push.example.com/live/ch1_2048?request_source=ott&channel_id=ch1" {
		t.Errorf("%v", got)
	}
	ch.Input.Sources = nil
	if got := ch.PushAddresses(); len(got) != 1 || got[0].URL.Reveal() != "rtmp://push.example.com/live/ch1?request_source=ott&channel_id=ch1" {
		t.Errorf("%v", got)
	}
	ch.Input.Protocol = SRTPush
	if got := ch.PushAddresses(); got != nil {
		t.Errorf("%v", got)
	}
}

// TestIncompleteKeys: a service could take half a key for a wider filter.
func TestIncompleteKeys(t *testing.T) {
	url, count := answering(t, 200, nil, channelSuccess)
	c := testClient(t, url)
	for _, key := range []ChannelKey{{}, {Domain: "d", AppName: "a"}, {AppName: "a", ID: "i"}, {Domain: "d", ID: "i"}} {
		wantKind(t, c.DeleteChannel(t.Context(), key), KindRefused)
		_, err := c.SwitchChannel(t.Context(), key, ChannelOff)
		wantKind(t, err, KindRefused)
	}
	if n := count.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// TestNoChannels: a service says in three ways that nothing matches.
func TestNoChannels(t *testing.T) {
	const unknown = `{"result_code":"LIVE.103011019","result_msg":"The resource to access is not exists","id":"ch1"}`
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"an empty list":         {200, `{"total":0,"channels":[]}`},
		"a total of 1 and none": {200, `{"total":1,"channels":[]}`},
		"no list":               {200, `{"total":0}`},
		"a null list":           {200, `{"total":0,"channels":null}`},
		"400":                   {400, unknown},
		"404":                   {404, unknown},
		"404 of another code":   {404, `{"error_code":"LIVE.103099999","error_msg":"?"}`},
		"others":                {200, `{"total":1,"channels":[{"domain":"push.example.com","app_name":"live","id":"ch10"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			url, _ := answering(t, c.status, nil, c.body)
			client := testClient(t, url)
			_, err := client.ShowChannel(t.Context(), testChannel)
			wantKind(t, err, KindNotFound)
			page, err := client.ListChannels(t.Context(), testChannel, 10, 0)
			if err != nil || page.Channels == nil || len(page.Channels) != strings.Count(c.body, `"ch10"`) {
				t.Errorf("%v, %v", page, err)
			}
		})
	}
}

// TestNoChannelsAtAll: where the API has no channels, that is no empty list.
func TestNoChannelsAtAll(t *testing.T) {
	url, _ := answering(t, 404, nil, `{"error_code":"APIG.0101","error_msg":"The API does not exist"}`)
	_, err := testClient(t, url).ListChannels(t.Context(), ChannelKey{}, 10, 0)
	if e := wantKind(t, err, KindRefused); e.Code != CodeUnknownAPI {
		t.Errorf("%+v", e)
	}
}

func TestListsOfChannels(t *testing.T) {
	const channel = `{"domain":"push.example.com","app_name":"live","id":"ch1"}`
	for body, want := range map[string]int{ // total; -1: unreadable
		`{"total":7,"channels":[` + channel + `]}`: 7,
		`{"channels":[` + channel + `]}`:           21,
		`{}`:                                       -1,
		`[]`:                                       -1,
		`{"total":1,"channels":[{"domain":"d","app_name":"a"}]}`:   -1,
		`{"total":1,"channels":[null]}`:                            -1,
		`{"total":1,"channels":[{"id":"ch1","endpoints":"none"}]}`: -1,
	} {
		url, _ := answering(t, 200, nil, body)
		page, err := testClient(t, url).ListChannels(t.Context(), ChannelKey{}, 10, 20)
		if want < 0 {
			wantKind(t, err, KindUnreadable)
		} else if err != nil || page.Total != want || page.Channels[0].ChannelKey != testChannel {
			t.Errorf("%s: %v, %v", body, page, err)
		}
	}
}

func TestChannelQueries(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.RequestURI())
		http.Error(w, channelSuccess, http.StatusBadRequest)
	}))
	defer server.Close()
	c := testClient(t, server.URL)
	_, _ = c.ListChannels(t.Context(), ChannelKey{}, 100, 0)
	_, _ = c.ListChannels(t.Context(), ChannelKey{ID: "a&b=c"}, 1, 2)
	_ = c.DeleteChannel(t.Context(), testChannel)
	_, _ = c.ModifyChannelEncoderSettings(t.Context(), EncoderChange{ChannelKey: testChannel})
	_, _ = c.ShowChannelStatistic(t.Context(), StatisticQuery{ChannelKey: testChannel}, 5, 6)
	want := []string{
		"GET /v1/p/ott/channels?limit=100&offset=0",
		"GET /v1/p/ott/channels?id=a%26b%3Dc&limit=1&offset=2",
		"DELETE /v1/p/ott/channels?app_name=live&domain=push.example.com&id=ch1",
		"PUT /v1/p/ott/channels/encorder-settings",
		"POST /v1/p/ott/channels/statistic?limit=5&offset=6",
	}
	if got := strings.Join(asked, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("asked\n%s", got)
	}
}
