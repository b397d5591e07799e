package static_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/web/static"
)

func get(t *testing.T, path, encoding string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandlerServesOnlyWhatIsListed(t *testing.T) {
	for name, want := range map[string]struct {
		status int
		kind   string
	}{
		"css/tokens.css":           {200, "text/css; charset=utf-8"},
		"js/live.js":               {200, "text/javascript; charset=utf-8"},
		"vendor/htmx-4.0.1.min.js": {200, "text/javascript; charset=utf-8"},
		"fonts/inter-400.woff2":    {200, "font/woff2"},
		"fonts/inter-OFL.txt":      {200, "text/plain; charset=utf-8"},
		"img/mark.svg":             {200, "image/svg+xml"},
		"vendor/VENDOR.md":         {404, ""},
		"static.go":                {404, ""},
		"css/":                     {404, ""},
		"../static.go":             {404, ""},
		"":                         {404, ""},
	} {
		res := get(t, static.URL(name), "")
		if res.StatusCode != want.status {
			t.Errorf("%q: status %d, want %d", name, res.StatusCode, want.status)
		}
		if kind := res.Header.Get("Content-Type"); want.kind != "" && kind != want.kind {
			t.Errorf("%q: type %q, want %q", name, kind, want.kind)
		}
	}
}

func TestHandlerCaches(t *testing.T) {
	if got := get(t, static.URL("css/base.css"), "").Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("present checksum: %q", got)
	}
	res := get(t, static.Prefix+"000000000000/css/base.css", "")
	if got := res.Header.Get("Cache-Control"); res.StatusCode != 200 || got != "no-cache" {
		t.Errorf("earlier checksum: %d %q", res.StatusCode, got)
	}
}

func TestHandlerCompresses(t *testing.T) {
	plain, err := io.ReadAll(get(t, static.URL("css/base.css"), "gzip;q=0").Body)
	if err != nil {
		t.Fatal(err)
	}
	res := get(t, static.URL("css/base.css"), "br, gzip")
	if res.Header.Get("Content-Encoding") != "gzip" || res.Header.Get("Vary") != "Accept-Encoding" {
		t.Fatalf("headers: %v", res.Header)
	}
	z, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if unzipped, err := io.ReadAll(z); err != nil || string(unzipped) != string(plain) {
		t.Errorf("unzipped differs from plain: %v", err)
	}
	if got := get(t, static.URL("fonts/inter-400.woff2"), "gzip").Header.Get("Content-Encoding"); got != "" {
		t.Errorf("a font is compressed twice: %q", got)
	}
}

func TestHandlerRefusesToBeWritten(t *testing.T) {
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodPost, static.URL("css/base.css"), nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST answered %d", w.Code)
	}
}

func TestVendoredFilesAreThosePublished(t *testing.T) {
	list, err := os.ReadFile("vendor/VENDOR.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile("(?m)^\\| `([^`]+)` .*`([0-9a-f]{64})` \\|$").FindAllStringSubmatch(string(list), -1)
	if len(rows) != 9 {
		t.Fatalf("%d files listed, want 9", len(rows))
	}
	for _, row := range rows {
		body, err := static.FS.ReadFile(row[1])
		if err != nil {
			t.Error(err)
			continue
		}
		if sum := sha256.Sum256(body); hex.EncodeToString(sum[:]) != row[2] {
			t.Errorf("%s is not the published file", row[1])
		}
	}
}

// TestColoursAreTokens keeps every colour in one place.
func TestColoursAreTokens(t *testing.T) {
	literal := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|\b(rgb|rgba|hsl|hsla|oklch|lab|color)\(|\b(white|black|red|green|blue|gray|grey|orange)\b\s*[;,)]`)
	for _, name := range []string{"css/base.css", "css/components.css", "css/pages.css"} {
		body, err := static.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sheet := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(body), "")
		for i, line := range strings.Split(sheet, "\n") {
			if found := literal.FindString(line); found != "" {
				t.Errorf("%s: colour %q outside tokens.css: %s (line %d without comments)", name, found, strings.TrimSpace(line), i+1)
			}
		}
	}
}

// TestEveryTokenUsedIsDefined finds misspelt names, which CSS passes over in silence.
func TestEveryTokenUsedIsDefined(t *testing.T) {
	var all strings.Builder
	for _, name := range []string{"css/tokens.css", "css/base.css", "css/components.css", "css/pages.css"} {
		body, err := static.FS.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(body)
	}
	for _, use := range regexp.MustCompile(`var\((--[a-z0-9-]+)`).FindAllStringSubmatch(all.String(), -1) {
		if !regexp.MustCompile(`(?m)` + use[1] + `\s*:`).MatchString(all.String()) {
			t.Errorf("token %s is used and not defined", use[1])
		}
	}
}
