package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"
	"time"

	"github.com/flowdeck/flowdeck/internal/gateway/iam"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

// call is one authorised request.
type call struct {
	*http.Request
	body      []byte // all of it, at most maxBody
	project   string
	principal iam.Principal
	made      string               // id of the flow that the call created
	channel   medialive.ChannelKey // that the call named, as far as it did
}

// answer is what a call is answered with.
type answer struct {
	status int
	body   any
}

func ok(body any) (answer, error)      { return answer{http.StatusOK, body}, nil }
func created(body any) (answer, error) { return answer{http.StatusCreated, body}, nil }

// requestIDKey finds the request id in the context.
type requestIDKey struct{}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// Handler serves the API, IAM, the extensions, players and /healthz. Whatever else is not in
// the route table is answered 404, and nothing of the table without a permission.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	methods := map[string][]string{}
	for _, rt := range g.routes() {
		method, pattern, _ := strings.Cut(rt.pattern, " ")
		methods[pattern] = append(methods[pattern], method)
		mux.Handle(rt.pattern, g.authorised(rt))
	}
	for pattern, allowed := range methods {
		mux.Handle(pattern, g.wrongMethod(strings.Join(allowed, ", ")))
	}
	mux.Handle("/v3/", g.opts.IAM.Handler())
	mux.HandleFunc(playPattern, g.play)
	mux.HandleFunc("GET /healthz", g.health)
	mux.HandleFunc("/", g.unknownPath)
	return g.identified(g.recovered(exactPath(mux, http.HandlerFunc(g.unknownPath))))
}

// exactPath keeps a ServeMux from redirecting paths that are not clean.
func exactPath(next, unknown http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := r.URL.Path; !strings.HasPrefix(p, "/") || path.Clean(p) != p {
			unknown.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// identified gives every request an id, answers it in X-Request-Id and logs
// how the request ended.
func (g *Gateway) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := newRequestID()
		w.Header().Set("X-Request-Id", id)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		began := time.Now()
		seen := &statusWriter{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		next.ServeHTTP(seen, r)
		g.opts.Log.LogAttrs(r.Context(), slog.LevelDebug, "request",
			slog.String("request_id", id), slog.String("method", r.Method), slog.String("route", r.Pattern),
			slog.Int("status", seen.status), slog.Duration("took", time.Since(began)))
	})
}

func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	return hex.EncodeToString(b[:])
}

// statusWriter remembers the status of an answer; 0 until one is written.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// recovered turns a panic into a 500 and keeps the process.
func (g *Gateway) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			g.opts.Log.ErrorContext(r.Context(), "request panicked", "request_id", requestID(r.Context()),
				"method", r.Method, "route", r.Pattern, "panic", p, "stack", string(debug.Stack()))
			if seen, is := w.(*statusWriter); is && seen.status == 0 {
				g.refuse(w, &call{Request: r}, route{}, &refusal{http.StatusInternalServerError, codeInternal, internalErrorMsg})
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// authorised reads the body, asks IAM for every action of the route, and
// answers what the route's handler returns.
func (g *Gateway) authorised(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, project: r.PathValue("project_id")}
		var err error
		if c.body, err = readBody(w, r, rt.mostBody()); err != nil {
			g.refuse(w, c, rt, err)
			return
		}
		if err := g.authorise(c, rt.actions...); err != nil {
			g.note(c, rt, err)
			g.refuse(w, c, rt, err)
			return
		}
		if rt.stream != nil {
			rt.stream(w, c)
			return
		}
		ans, err := rt.handle(c)
		g.note(c, rt, err)
		if err != nil {
			g.refuse(w, c, rt, err)
			return
		}
		g.write(w, r, ans)
	})
}

// note logs a command with who gave it and what came of it; reads are not
// worth a line.
func (g *Gateway) note(c *call, rt route, err error) {
	if c.Method == http.MethodGet || c.Method == http.MethodHead || rt.reads {
		return
	}
	query := c.URL.Query()
	outcome := "done"
	if err != nil {
		outcome = err.Error()
	}
	g.opts.Log.InfoContext(c.Context(), "command", "request_id", requestID(c.Context()), "user", c.principal.UserName,
		"action", rt.actions[0], "flow", cmp.Or(query.Get("flow_id"), c.made), "output", query.Get("output_name"),
		"channel", c.channel, "outcome", outcome)
}

// authorise asks IAM whether the caller may do all the actions, and puts him
// into the call. No action is no permission.
func (g *Gateway) authorise(c *call, actions ...string) error {
	if len(actions) == 0 {
		return errors.New("route without an action")
	}
	for _, action := range actions {
		principal, denied := g.opts.IAM.Authorize(c.Request, c.body, c.project, action)
		if denied != nil {
			return &refusal{denied.Status, denied.Code, denied.Message}
		}
		c.principal = principal
	}
	return nil
}

func (g *Gateway) unknownPath(w http.ResponseWriter, r *http.Request) {
	g.refuse(w, &call{Request: r}, route{}, &refusal{http.StatusNotFound, codeUnknownPath, "The API does not exist or has not been published in the environment"})
}

func (g *Gateway) wrongMethod(allowed string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allowed)
		g.refuse(w, &call{Request: r}, route{}, &refusal{http.StatusMethodNotAllowed, codeMethod, "The request method is not supported here; use " + allowed})
	})
}

// health answers whether the gateway serves and reaches its database.
func (g *Gateway) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	state := struct {
		Status  string `json:"status"`
		Version string `json:"version"`
		Relay   string `json:"relay"`
	}{"ok", g.opts.Version, "ok"}
	if _, fresh := g.media.lastReport(); !fresh {
		state.Relay = "unreachable"
	}
	status := http.StatusOK
	if err := g.opts.Store.Ping(ctx); err != nil {
		g.opts.Log.WarnContext(ctx, "database does not answer", "error", err)
		state.Status, status = "database unreachable", http.StatusServiceUnavailable
	}
	g.write(w, r, answer{status, state})
}

// errorBody is an error as the API answers it. Only errors of the layer in
// front of the service (APIG) carry the request id in the body.
type errorBody struct {
	Code      string `json:"error_code"`
	Message   string `json:"error_msg"`
	RequestID string `json:"request_id,omitempty"`
}

// refuse answers an error of a route: a refusal as it is, anything else as an
// internal error whose cause goes to the log only.
func (g *Gateway) refuse(w http.ResponseWriter, c *call, rt route, err error) {
	var known *refusal
	if !errors.As(err, &known) {
		if c.Context().Err() == nil {
			g.opts.Log.ErrorContext(c.Context(), "request failed", "request_id", requestID(c.Context()),
				"method", c.Method, "route", c.Pattern, "error", err)
		}
		known = &refusal{http.StatusInternalServerError, codeInternal, internalErrorMsg}
	}
	g.write(w, c.Request, answer{known.status, errorOf(c, rt, known)})
}

// write sends an answer, encoded before the first byte goes out.
func (g *Gateway) write(w http.ResponseWriter, r *http.Request, ans answer) {
	data, err := json.Marshal(ans.body)
	if err != nil {
		g.opts.Log.ErrorContext(r.Context(), "answer cannot be encoded", "request_id", requestID(r.Context()), "error", err)
		ans.status, data = http.StatusInternalServerError, []byte(`{"error_code":"`+codeInternal+`","error_msg":"`+internalErrorMsg+`"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(ans.status)
	_, _ = w.Write(data) // the client has gone: nothing to tell it
}
