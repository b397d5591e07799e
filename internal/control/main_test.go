package control_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/flowdeck/flowdeck/internal/store/storetest"
)

// childRole is the environment variable that turns the test binary into a
// process of its own: one that is killed, or one that cannot write any more.
const childRole = "CONTROL_TEST_CHILD"

// What a child is given.
const (
	childStore = "CONTROL_TEST_STORE"
	childCloud = "CONTROL_TEST_CLOUD"
	childFlows = "CONTROL_TEST_FLOWS"
)

func TestMain(m *testing.M) {
	roles := map[string]func() error{"": nil, "worker": worker, "full disk": fullDisk}
	role, known := roles[os.Getenv(childRole)]
	if !known {
		fmt.Fprintln(os.Stderr, "no such child")
		os.Exit(2)
	}
	if role == nil {
		storetest.Main(m)
	}
	if err := role(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
