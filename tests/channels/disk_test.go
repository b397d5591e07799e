package channels

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

const (
	smallDisk = "size=%dk" // of a tmpfs
	fullWords = "the disk is full"
	freeWords = "of the disk are free"
	noFloor   = "0"       // GiB that recordings leave free: all may be filled
	wholeDisk = "1000000" // more than there is
)

// TestFullDisk records one channel onto a disk that is soon full. That is told
// with the channel and on its page; the channel itself, another one and a flow go
// on; and once there is room again, so does the recording. Who may mount nothing
// has no small disk: there it is a whole disk that recordings may not touch.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	real, floor, words := mayMount(t), noFloor, fullWords
	if !real {
		floor, words = wholeDisk, freeWords
	}
	t.Logf("a real disk is filled: %t", real)
	h := openWith(t, map[string]string{"FLOWDECK_GATEWAY_RECORD_FREE": floor})
	ch, _ := h.create("full", bySRT(), records)
	h.pushSRT(ch.detail().Push[0])
	other, push := h.create("other", byRTMP(), plain)
	h.pushRTMP(push)
	received := h.flow()
	disk := ""
	if real {
		disk = ch.ontoSmallDisk()
	}
	ch.eventually("the full disk told with the channel", func() bool {
		d := ch.detail()
		return d.Run != nil && d.Run.Record != nil && strings.Contains(d.Run.Record.Problem, words)
	})
	somebody := h.signIn()
	const page = "/channels/push.example.com/live/full"
	ch.eventually("the full disk told on the page", func() bool { return strings.Contains(somebody.told(page), words) })
	before := received()
	for _, c := range []*channel{ch, other} {
		c.goesOn()
	}
	h.eventually("more media of the flow", func() bool { return received() > before+20_000 })
	if !real {
		return
	}
	must(t, unix.Mount("", disk, "", unix.MS_REMOUNT, fmt.Sprintf(smallDisk, 64_000)))
	ch.eventually("the recording to go on", func() bool { return ch.run().Record.Problem == "" && len(h.recorded("*.ts")) > 1 })
	ch.eventually("the page to tell no fault", func() bool { return somebody.told(page) == "" })
	readList(t, ch.span())
}

// problemOfRecording is where the page of a channel tells of one.
var problemOfRecording = regexp.MustCompile(`(?s)id="record-title".*?</section>`)

// told gives the problem of the recording that a channel's page tells, if any; an
// alarm of it may stand elsewhere until somebody has seen it.
func (p *person) told(page string) string {
	p.h.t.Helper()
	part := problemOfRecording.FindString(p.reads(page))
	if part == "" {
		p.h.t.Fatal("the page has no part about the recording")
	}
	_, problem, _ := strings.Cut(part, `<p class="fact-problem" hx-ignore>`)
	problem, _, _ = strings.Cut(problem, "</p>")
	return problem
}

// goesOn fails the test unless players of the channel get more.
func (ch *channel) goesOn() {
	ch.t.Helper()
	ch.eventually("segments of "+ch.key.ID, func() bool { return fetch(ch.t, ch.address(0)).status == 200 })
	rendition := readMaster(ch.t, ch.address(0))[0].address
	before := readList(ch.t, rendition)
	ch.grown(rendition, 3).follows(ch.t, before)
	plays(ch.t, ch.address(0))
	if d := ch.detail(); d.Problem != "" || !d.Run.Inputs[0].Alive {
		ch.t.Errorf("%s: %+v", ch.key.ID, d)
	}
}

// mayMount tells whether this process may mount a disk.
func mayMount(t *testing.T) bool {
	folder := t.TempDir()
	if unix.Mount("tmpfs", folder, "tmpfs", 0, "size=4k") != nil {
		return false
	}
	must(t, unix.Unmount(folder, 0))
	return true
}

// ontoSmallDisk lays a disk of its own under the recording of the only channel
// that has one, until the test ends.
func (ch *channel) ontoSmallDisk() (folder string) {
	ch.t.Helper()
	ch.eventually("a recorded piece", func() bool { return len(ch.recorded("*.ts")) > 0 })
	ch.turn(medialive.ChannelOff)
	folder = filepath.Dir(ch.recorded("*.ts")[0])
	must(ch.t, unix.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf(smallDisk, 300)))
	ch.t.Cleanup(func() { must(ch.t, unix.Unmount(folder, unix.MNT_DETACH)) })
	ch.turn(medialive.ChannelOn)
	return folder
}

// flow runs a flow with a sender and a receiver, and gives what was received.
func (h *house) flow() (received func() int64) {
	h.t.Helper()
	made, err := h.client.CreateFlow(h.t.Context(), medialive.NewFlow{
		Name: "studio", Region: "local", Source: medialive.Source{Name: "camera", Protocol: medialive.Listener, MinLatency: 120},
	})
	must(h.t, err)
	_, err = h.client.CreateOutputs(h.t.Context(), made.ID, []medialive.Output{{Name: "out", Protocol: medialive.Listener, MinLatency: 120}})
	must(h.t, err)
	_, err = h.client.StartFlow(h.t.Context(), made.ID)
	must(h.t, err)
	out, err := h.client.ShowOutput(h.t.Context(), made.ID, "out")
	must(h.t, err)
	source := made.Sources[0]
	h.push("mpegts", relaytest.SRT{Host: source.Address, Port: source.Port}.FFmpegURL())
	path := filepath.Join(h.t.TempDir(), "received.ts")
	relaytest.Record(h.t, relaytest.SRT{Host: out.ListenerAddress, Port: out.Port}, path)
	h.eventually("media of the flow", func() bool { return relaytest.Size(path) > 20_000 })
	return func() int64 { return relaytest.Size(path) }
}
