package gateway_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/flowdeck/flowdeck/internal/gateway"
	"github.com/flowdeck/flowdeck/internal/gateway/iam"
	"github.com/flowdeck/flowdeck/internal/relay"
	"github.com/flowdeck/flowdeck/internal/seal"
	"github.com/flowdeck/flowdeck/internal/store"
)

// loopback is where the far ends of tests are.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

// TestMain lets the test's own program be the processes that tests start,
// watch and kill: "relay SOCKET" and "gateway FOLDER ADDRESS FIRSTPORT".
func TestMain(m *testing.M) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	switch {
	case len(os.Args) == 3 && os.Args[1] == "relay":
		err = relay.Serve(ctx, relay.Options{Socket: os.Args[2], Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Version: "test", Allow: loopback})
	case len(os.Args) == 5 && os.Args[1] == "gateway":
		err = gatewayProcess(ctx, os.Args[2], os.Args[3], os.Args[4])
	default:
		stop()
		os.Exit(m.Run())
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// socketIn is where the relay of a folder answers.
func socketIn(dir string) string { return filepath.Join(dir, "relay.sock") }

// supervisorIn supervises the relay of a folder.
func supervisorIn(dir string, log *slog.Logger) *gateway.Supervisor {
	return gateway.NewSupervisor(gateway.SupervisorOptions{
		Executable: os.Args[0], Args: []string{"relay", socketIn(dir)}, Socket: socketIn(dir), Version: "test", Log: log,
	})
}

// gatewayProcess is a whole gateway with its relay, until ctx ends.
func gatewayProcess(ctx context.Context, dir, address, first string) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	port, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, "sqlite:"+filepath.Join(dir, "gateway.db"))
	if err != nil {
		return err
	}
	key, err := seal.OpenKeyFile(filepath.Join(dir, "secret.key"))
	if err != nil {
		return err
	}
	users, err := iam.New(st, key, iam.Options{Account: "flowdeck", ProjectName: region})
	if err != nil {
		return err
	}
	g, err := gateway.New(gateway.Options{
		Store: st, Key: key, IAM: users, Relay: relay.Dial(socketIn(dir)), Region: region, SRTAddress: "127.0.0.1",
		PortFirst: port, PortLast: port + ports - 1, Version: "test", Log: log,
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: g.Handler()}
	var parts sync.WaitGroup
	parts.Go(func() { _ = server.Serve(listener) })
	parts.Go(func() { _ = g.Run(ctx) })
	parts.Go(func() { _ = supervisorIn(dir, log).Run(ctx) })
	<-ctx.Done()
	_ = server.Close()
	parts.Wait()
	return st.Close()
}
