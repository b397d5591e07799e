package handlers

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
)

// A handler that panics answers 500 with a request id, in the reader's
// language; the cause stays in the log.
func TestPanic(t *testing.T) {
	var log strings.Builder
	d, err := newDesk(Options{Auth: auth.New(auth.Options{}), Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.HTTPErrorHandler = d.onError
	e.Use(requestID, accessLog(d.log, d.now), d.Metrics.measured(d.now), recovered(d.log))
	if err := d.register(e, []route{{get, "/boom", anyone, func(echo.Context) error { panic("secret-of-the-panic") }}}); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"en": "Flowdeck made a mistake", "zh": "Flowdeck"} {
		r := httptest.NewRequest(http.MethodGet, "/boom", http.NoBody)
		r.Header.Set("Accept-Language", lang)
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		id := w.Header().Get("X-Request-Id")
		if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), want) || !strings.Contains(w.Body.String(), id) {
			t.Errorf("%s: %d %s", lang, w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "secret-of-the-panic") {
			t.Error("the page has secret-of-the-panic")
		}
		if !strings.Contains(log.String(), "secret-of-the-panic") || !strings.Contains(log.String(), id) {
			t.Error("the log has not the cause with the id")
		}
	}
	if err := d.register(e, []route{{method: get, path: "/open", handle: func(echo.Context) error { return nil }}}); err == nil {
		t.Error("a route without a permission registers")
	}
}
