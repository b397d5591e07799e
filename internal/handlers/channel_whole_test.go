package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// whole is a channel as JSON, but for what each channel has of its own.
func whole(t *testing.T, ch medialive.Channel) string {
	t.Helper()
	made, err := ch.Copy(medialive.ChannelKey{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range made.Packages() {
		p.URL, p.SlaveURL = "", ""
	}
	data, err := medialive.RevealJSON(made)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// retyped types the secrets of the full channel.
func retyped(v url.Values) url.Values {
	for name := range v {
		if secret, is := strings.CutSuffix(name, ".kept"); is {
			v.Set(secret+".action", "replace")
			v.Set(secret, "v")
		}
	}
	return v
}

// TestNothingIsLostOfAChannel: what one form changes is all that changes, and a
// clone, and what is made from a file, has all that the channel has: fields that
// nobody knows too.
func TestNothingIsLostOfAChannel(t *testing.T) {
	t.Parallel()
	var ch medialive.Channel
	if err := json.Unmarshal([]byte(fullChannel), &ch); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(c *medialivetest.Cloud) {
		c.AddChannel(ch)
		one := formChannel("password", medialive.ChannelOff)
		one.Input = medialive.ChannelInput{Protocol: medialive.FLVPull, Sources: []medialive.ChannelSource{{URL: "https://u:" + passphrase + "@a.example.com/a.flv", Bitrate: 1}}}
		c.AddChannel(one)
	})
	b := h.signedIn("op-1")
	if file := b.openedAt("/channels/push.example.com/live/password/export").body; strings.Contains(file, passphrase) || !strings.Contains(file, "https://u:******@a.example.com/a.flv") {
		t.Errorf("a file with a password: %s", file)
	}
	const path = "/channels/push.example.com/live/full"
	b.openedAt(path)
	for _, c := range []struct {
		part, field, value string
		change             func(*medialive.Channel)
	}{
		{"general", "name", "New", func(ch *medialive.Channel) { ch.Name = "New" }},
		{"input", "input.sources[0].bitrate", "2M", func(ch *medialive.Channel) { ch.Input.Sources[0].Bitrate = 2000000 }},
		{"endpoints", "endpoints[0].mss_package[0].delay_segment", "3", func(ch *medialive.Channel) { ch.Outputs[0].MSS[0].DelaySegment = 3 }},
		{"record", "record_settings.rollingbuffer_duration", "2h", func(ch *medialive.Channel) { ch.Record.RollingBuffer = 7200 }},
		{"encoders", "encoder_settings[0].template_id", "t2", func(ch *medialive.Channel) { ch.Encoders[0].TemplateID = "t2" }},
	} {
		v := put(retyped(typedForm(t, b.get(path+"/"+c.part))), c.field, c.value, "go", "save")
		if r := b.post(path+"/"+c.part, v); r.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", c.part, r.status, r.doc().Find(".problem, .form-faults").Text())
		}
		c.change(&ch)
		if got, _ := h.cloud.Channel(ch.ChannelKey); whole(t, got) != whole(t, ch) {
			t.Errorf("%s: it is\n%s, want\n%s", c.part, whole(t, got), whole(t, ch))
		}
	}
	var file string
	eventually(t, "all that was saved is read", func() bool {
		file = b.get(path + "/export").body
		return strings.Contains(file, `"t2"`)
	})
	file = strings.NewReplacer(`"id": "full"`, `"id": "from-file"`, "play.example.com/full/", "play.example.com/other/").Replace(file)
	for id, first := range map[string]reply{
		"cloned":    b.get(path + "/clone"),
		"from-file": b.post("/channels/import", url.Values{"json": {file}}),
	} {
		v := put(typedForm(t, first), "id", id, "go", "to:look")
		v = put(retyped(typedForm(t, b.post("/channels/new", v))), "go", "create")
		if r := b.post("/channels/new", v); r.status != http.StatusSeeOther {
			t.Fatalf("%s: %d %s", id, r.status, r.doc().Find(".problem, .form-faults").Text())
		}
		key := ch.ChannelKey
		key.ID = id
		if got, _ := h.cloud.Channel(key); whole(t, got) != whole(t, ch) {
			t.Errorf("%s: it is\n%s, want\n%s", id, whole(t, got), whole(t, ch))
		}
	}
}
