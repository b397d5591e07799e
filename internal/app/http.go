package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	headerTimeout = 5 * time.Second
	bodyTimeout   = 15 * time.Second
	idleTimeout   = 2 * time.Minute
	headerLimit   = 64 << 10         // bytes; a token may take 16 KB and more
	commandGrace  = 12 * time.Second // a command upstream may take 10 s, and must not be cut off
	answerGrace   = time.Second      // after that, for handlers to see that their context ended
)

// web is an HTTP server over one listener. Streams are told at once when it
// stops; requests under way are finished. No write timeout: a stream stays
// open, and sets a deadline for each write by itself.
type web struct {
	listener  net.Listener
	handler   http.Handler
	cert, key string // PEM files; empty: no TLS
	detached  func() // if not nil, ends the connections that handlers have taken over
	log       *slog.Logger
}

// run serves until ctx ends, then stops in order.
func (w web) run(ctx context.Context) error {
	base, endBase := context.WithCancel(context.WithoutCancel(ctx))
	defer endBase()
	server := &http.Server{
		Handler:           endStreams(ctx, boundBodies(w.handler)),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerLimit,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(w.log.Handler(), slog.LevelDebug),
	}
	if w.detached != nil {
		server.RegisterOnShutdown(w.detached)
	}
	served := make(chan error, 1)
	go func() { served <- w.serve(server) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	err := shutdown(server, endBase)
	<-served
	return err
}

func (w web) serve(server *http.Server) error {
	if w.cert == "" {
		return server.Serve(w.listener)
	}
	return server.ServeTLS(w.listener, w.cert, w.key)
}

// shutdown lets requests under way finish, then cancels them, then cuts them
// off.
func shutdown(server *http.Server, cancelRequests func()) error {
	timer := time.AfterFunc(commandGrace, cancelRequests)
	defer timer.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), commandGrace+answerGrace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return errors.Join(fmt.Errorf("stop HTTP in order: %w", err), server.Close())
	}
	return nil
}

// endStreams cancels event streams as soon as stop ends.
func endStreams(stop context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept"), "text/event-stream") {
			next.ServeHTTP(w, r)
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(stop, cancel)()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// boundBodies gives a request's body a time to arrive in. A timeout of the
// server would also cut streams, which have none.
func boundBodies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// Recorders in tests have no deadline; every real connection has.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout))
		}
		next.ServeHTTP(w, r)
	})
}
