package medialive

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets no request or event stream leave a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
