package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

const (
	drmField = "endpoints[0].hls_package[0].encryption"
	noDRM    = "Not available on this gateway: there is no DRM, nor a client of key servers."
)

// limitedHouse is a dashboard over a gateway that runs channels, and who is
// signed in once its limits are known.
func limitedHouse(t *testing.T) (*house, *browser) {
	t.Helper()
	h := gatewayHouse(t, func(o *gateway.Options) { o.Channels = &onAir{runs: map[string]bool{}} })
	b := h.signedIn("admin")
	eventually(t, "the gateway is known", func() bool { return strings.Contains(b.get("/channels/new").body, "ONLY_OS") })
	return h, b
}

// TestFormsSayWhatAGatewayCannot: with the reason, in the place of the field or of
// the button, and nothing of it can be sent.
func TestFormsSayWhatAGatewayCannot(t *testing.T) {
	t.Parallel()
	_, b := limitedHouse(t)
	first := b.get("/channels/new")
	if strings.Contains(first.body, `value="ADD_CDN"`) {
		t.Error("the CDN is offered")
	}
	r := b.post("/channels/new", put(typedForm(t, first), "id", "three", "go", "to:packages"))
	doc := r.doc()
	if got := doc.Find(`.form-not[data-field="` + drmField + `"]`).Text(); !strings.Contains(got, noDRM) {
		t.Errorf("DRM: %q", got)
	}
	for _, gone := range []string{`input[name="` + drmField + `"]`, `input[name="` + drmField + `.url"]`, `button[value="add:endpoints[0].mss_package"]`} {
		if doc.Find(gone).Length() != 0 {
			t.Errorf("%s is offered", gone)
		}
	}
	if got := doc.Find(".form-not").Text(); !strings.Contains(got, "Add Smooth Streaming") {
		t.Errorf("%s", got)
	}
	r = b.post("/channels/new", put(typedForm(t, r), "go", "to:input"))
	if r.doc().Find(`button[value="add:input.sources"]`).Length() != 0 || !strings.Contains(r.doc().Find(".form-not").Text(), "one stream comes in") {
		t.Error("a second source is offered")
	}
	_, cloud := formHouse(t)
	r = cloud.post("/channels/new", put(typedForm(t, cloud.get("/channels/new")), "go", "to:packages"))
	if doc := r.doc(); doc.Find(".form-not").Length() != 0 || doc.Find(`input[name="`+drmField+`"]`).Length() == 0 || doc.Find(`button[value="add:endpoints[0].mss_package"]`).Length() == 0 {
		t.Error("a cloud is limited")
	}
}

// TestWhatAGatewayCannotIsRemoved: what a file brings is shown, said, and goes.
func TestWhatAGatewayCannotIsRemoved(t *testing.T) {
	t.Parallel()
	_, b := limitedHouse(t)
	ch := formChannel("three", medialive.ChannelOff)
	ch.Input.Protocol = medialive.SRTPush
	ch.Mode = medialive.OriginAndCDN
	ch.Outputs[0].HLS[0].Encryption = &medialive.Encryption{
		ResourceID: "r", Systems: []medialive.DRMSystem{medialive.FairPlay}, URL: "https://keys.example.com/", SPEKEVersion: "1.0", RequestMode: medialive.AskDirectly,
	}
	ch.Outputs[0].MSS = []medialive.MSSPackage{{Package: medialive.Package{URL: "play.example.com/live/three/manifest", SegmentDuration: 2}}}
	file, err := medialive.AnswerJSON(ch)
	if err != nil {
		t.Fatal(err)
	}
	r := b.post("/channels/import", form("json", string(file)))
	if got := r.doc().Find(`[data-field="mode"] .error-line`).Text(); !strings.Contains(got, "there is no CDN") {
		t.Errorf("the mode: %q", got)
	}
	r = b.post("/channels/new", put(typedForm(t, r), "go", "to:packages"))
	if got := r.doc().Find(`[data-field="` + drmField + `"] .error-line`).Text(); !strings.Contains(got, noDRM) || r.doc().Find(`input[name="`+drmField+`"]`).Length() == 0 {
		t.Errorf("DRM: %q", got)
	}
	v := typedForm(t, b.post("/channels/new", put(typedForm(t, r), "go", "to:look")))
	if r := b.post("/channels/new", put(v, "go", "create")); r.status != http.StatusUnprocessableEntity {
		t.Errorf("created: %d", r.status)
	}
	v = typedForm(t, b.post("/channels/new", put(v, "go", "remove:endpoints[0].mss_package[0]")))
	v = typedForm(t, b.post("/channels/new", put(v, drmField, "0", "mode", "ONLY_OS", "go", "to:look")))
	if r := b.post("/channels/new", put(v, "go", "create")); r.status != http.StatusSeeOther {
		t.Errorf("%d %s", r.status, r.doc().Find(".form-faults, .problem").Text())
	}
	eventually(t, "the channel is there", func() bool { return b.get("/channels/push.example.com/live/three").status == http.StatusOK })
}
