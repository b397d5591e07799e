// Command demo shows a living Flowdeck: it runs the program, creates flows
// through its API, sends to four of them, and receives from three outputs,
// until it is interrupted; then it ends all that it started.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the demo at once
	binary := flag.String("flowdeck", "bin/flowdeck", "`file` of the program")
	pictures := flag.String("screenshots", "", "take screenshots into this `folder`, on a data folder of its own, and end")
	flag.Parse()
	run := func() error { return show(ctx, *binary) }
	if *pictures != "" {
		run = func() error { return takePictures(ctx, *binary, *pictures) }
	}
	if err := run(); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// show runs the demo until ctx ends.
func show(ctx context.Context, binary string) error {
	s, err := startSystem(ctx, binary, nil)
	if err != nil {
		return err
	}
	defer s.stop()
	st, err := startStage(ctx, s)
	if err != nil {
		return err
	}
	defer st.stop()
	fmt.Printf("\nThe demo runs: %d flows, four senders, three receivers.\nSee %s — Ctrl-C ends all of it.\n\n", len(scenes), s.url)
	select {
	case <-ctx.Done():
		return nil
	case <-s.ended:
		return fmt.Errorf("flowdeck ended; its own message is above")
	}
}
