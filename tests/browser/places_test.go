package browser

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/tests/chrome"
)

// testPlacePages looks at what there is where somebody is signed in to two gateways:
// the menu, all flows in one list, the sign-in to more, and a page of the other one.
func testPlacePages(t *testing.T, c *chromium) {
	away := build(t)
	far := away.flow("FEED-FAR", true, listener("viewer-1"))
	h := &house{t: t, app: apptest.Start(t, map[string]string{"FLOWDECK_BACKEND": "studio=embedded, berlin=" + away.app.GatewayURL})}
	rules := readAxe(t)
	b := c.enter(t, h.app.URL)
	b.Visit("/places/new")
	b.Await("the form", "$('#other-region')")
	b.Do(chromedp.SetValue(chromedp.CSS("#other-region"), "berlin"))
	b.fillOther(apptest.User, apptest.Password)
	b.AwaitPath("the flows there", "/flows")
	b.Click("#place-menu summary")
	b.Click(".place:not(.place-here) .place-switch button")
	b.Await("the first place", "text('#place-menu summary').includes('studio') && "+isOK)
	looks := []look{
		{name: "flows of all places", path: "/flows?place=all", ready: "$('.name-away') && $('.scopes')" + live},
		{name: "menu of places", path: "/flows?place=all", ready: "$('#place-menu').open && $$('.place').length === 2" + live, before: func(b *tab) { b.Click("#place-menu summary") }},
		{name: "another place", path: "/places/new", ready: "$('#other-region')"},
		{name: "another place refused", path: "/places/new", ready: "$('#other-form-error .error-line')", expect: []string{"401"}, before: func(b *tab) {
			b.fillOther("nobody-"+eval[string](b, "document.documentElement.lang + document.documentElement.dataset.theme"), "wrong")
		}},
		{name: "flow of another place", path: "/flows/" + far.ID, ready: "$('.switches button')", expect: []string{"404", "409"}},
	}
	for _, d := range dresses() {
		b.Cookie("flowdeck_lang", d.lang)
		b.Cookie("flowdeck_theme", d.theme)
		for _, l := range looks {
			b.look(l, rules, d)
		}
	}
}

// fillOther signs in to another region.
func (b *tab) fillOther(user, password string) {
	b.T.Helper()
	b.Fill("#other-account", apptest.Account)
	b.Fill("#other-username", user)
	b.Fill("#other-password", password)
	b.Hit(chrome.KeyEnter)
}
