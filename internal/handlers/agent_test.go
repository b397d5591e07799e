package handlers

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestBrowserWords(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                       "Firefox 140 · Windows",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36":                                  "Chrome 138 · Linux",
		"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0":                      "Edge 138 · Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15":                  "Safari 18 · macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0 Mobile/15E148 Safari/604.1": "Chrome 138 · iPhone",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":       "Samsung Internet 28 · Android",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36":                         "Chrome 138 · ChromeOS",
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/138.0.0.0 Safari/537.36":                          "Chrome 138 · Linux",
		"curl/8.14.1": "curl 8", "Windows": "Windows", "": "", "<script>alert(1)</script>": "", "Firefox/": "Firefox",
	} {
		if got := browserWords(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

func FuzzBrowserWords(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux x86_64) Chrome/138.0.0.0")
	f.Add("Firefox/99999999999999999 \x00Windows")
	f.Fuzz(func(t *testing.T, agent string) {
		words := browserWords(agent)
		if len(words) > 40 || !utf8.ValidString(words) || strings.ContainsAny(words, "<>\"'\x00\r\n") {
			t.Errorf("%q is %q", agent, words)
		}
	})
}
