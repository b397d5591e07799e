package channels

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain lets two tests run at once, whatever the number of processors: they
// wait for media most of their time, and encode for the rest of it.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "2"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
