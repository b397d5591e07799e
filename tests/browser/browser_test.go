package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/chromedp/chromedp"
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
		{"past", testPast},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, c)
		})
	}
}

// chromium is the browser that all tests share.
type chromium struct{ ctx context.Context }

// launch starts Chromium until the test ends.
func launch(t *testing.T) *chromium {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("there is no chromium on this machine: apt-get install -y chromium")
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.WindowSize(1680, 1000),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-default-apps", true), chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-renderer-backgrounding", true),
		chromedp.Flag("disable-background-timer-throttling", true),
		chromedp.Flag("disable-backgrounding-occluded-windows", true),
		chromedp.Flag("metrics-recording-only", true), chromedp.Flag("password-store", "basic"),
		chromedp.Flag("lang", "en-US"),
	)
	t.Cleanup(end)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	// No deadline here: the browser lives as long as the context of this call.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return &chromium{ctx: ctx}
}
