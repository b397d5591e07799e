package wall_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/wall"
	"github.com/flowdeck/flowdeck/web/templates/wall/walltest"
)

func render(t *testing.T, view templ.Component) string {
	t.Helper()
	var out bytes.Buffer
	if err := view.Render(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestPartsMakeTheBoard: what the stream sends is what the page has, part by part,
// so that each finds its place.
func TestPartsMakeTheBoard(t *testing.T) {
	for _, strings := range text.All() {
		for _, s := range walltest.Samples(strings, time.Now()) {
			check(t, s)
		}
	}
}

func check(t *testing.T, s walltest.Sample) {
	t.Helper()
	page := render(t, wall.Page{Board: s.Board}.View())
	parts := s.Board.Parts()
	if len(parts) != s.Board.Layout+2 {
		t.Errorf("%s: %d parts for %d places", s.Name, len(parts), s.Board.Layout)
	}
	seen := map[string]bool{}
	for _, p := range parts {
		html := render(t, p.View())
		if !strings.Contains(page, html) {
			t.Errorf("%s: %s is not on the page as it is sent", s.Name, p.ID())
		}
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
		if err != nil {
			t.Fatal(err)
		}
		top := doc.Find("body").Children()
		if top.Length() != 1 || top.AttrOr("id", "") != p.ID() || seen[p.ID()] {
			t.Errorf("%s: %s is not one element of its own", s.Name, p.ID())
		}
		seen[p.ID()] = true
	}
}

// TestWordsOfChannels: a wall says of a channel what its page says.
func TestWordsOfChannels(t *testing.T) {
	for _, words := range text.All() {
		for _, s := range []wall.State{wall.Live, wall.Standby, wall.SourceLost, wall.NoMedia, wall.Waiting, wall.On, wall.Problem} {
			b := wall.Board{T: words, Now: time.Now(), Layout: 1, Tiles: []wall.Tile{{Name: "one", Channel: true, State: s}}}
			doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, wall.Page{Board: b}.View())))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := doc.Find(".tile-word").Text(), words.ChannelState(string(s)); got != want || want == words.State.Unknown {
				t.Errorf("%s: %q, want %q", s, got, want)
			}
		}
	}
}

// TestNothingToPress: a wall is never touched.
func TestNothingToPress(t *testing.T) {
	pages := map[string]templ.Component{"dark": wall.Dark{T: text.English}.View()}
	for _, s := range walltest.Samples(text.English, time.Now()) {
		pages[s.Name] = wall.Page{Board: s.Board}.View()
	}
	for name, view := range pages {
		doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, view)))
		if err != nil {
			t.Fatal(err)
		}
		if n := doc.Find("a, button, form, input, select, textarea, dialog, [title], [tabindex], [href^='/flows']").Length(); n > 0 {
			t.Errorf("%s has %d things to press", name, n)
		}
	}
}

// TestModelsHoldNoIDs: what is not in a model cannot reach a screen.
func TestModelsHoldNoIDs(t *testing.T) {
	forbidden := map[string]bool{"id": true, "flowid": true, "key": true}
	endings := []string{"address", "peer", "host", "port", "url", "stream", "secret", "token", "passphrase", "description"}
	for _, model := range []any{wall.Board{}, wall.Tile{}, wall.Count{}, wall.Pages{}, wall.Link{}, wall.Dark{}, wall.Page{}} {
		kind := reflect.TypeOf(model)
		for i := range kind.NumField() {
			name := strings.ToLower(kind.Field(i).Name)
			ends := func(word string) bool { return strings.HasSuffix(name, word) }
			if forbidden[name] || slices.ContainsFunc(endings, ends) {
				t.Errorf("%s.%s", kind.Name(), kind.Field(i).Name)
			}
		}
	}
}

// TestNamesThatAreAlike differ on the wall, too: a name gives way before its end.
func TestNamesThatAreAlike(t *testing.T) {
	b := walltest.Longest(text.English, time.Now(), 4)
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, b.View())))
	if err != nil {
		t.Fatal(err)
	}
	ends := map[string]bool{}
	doc.Find(".umd-name").Each(func(i int, s *goquery.Selection) {
		if s.Text() != b.Tiles[i].Name {
			t.Errorf("%q for %q", s.Text(), b.Tiles[i].Name)
		}
		ends[s.Children().Last().Text()] = true
	})
	if len(ends) != 4 {
		t.Errorf("%d ends of 4 names", len(ends))
	}
}

// TestHostileTexts stay texts.
func TestHostileTexts(t *testing.T) {
	const hostile = `"><img src=x onerror=alert(1)>`
	b := walltest.Board(text.English, time.Now(), 4)
	b.Name, b.Zone, b.Version = hostile, hostile, hostile
	for i := range b.Tiles {
		b.Tiles[i].Name, b.Tiles[i].Owner, b.Tiles[i].Output = hostile, hostile, hostile
		b.Tiles[i].Cause, b.Tiles[i].Lamp, b.Tiles[i].State = hostile, hostile, wall.State(hostile)
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(render(t, wall.Page{Board: b, Theme: hostile}.View())))
	if err != nil {
		t.Fatal(err)
	}
	if n := doc.Find("img, [onerror]").Length(); n > 0 {
		t.Errorf("%d elements were made of texts", n)
	}
}
