// Package storetest gives tests a PostgreSQL server of their own, which
// nobody has to set up.
package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
)

// shared is the server of this test binary. It is package state because
// testing.M can hand nothing to the tests.
var shared cluster

// cluster is a server with its folder, started at first use.
type cluster struct {
	managed atomic.Bool // Main will stop it
	start   sync.Once
	err     error
	folder  string
	process *os.Process
	ended   chan error
	count   atomic.Int64
}

// Main is for a package's TestMain: it runs the tests, stops the server if one
// was started, and exits.
func Main(m *testing.M) {
	shared.managed.Store(true)
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "stop PostgreSQL:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// Postgres gives the url of a new empty database on a server that this test
// binary started for itself. The package needs TestMain to call [Main].
func Postgres(t testing.TB) string {
	t.Helper()
	if !shared.managed.Load() {
		t.Fatal("storetest.Postgres: let TestMain call storetest.Main")
	}
	shared.start.Do(func() { shared.err = shared.run() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	name := "test" + strconv.FormatInt(shared.count.Add(1), 10)
	if err := shared.create(t.Context(), name); err != nil {
		t.Fatalf("create database %s: %v", name, err)
	}
	return shared.url(name)
}

// url addresses a database over the unix socket in the server's folder.
func (c *cluster) url(database string) string {
	query := url.Values{"host": {c.folder}, "user": {"postgres"}}
	return "postgres:///" + database + "?" + query.Encode()
}

func (c *cluster) create(ctx context.Context, name string) error {
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "CREATE DATABASE "+name)
	return errors.Join(err, db.Close())
}

// run makes a cluster in a temporary folder and starts its server.
func (c *cluster) run() error {
	programs, err := findPrograms()
	if err != nil {
		return err
	}
	account, err := serverAccount()
	if err != nil {
		return err
	}
	if c.folder, err = os.MkdirTemp("", "flowdeck-pg-"); err != nil {
		return err
	}
	if account != nil {
		if err := os.Chown(c.folder, int(account.Uid), int(account.Gid)); err != nil {
			return err
		}
	}
	initdb := c.command(account, filepath.Join(programs, "initdb"),
		"-D", c.folder+"/data", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	server := c.command(account, filepath.Join(programs, "postgres"), "-D", c.folder+"/data", "-k", c.folder,
		"-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=200",
		"-c", "deadlock_timeout=50ms")
	if err := c.launch(server); err != nil {
		return err
	}
	return c.awaitReady()
}

// command is a program of PostgreSQL's, run by an account it accepts.
func (c *cluster) command(account *syscall.Credential, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...) //nolint:gosec // a program of PostgreSQL's
	cmd.Dir = c.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	return cmd
}

// launch starts the server so that it ends with this process, however that
// ends. The kernel ties it to the thread that started it, hence the goroutine
// that keeps the thread.
func (c *cluster) launch(server *exec.Cmd) error {
	server.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	log, err := os.Create(filepath.Join(c.folder, "log")) //nolint:gosec // in our own folder
	if err != nil {
		return err
	}
	server.Stdout, server.Stderr = log, log
	c.ended = make(chan error, 1)
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := server.Start()
		started <- err
		if err == nil {
			c.ended <- errors.Join(server.Wait(), log.Close())
		}
	}()
	if err := <-started; err != nil {
		return errors.Join(fmt.Errorf("start postgres: %w", err), log.Close())
	}
	c.process = server.Process
	return nil
}

func (c *cluster) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	db, err := sql.Open("pgx", c.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	retry := time.NewTicker(20 * time.Millisecond)
	defer retry.Stop()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-retry.C:
		case ended := <-c.ended:
			c.ended <- ended // for stop
			log, _ := os.ReadFile(filepath.Join(c.folder, "log"))
			return fmt.Errorf("postgres ended at once: %w\n%s", ended, log)
		case <-ctx.Done():
			return fmt.Errorf("postgres does not answer: %w", err)
		}
	}
}

// stop ends the server without waiting for its clients and removes its folder.
func (c *cluster) stop() error {
	if c.folder == "" {
		return nil
	}
	var err error
	if c.process != nil {
		_ = c.process.Signal(syscall.SIGINT) // PostgreSQL's "fast" stop; it may have ended
		select {
		case err = <-c.ended:
		case <-time.After(10 * time.Second):
			err = errors.Join(errors.New("postgres did not stop, killed"), c.process.Kill())
		}
	}
	return errors.Join(err, os.RemoveAll(c.folder))
}

// findPrograms gives the folder of the newest PostgreSQL here.
func findPrograms() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // fails for bad patterns only
	if len(found) == 0 {
		if program, err := exec.LookPath("initdb"); err == nil {
			return filepath.Dir(program), nil
		}
		return "", errors.New("the tests need PostgreSQL's programs: apt-get install -y postgresql")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// serverAccount is whose rights the server gets: PostgreSQL refuses to run as
// root. It is nil for our own.
func serverAccount() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("postgres refuses to run as root and has no account here: %w", err)
	}
	uid, errUID := strconv.ParseUint(account.Uid, 10, 32)
	gid, errGID := strconv.ParseUint(account.Gid, 10, 32)
	if err := errors.Join(errUID, errGID); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
