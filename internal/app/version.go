package app

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version is the module's version as the build recorded it: a tag, or one made
// of the commit, or "devel".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}

func printVersion(_ context.Context, in invocation) error {
	_, err := fmt.Fprintf(in.Out, "flowdeck %s %s/%s %s\n", Version(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	return err
}
