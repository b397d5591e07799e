package handlers

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
)

const secretOfThePanic = "secret-of-the-panic"

// panicking is a desk of which every route panics, with what it logs.
func panicking(t *testing.T) (e *echo.Echo, table []route, log *strings.Builder) {
	t.Helper()
	log = &strings.Builder{}
	d, err := newDesk(Options{Auth: auth.New(auth.Options{}), Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	e = echo.New()
	e.HTTPErrorHandler = d.onError
	e.Use(requestID, accessLog(d.log, d.now), d.Metrics.measured(d.now), d.recovered)
	for _, r := range d.routes() {
		table = append(table, route{method: r.method, path: r.path, who: anyone, handle: func(echo.Context) error { panic(secretOfThePanic) }})
	}
	if err := d.register(e, table); err != nil {
		t.Fatal(err)
	}
	if err := d.register(e, []route{get("/open", undeclared, func(echo.Context) error { return nil })}); err == nil {
		t.Error("a route without a permission registers")
	}
	return e, table, log
}

// TestF27Panic lets each handler panic, for a page, a fragment and in both
// languages: it answers 500 with a request id; the cause stays in the log; the
// next request is answered.
func TestF27Panic(t *testing.T) {
	e, table, log := panicking(t)
	asked, told := 0, 0
	for _, r := range table {
		path := strings.NewReplacer(":id", "x", ":name", "x", ":note", "x", "*", "x").Replace(r.path)
		for lang, want := range map[string]string{"en": "Flowdeck made a mistake", "zh": "Flowdeck 内部错误"} {
			for _, htmx := range []string{"", "true"} {
				asked++
				request := httptest.NewRequest(r.method, path, http.NoBody)
				request.Header.Set("Accept-Language", lang)
				request.Header.Set("HX-Request", htmx)
				w := httptest.NewRecorder()
				e.ServeHTTP(w, request)
				if err := tellsOfPanic(w, want, log.String()); err != nil {
					t.Errorf("%s %s in %s, htmx %q: %v\n%s", r.method, path, lang, htmx, err, w.Body)
					continue
				}
				told++
			}
		}
	}
	t.Logf("evidence: F27 | panics in all %d routes, as page and fragment, in two languages: 500 with a request id and no trace | %d of %d | all", len(table), told, asked)
}

// tellsOfPanic checks an answer: it says what it must, and not more.
func tellsOfPanic(w *httptest.ResponseRecorder, want, log string) error {
	id, body := w.Header().Get("X-Request-Id"), w.Body.String()
	if strings.Contains(w.Header().Get("Content-Type"), "json") {
		want = `"error":"internal"`
	}
	switch {
	case w.Code != http.StatusInternalServerError:
		return fmt.Errorf("status %d", w.Code)
	case id == "" || !strings.Contains(body, id) || !strings.Contains(body, want):
		return fmt.Errorf("it does not say %q with the id %s", want, id)
	case strings.Contains(body, secretOfThePanic) || strings.Contains(body, "goroutine "):
		return fmt.Errorf("it tells the cause")
	case !strings.Contains(log, secretOfThePanic) || !strings.Contains(log, id):
		return fmt.Errorf("the log has not the cause with the id %s", id)
	}
	return nil
}
