package media

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"testing"

	"github.com/flowdeck/flowdeck/internal/relay/relaytest"
)

// TestMain lets more tests run at once than there are processors: they wait
// for media nearly all of their time. This binary is the helpers of tests too.
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	switch os.Getenv(roleVariable) {
	case roleCalls:
		err = relaytest.RunCalls(ctx, os.Stdin, os.Stdout)
	case roleLoad:
		err = relaytest.Run(ctx, os.Stdin, os.Stdout)
	default:
		flag.Parse()
		if err = flag.Set("test.parallel", "12"); err == nil {
			stop() // for a test binary an interrupt is the end
			os.Exit(m.Run())
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
