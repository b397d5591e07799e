package medialive

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestPlayAsksAsAPlayerDoes(t *testing.T) {
	asked := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.RequestURI() + " " + r.Header.Get("Range") + " " + r.Header.Get("X-Auth-Token")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "not from this address")
	}))
	defer server.Close()
	c, err := New(Config{Endpoint: server.URL, ProjectID: "p", Auth: Token("secret-token")})
	if err != nil {
		t.Fatal(err)
	}
	key := ChannelKey{Domain: "push.example.com", AppName: "a b", ID: "ch1"}
	resp, err := c.Play(t.Context(), key, "0123/rec/1.ts", url.Values{"rendition": {"1"}}, "bytes=0-9")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if want := "/play/p/push.example.com/a%20b/ch1/0123/rec/1.ts?rendition=1 bytes=0-9 "; asked != want || resp.StatusCode != 403 || string(body) != "not from this address" {
		t.Errorf("asked %q, answered %d %s", asked, resp.StatusCode, body)
	}
	asked = ""
	for _, file := range []string{"", "../x", "p/../../x", "/p/x", "p//x", "p/", "."} {
		if _, err := c.Play(t.Context(), key, file, nil, ""); KindOf(err) != KindNotFound || asked != "" {
			t.Errorf("%q: %v, asked %q", file, err, asked)
		}
	}
}
