package packager

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTemplateThatCannotBeEncoded is refused with what ffmpeg says, and measured
// again when it is asked for again; an ffmpeg that was killed says nothing of that.
func TestTemplateThatCannotBeEncoded(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "ffmpeg")
	for script, refused := range map[string]bool{"echo no such encoder >&2; exit 1": true, "kill -9 $$": false} {
		if err := os.WriteFile(program, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		c := newCosts(program, filepath.Join(dir, costFile))
		_, err := c.of(t.Context(), Ladder()[1])
		if err == nil || errors.Is(err, ErrSpec) != refused || refused && !strings.Contains(err.Error(), "no such encoder") {
			t.Errorf("%s: %v", script, err)
		}
		if len(c.known) > 0 {
			t.Errorf("%s: kept %v", script, c.known)
		}
	}
}
