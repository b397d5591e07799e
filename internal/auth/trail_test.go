package auth_test

import (
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/trail"
)

// Who came, went and was refused is on the trail; what a stranger typed is not.
func TestTrailOfSignIns(t *testing.T) {
	h := open(t)
	_, cookie := h.signIn(t, form("op-1"))
	if err := h.SignOut(t.Context(), httptest.NewRecorder(), request(cookie)); err != nil {
		t.Fatal(err)
	}
	known, mistaken := form("op-1"), form("my password, in the wrong field")
	known.Password, mistaken.Password = "a wrong one", "op-1"
	for _, f := range []auth.Form{known, mistaken} {
		if err := h.tryIn(t, f); !errors.Is(err, auth.ErrCredentials) {
			t.Fatal(err)
		}
	}
	events, err := h.store.Timeline(t.Context(), trail.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range slices.Backward(events) {
		told = append(told, strings.TrimSpace(e.Actor+" "+e.Verb+" "+e.Target))
		if all := e.Detail + e.Target + e.Message; strings.Contains(all, "password") || strings.Contains(all, "a wrong one") {
			t.Errorf("the trail has what was typed: %+v", e)
		}
	}
	want := []string{"op-1 sign_in", "op-1 sign_out", "sign_in_refused op-1", "sign_in_refused"}
	if !slices.Equal(told, want) {
		t.Errorf("trail %q, want %q", told, want)
	}
}
