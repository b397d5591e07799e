package medialive_test

import (
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// TestRefusedInShort breaks the answer to a command after its head: a refusal
// is one by its status, and of a success it is not known.
func TestRefusedInShort(t *testing.T) {
	cloud := medialivetest.New()
	id := cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: "f", Status: medialive.Standby}})
	client, err := cloud.Client("token")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []medialive.Kind{medialive.KindOutcomeUnknown, medialive.KindRefused} {
		cloud.Inject("ModifyFlowStart", 1, medialivetest.Lose(medialivetest.InBody))
		if _, err := client.StartFlow(t.Context(), id); medialive.KindOf(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if n := cloud.Effects("ModifyFlowStart", id); n != 1 {
		t.Errorf("%d starts took effect", n)
	}
}
