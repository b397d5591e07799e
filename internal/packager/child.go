package packager

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const (
	firstPause   = 200 * time.Millisecond // before a child that ended starts again
	longestPause = 15 * time.Second
	steadyRun    = 10 * time.Second // one that ran so long starts again after the first pause
	stopTime     = 3 * time.Second  // to end in order, then it is killed
	childQueue   = 16 << 20         // bytes: some seconds of a rich stream
)

// ChildReport tells of one ffmpeg, or of what does the work of one.
type ChildReport struct {
	Name     string    // what it does
	Running  bool      // and well, as far as is known
	PID      int       // 0: does not run, or within this process
	Since    time.Time // of its last start; zero: none yet
	Starts   int64     //
	Ended    string    // how it ended last; empty: it has not
	Lines    []string  // the last it said, without secrets
	Dropped  int64     // bytes that it was too slow for, or that came while it did not run
	Progress Progress  //
}

// child is an ffmpeg that is kept running. It says with 0 that a source ended
// and that it was told to, so that its exit code decides nothing.
type child struct {
	name  string
	path  string                                           // of ffmpeg
	args  func(run string) ([]string, error)               // asked at each start
	open  func(ctx context.Context) (io.ReadCloser, error) // what goes to stdin; nil: in
	in    *queue                                           // what goes to stdin
	out   func(data []byte)                                // gets stdout; nil: none is read
	begun func()                                           // told of each start, before input is taken; may be nil
	proxy string                                           // its way to the world by HTTP; empty: it has none to go
	hard  bool                                             // is killed where it is to end, for what it would still write is not wanted
	log   *slog.Logger

	mu     sync.Mutex
	report ChildReport
	stop   context.CancelFunc // of the process that runs
	renew  bool               // it was ended to start anew
	said   *tail
	at     *progress
}

// run keeps the child running until ctx ends, and then ends it.
func (c *child) run(ctx context.Context) {
	pause := firstPause
	for ctx.Err() == nil {
		began := time.Now()
		err := c.once(ctx)
		if ctx.Err() != nil {
			return
		}
		if c.ended(err) {
			pause = firstPause
			continue
		}
		if time.Since(began) >= steadyRun {
			pause = firstPause
		}
		c.log.Warn("ffmpeg ended", "child", c.name, "how", ending(err), "said", c.state().Lines, "again in", pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// push hands bytes to the process, or drops them: it never waits.
func (c *child) push(data []byte) { c.in.push(data) }

// again ends the process, and begins it anew at once.
func (c *child) again() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stop != nil {
		c.renew = true
		c.stop()
	}
}

// ended notes how the process ended, and says whether that was wanted.
func (c *child) ended(err error) (wanted bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	wanted, c.renew = c.renew, false
	if !wanted {
		c.report.Ended = ending(err)
	}
	return wanted
}

func ending(err error) string {
	if err == nil {
		return "by itself, without an error"
	}
	return clean(err.Error())
}

// once runs one process to its end.
func (c *child) once(parent context.Context) error {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	args, err := c.args(strconv.FormatInt(time.Now().UnixMilli(), 36))
	if err != nil {
		return err
	}
	if c.begun != nil {
		c.begun()
	}
	stdin, err := c.stdin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = stdin.Close() }()
	cmd := c.command(ctx, args)
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start ffmpeg: %w", err)
	}
	cmd.Cancel = func() error {
		if c.hard {
			return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
		_ = pipe.Close() // ffmpeg does not hear a signal while it waits for input
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	}
	told, media, err := c.start(cmd, cancel)
	if err != nil {
		return err
	}
	defer c.forget()
	var copying sync.WaitGroup
	copying.Go(func() { gather(media, c.out) })
	copying.Go(func() { _, _ = io.Copy(c.at, told); _ = told.Close() })
	copying.Go(func() { _, _ = io.Copy(pipe, stdin); _ = pipe.Close() })
	err = cmd.Wait()
	cancel()
	_ = stdin.Close()
	copying.Wait()
	return err
}

// command is an ffmpeg in a group of its own, that ends with this process, and
// gets nothing of our environment but where programs are.
func (c *child) command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.path, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C", "AV_LOG_FORCE_NOCOLOR=1"}
	if c.proxy != "" {
		cmd.Env = append(cmd.Env, "http_proxy="+c.proxy)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = stopTime
	return cmd
}

// start starts the process, and gives where it tells its progress, and its media.
func (c *child) start(cmd *exec.Cmd, stop context.CancelFunc) (told, media *os.File, err error) {
	told, tells, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("start ffmpeg: %w", err)
	}
	defer func() { _ = tells.Close() }() // the child has its own
	media, makes, err := quietPipe()
	if err != nil {
		_ = told.Close()
		return nil, nil, fmt.Errorf("start ffmpeg: %w", err)
	}
	defer func() { _ = makes.Close() }()
	said, at := &tail{}, &progress{}
	cmd.ExtraFiles, cmd.Stderr = []*os.File{tells}, said
	if c.out != nil {
		cmd.Stdout = makes
	}
	if err := cmd.Start(); err != nil {
		_, _ = told.Close(), media.Close()
		return nil, nil, fmt.Errorf("start ffmpeg: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said, c.at, c.stop = said, at, stop
	c.report.Running, c.report.PID, c.report.Since = true, cmd.Process.Pid, time.Now()
	c.report.Starts++
	return told, media, nil
}

// quietPipe makes a pipe that the poller of this process does not watch: it would
// be woken by each packet that ffmpeg writes.
func quietPipe() (read, write *os.File, err error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
		return nil, nil, os.NewSyscallError("pipe2", err)
	}
	return os.NewFile(uintptr(ends[0]), "read"), os.NewFile(uintptr(ends[1]), "write"), nil
}

// forget notes that no process runs.
func (c *child) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.report.Running, c.report.PID, c.stop = false, 0, nil
}

// stdin gives what the process is to read.
func (c *child) stdin(ctx context.Context) (io.ReadCloser, error) {
	if c.open != nil {
		return c.open(ctx)
	}
	if c.in == nil {
		return io.NopCloser(silence{ctx}), nil
	}
	c.in.begin()
	return &drain{ctx: ctx, from: c.in}, nil
}

// state is what is to be told.
func (c *child) state() ChildReport {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.report
	r.Name = c.name
	if c.said != nil {
		r.Lines, r.Progress = c.said.last(), c.at.get()
	}
	if c.in != nil {
		r.Dropped = c.in.lost()
	}
	return r
}

// drain reads a queue until ctx ends.
type drain struct {
	ctx  context.Context
	from *queue
	rest []byte
}

func (d *drain) Read(b []byte) (int, error) {
	if len(d.rest) == 0 {
		chunk, ok := d.from.pop(d.ctx)
		if !ok {
			return 0, io.EOF
		}
		d.rest = chunk
	}
	n := copy(b, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

// Close lets what comes be dropped until the next process begins.
func (d *drain) Close() error {
	d.from.end()
	return nil
}

// silence keeps stdin open, and empty, until ctx ends.
type silence struct{ ctx context.Context }

func (s silence) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, io.EOF
}

// gatherTime is how long media of ffmpeg may wait, so that it comes in fewer
// pieces.
const gatherTime = 40 * time.Millisecond

// gather reads what ffmpeg makes to its end, and lets more come before it reads
// again. A full buffer says that more is there already.
func gather(from *os.File, out func(data []byte)) {
	defer func() { _ = from.Close() }()
	buffer := make([]byte, 64<<10) // as much as a pipe holds
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			out(buffer[:n])
		}
		if err != nil {
			return
		}
		if n < len(buffer) {
			<-time.After(gatherTime)
		}
	}
}

// writer is a function that takes all.
type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}
