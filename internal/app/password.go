package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// maxPassword is how much of standard input is read, in bytes.
const maxPassword = 1024

// readPassword reads one line from standard input: without an echo where a
// person types it. It gives up when ctx ends.
func readPassword(ctx context.Context, in invocation) (string, error) {
	if f, ok := in.In.(*os.File); ok {
		if restore, err := hideTyping(int(f.Fd())); err == nil {
			defer restore()
			fmt.Fprint(in.Err, "Password: ")
			defer fmt.Fprintln(in.Err)
		}
	}
	lines := make(chan string, 1)
	failed := make(chan error, 1)
	go func() {
		line, err := bufio.NewReader(io.LimitReader(in.In, maxPassword)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			failed <- fmt.Errorf("read the password: %w", err)
			return
		}
		lines <- strings.TrimRight(line, "\r\n")
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case err := <-failed:
		return "", err
	case password := <-lines:
		if password == "" {
			return "", errors.New("no password on standard input")
		}
		return password, nil
	}
}

// hideTyping turns a terminal's echo off, and gives what turns it on again.
// What is no terminal is an error.
func hideTyping(fd int) (restore func(), err error) {
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, err
	}
	hidden := *before
	hidden.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &hidden); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, before) }, nil
}
