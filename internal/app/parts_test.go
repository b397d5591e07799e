package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/config"
	"github.com/flowdeck/flowdeck/internal/revive"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func TestPartsStopInReverse(t *testing.T) {
	var stopped []string
	p := newParts(quiet)
	p.closing("first", func() error { stopped = append(stopped, "first"); return nil })
	p.running("second", func(ctx context.Context) error {
		<-ctx.Done()
		stopped = append(stopped, "second")
		return ctx.Err()
	})
	p.closing("third", func() error { stopped = append(stopped, "third"); return errors.New("logged only") })
	p.stop()
	if want := []string{"third", "second", "first"}; !slices.Equal(stopped, want) {
		t.Errorf("stopped %v, want %v", stopped, want)
	}
}

func TestPartsWait(t *testing.T) {
	ended, end := context.WithCancel(t.Context())
	end()
	p := newParts(quiet)
	if err := p.wait(ended); err != nil {
		t.Errorf("an orderly end is an error: %v", err)
	}
	p.running("listener", func(context.Context) error { return errors.New("port taken") })
	if err := p.wait(t.Context()); err == nil || !strings.Contains(err.Error(), "listener: port taken") {
		t.Errorf("error %v does not say which part failed and why", err)
	}
	p.running("loop", func(context.Context) error { return nil })
	if err := p.wait(t.Context()); err == nil || !strings.Contains(err.Error(), "loop") {
		t.Errorf("a part that ends by itself is not an error: %v", err)
	}
	p.stop()
}

// A part that lasts and panics is told and begun anew; the process goes on, and
// stops it in order.
func TestF27PartPanics(t *testing.T) {
	told := make(chan string, 1)
	p := newParts(quiet)
	p.guard = revive.Guard{Log: quiet, Panicked: func(what string) { told <- what }}
	begun, stopped := make(chan int, 2), false
	times := 0
	p.lasting("displays", func(ctx context.Context) error {
		times++
		begun <- times
		if times == 1 {
			panic("the first time")
		}
		<-ctx.Done()
		stopped = true
		return ctx.Err()
	})
	if what := <-told; what != "displays" {
		t.Errorf("told of %q", what)
	}
	if first, second := <-begun, <-begun; first != 1 || second != 2 {
		t.Errorf("begun as %d, %d", first, second)
	}
	select {
	case err := <-p.failed:
		t.Errorf("the process ends: %v", err)
	default:
	}
	p.stop()
	if !stopped {
		t.Error("it was not stopped")
	}
	p.lasting("trail head", func(context.Context) error { return errors.New("disk gone") })
	if err := p.wait(t.Context()); err == nil || !strings.Contains(err.Error(), "trail head: disk gone") {
		t.Errorf("a part that fails without a panic: %v", err)
	}
}

// TestGatewayIsGivenNoSecretsOfOthers looks at what the dashboard puts into the
// environment of the gateway that it starts.
func TestGatewayIsGivenNoSecretsOfOthers(t *testing.T) {
	const canary = "canary"
	env := strings.Join(gatewaySettings(config.Config{
		AdminPassword: canary, MetricsKey: canary, DatabaseURL: "sqlite:x.db",
		Service: config.Service{AK: "ak", SK: canary, Project: "p", Password: canary},
	}).Environ(), "\n")
	if strings.Contains(env, canary) || !strings.Contains(env, "sqlite:x.db") {
		t.Errorf("the gateway is given\n%s", env)
	}
}
