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
