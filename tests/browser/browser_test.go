package browser

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/flowdeck/flowdeck/tests/chrome"
)

// TestMain lets a few tests run at once, whatever the number of processors:
// they wait for media and for clocks most of their time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "4"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestBrowser runs every test in one Chromium, each with a Flowdeck and a
// browser profile of its own.
func TestBrowser(t *testing.T) {
	c := launch(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T, *chromium)
	}{
		{"pages", testPages},
		{"pages of places", testPlacePages},
		{"instruments", testInstruments},
		{"silent stream", testSilentStream},
		{"story by mouse", testStoryByMouse},
		{"story by keyboard", testStoryByKeyboard},
		{"story without script", testStoryWithoutScript},
		{"guard", testGuard},
		{"server down and back", testServerDownAndBack},
		{"comes back as told", testComesBackAsTold},
		{"reconnect refused", testReconnectRefused},
		{"first connect refused", testFirstConnectRefused},
		{"first connect hangs", testFirstConnectHangs},
		{"script comes late", testScriptComesLate},
		{"session ended", testSessionEnded},
		{"sign-in runs out", testSignInRunsOut},
		{"two people", testTwoPeople},
		{"alarm", testAlarm},
		{"protect", testProtect},
		{"second person", testSecondPerson},
		{"backend down", testBackendDown},
		{"keys", testKeys},
		{"channel forms", testChannelForms},
		{"past", testPast},
		{"player", testPlayer},
		{"channels", testChannels},
		{"every operation on a gateway", testOperationsOnGateway},
		{"every operation on a cloud", testOperationsOnCloud},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, c)
		})
	}
}

// chromium is the browser that all tests share.
type chromium struct{ *chrome.Chromium }

// launch starts Chromium until the test ends.
func launch(t *testing.T) *chromium {
	t.Helper()
	return &chromium{chrome.Launch(t)}
}

// tab is one page of the browser.
type tab struct{ *chrome.Tab }

// open opens a tab in a fresh profile of the browser.
func (c *chromium) open(t *testing.T, base string) *tab {
	t.Helper()
	return &tab{c.Open(t, base)}
}

// beside opens another tab in the same profile.
func (b *tab) beside() *tab {
	b.T.Helper()
	return &tab{b.Beside()}
}

// eval evaluates an expression, in which $ and $$ select and text reads.
func eval[T any](b *tab, expression string) T {
	b.T.Helper()
	return chrome.Eval[T](b.Tab, expression)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
