package handlers

import (
	"regexp"
	"strings"
)

// browsers are recognised in this order, because most say that they are several.
var browsers = []struct{ name, mark string }{
	{"Edge", "Edg/"},
	{"Edge", "EdgA/"},
	{"Edge", "EdgiOS/"},
	{"Opera", "OPR/"},
	{"Samsung Internet", "SamsungBrowser/"},
	{"Firefox", "Firefox/"},
	{"Firefox", "FxiOS/"},
	{"Chrome", "HeadlessChrome/"},
	{"Chrome", "CriOS/"},
	{"Chrome", "Chrome/"},
	{"Safari", "Version/"},
	{"curl", "curl/"},
}

// systems are recognised in this order.
var systems = []struct{ name, mark string }{
	{"iPhone", "iPhone"},
	{"iPad", "iPad"},
	{"Android", "Android"},
	{"ChromeOS", "CrOS"},
	{"Windows", "Windows"},
	{"macOS", "Macintosh"},
	{"Linux", "Linux"},
}

// majorVersion is the number after a browser's name.
var majorVersion = regexp.MustCompile(`^[0-9]{1,4}`)

// browserWords tells which browser on which system says so of itself, as
// "Firefox 140 · Windows"; empty where it says nothing that is known.
func browserWords(agent string) string {
	var words string
	for _, b := range browsers {
		if _, after, ok := strings.Cut(agent, b.mark); ok {
			words = strings.TrimSpace(b.name + " " + majorVersion.FindString(after))
			break
		}
	}
	for _, s := range systems {
		if !strings.Contains(agent, s.mark) {
			continue
		}
		if words == "" {
			return s.name
		}
		return words + " · " + s.name
	}
	return words
}
