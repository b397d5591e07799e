// Command flowdeck is a dashboard for live SRT flows, and a self-hosted Media
// Live service for those without a cloud account.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/flowdeck/flowdeck/internal/app"
)

func main() {
	signal.Ignore(syscall.SIGPIPE) // a log that nobody reads any more must not end media
	ending := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup has it ignored
		ending = append(ending, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ending...)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	code := app.Main(ctx, os.Args[1:], app.Terminal{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv,
	})
	stop()
	os.Exit(code)
}
