package auth_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

func TestProveChannels(t *testing.T) {
	h := open(t)
	s, _ := h.signIn(t, form("op-1"))
	ctx := t.Context()
	asked := func() int { return len(h.cloud.Calls("ListOttChannelInfo")) }
	for range 3 {
		if err := h.ProveChannels(ctx, s); err != nil {
			t.Fatal(err)
		}
	}
	if n := asked(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	h.cloud.Inject("ListOttChannelInfo", 0, medialivetest.Down())
	h.later(5 * time.Minute)
	if err := h.ProveChannels(ctx, s); err != nil {
		t.Errorf("while the API cannot be reached the last proof counts: %v", err)
	}
}

func TestChannelsAreRefused(t *testing.T) {
	h := open(t)
	s, _ := h.signIn(t, form("op-1"))
	ctx := t.Context()
	lift := h.cloud.Inject("ListOttChannelInfo", 0, medialivetest.Status(http.StatusForbidden, "APIG.0302", "no"))
	for range 3 {
		if err := h.ProveChannels(ctx, s); medialive.KindOf(err) != medialive.KindNotPermitted {
			t.Fatalf("%v", err)
		}
	}
	if n := len(h.cloud.Calls("ListOttChannelInfo")); n != 1 {
		t.Errorf("asked %d times", n)
	}
	if _, err := h.Reader(ctx, s); err != nil {
		t.Errorf("flows are another matter: %v", err)
	}
	lift()
	h.later(30 * time.Second)
	if err := h.ProveChannels(ctx, s); err != nil {
		t.Errorf("given since: %v", err)
	}
}

func TestAnEndpointWithoutChannels(t *testing.T) {
	h := open(t)
	s, _ := h.signIn(t, form("op-1"))
	h.cloud.Inject("ListOttChannelInfo", 0, medialivetest.Status(http.StatusNotFound, medialive.CodeUnknownAPI, "The API does not exist"))
	if err := h.ProveChannels(t.Context(), s); err != nil {
		t.Errorf("%v", err)
	}
}

// TestSeesChannels: what is not about channels waits for a first proof a moment at
// most, or not at all, and shows none before it is there.
func TestSeesChannels(t *testing.T) {
	h := open(t)
	for _, user := range []string{"op-3", "op-4"} {
		h.cloud.AddUser(user, medialivetest.User{ID: user, Password: password})
	}
	s, _ := h.signIn(t, form("op-1"))
	ctx := t.Context()
	asked := func() int { return len(h.cloud.Calls("ListOttChannelInfo")) }
	lift := h.cloud.Inject("ListOttChannelInfo", 0, medialivetest.Hang())
	began := time.Now()
	if h.SeesChannels(ctx, s, 50*time.Millisecond) {
		t.Error("seen before it is proved")
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("waited %s", took)
	}
	lift()
	other, _ := h.signIn(t, form("op-3"))
	if !h.SeesChannels(ctx, other, time.Minute) || !h.SeesChannels(ctx, other, 0) {
		t.Error("not seen by who may")
	}
	if err := h.ProveChannels(ctx, other); err != nil {
		t.Error(err)
	}
	refuse := h.cloud.Inject("ListOttChannelInfo", 0, medialivetest.Status(http.StatusForbidden, "APIG.0302", "no"))
	before := asked()
	third, _ := h.signIn(t, form("op-4"))
	for range 3 {
		if h.SeesChannels(ctx, third, time.Minute) || h.SeesChannels(ctx, third, 0) {
			t.Fatal("seen by who may not")
		}
	}
	if n := asked() - before; n != 1 {
		t.Errorf("asked %d times", n)
	}
	refuse()
	h.later(30 * time.Second)
	h.SeesChannels(ctx, third, 0) // that begins a proof
	for deadline := time.After(8 * time.Second); !h.SeesChannels(ctx, third, 0); {
		select {
		case <-deadline:
			t.Fatal("given since, and never seen")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// TestChannelsThatFail: what fails otherwise is not asked again at once by
// everybody who would be shown channels.
func TestChannelsThatFail(t *testing.T) {
	h := open(t)
	s, _ := h.signIn(t, form("op-1"))
	ctx := t.Context()
	lift := h.cloud.Inject("ListOttChannelInfo", 0, medialivetest.Down())
	err := h.ProveChannels(ctx, s)
	first := len(h.cloud.Calls("ListOttChannelInfo"))
	for range 3 {
		if again := h.ProveChannels(ctx, s); err == nil || again == nil {
			t.Fatalf("%v, %v", err, again)
		}
	}
	if n := len(h.cloud.Calls("ListOttChannelInfo")); n != first {
		t.Errorf("asked %d times more", n-first)
	}
	lift()
	h.later(10 * time.Second)
	if err := h.ProveChannels(ctx, s); err != nil {
		t.Errorf("it is back: %v", err)
	}
}
