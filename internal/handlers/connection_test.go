package handlers

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
)

func TestSenderLines(t *testing.T) {
	for _, at := range []struct {
		name, id, ffmpeg, obs, transmit string
	}{
		{
			"plain", "feed/a", `"srt://203.0.113.10:20000?mode=caller&streamid=feed/a&latency=120000"`,
			"srt://203.0.113.10:20000?mode=caller&streamid=feed/a&latency=120000",
			`"srt://203.0.113.10:20000?mode=caller&streamid=feed/a&latency=120"`,
		},
		{"none", "", `"srt://203.0.113.10:20000?mode=caller&latency=120000"`, "srt://203.0.113.10:20000?mode=caller&latency=120000", `"srt://203.0.113.10:20000?mode=caller&latency=120"`},
		{
			"structured", "#!::r=a,m=publish", `"srt://203.0.113.10:20000?mode=caller&streamid="'#!::r=a,m=publish'"&latency=120000"`,
			"srt://203.0.113.10:20000?mode=caller&streamid=#!::r=a,m=publish&latency=120000",
			`"srt://203.0.113.10:20000?mode=caller&streamid="'#!::r=a,m=publish'"&latency=120"`,
		},
		{"ampersand", "a&b", `-srt_streamid 'a&b' "srt://203.0.113.10:20000?mode=caller&latency=120000"`, "", ""},
	} {
		t.Run(at.name, func(t *testing.T) {
			got := far{calls: true, host: "203.0.113.10", port: 20000, streamID: at.id, latency: 120}.senders()
			if !strings.HasSuffix(got.test, " "+at.ffmpeg) {
				t.Errorf("ffmpeg: %s", got.test)
			}
			if got.obs != at.obs {
				t.Errorf("OBS: %s", got.obs)
			}
			if at.transmit != "" && !strings.HasSuffix(got.transmit, " "+at.transmit) || at.transmit == "" && got.transmit != "" {
				t.Errorf("srt-live-transmit: %s", got.transmit)
			}
		})
	}
}

func TestReceiverLines(t *testing.T) {
	listens := farOfOutput(medialive.Output{
		Protocol: medialive.Listener, ListenerAddress: "203.0.113.10", Port: 20002, MinLatency: 120, StreamID: "not asked for",
		Encryption: &medialive.Crypto{Algorithm: medialive.AES128},
	}).receivers()
	url := `"srt://203.0.113.10:20002?mode=caller&latency=120000&pbkeylen=16&passphrase=$SRT_KEY"`
	if listens.play != "ffplay "+url || !strings.HasPrefix(listens.record, "ffmpeg -i "+url+" ") {
		t.Errorf("an output that listens: %+v", listens)
	}
	calls := farOfOutput(medialive.Output{Protocol: medialive.Caller, Destination: "203.0.113.9", Port: 5000, StreamID: "ours", MinLatency: 120}).receivers()
	if !strings.HasPrefix(calls.transmit, `srt-live-transmit "srt://0.0.0.0:5000?mode=listener&latency=120" `) {
		t.Errorf("an output that calls: %+v", calls)
	}
}

// A shell must see the stream id as it is, whatever stands in it, and run
// nothing of it.
func FuzzShellWord(f *testing.F) {
	for _, id := range []string{"feed/a", "$(id)", "`id`", `a"b`, "a'b", `a\b`, "#!::r=x", "$SRT_KEY", "; id #", "é\u202ex"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if strings.ContainsAny(id, "\x00") || len(id) > 200 {
			return
		}
		with := far{
			calls: true, host: "203.0.113.10", port: 20000, streamID: id, latency: 120,
			crypto: &medialive.Crypto{Algorithm: medialive.AES128},
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", "printf %s "+with.shell(1))
		cmd.Env = []string{"SRT_KEY=secret-of-the-test"}
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(with.plain(1), "passphrase="+keyPlaceholder, "passphrase=secret-of-the-test")
		if string(out) != want {
			t.Errorf("the shell sees %q, want %q", out, want)
		}
	})
}
