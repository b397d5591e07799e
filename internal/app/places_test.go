package app_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/app/apptest"
	"github.com/flowdeck/flowdeck/internal/medialive"
)

// placeOf finds of which place a page is.
var placeOf = regexp.MustCompile(`data-place="([0-9a-f]+)"`)

// gone finds that the other gateway is told of as gone.
var gone = regexp.MustCompile(`<b[^>]*>far</b> cannot be reached since \d`)

// Two real gateways in one list: the dashboard's own, and another that it reaches
// by its URL; and then that one is gone.
func TestTwoGatewaysInOneList(t *testing.T) {
	far := apptest.Start(t, nil)
	near := apptest.Start(t, map[string]string{"FLOWDECK_BACKEND": "studio=embedded, far=" + far.GatewayURL})
	c := browser(t)
	text := func(path string) string {
		t.Helper()
		body, err := io.ReadAll(get(t, c, near.URL+path).Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	send := func(path string, values url.Values) {
		t.Helper()
		res, err := c.PostForm(near.URL+path, values)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusSeeOther {
			body, _ := io.ReadAll(res.Body) // for the message
			t.Fatalf("POST %s: %d\n%s", path, res.StatusCode, body)
		}
	}
	signIn := func(path, region string) {
		t.Helper()
		send(path, url.Values{"account": {apptest.Account}, "username": {apptest.User}, "password": {apptest.Password}, "region": {region}})
	}
	create := func(name string) (place string) {
		t.Helper()
		place = placeOf.FindStringSubmatch(text("/flows"))[1]
		send("/flows", url.Values{"at": {place}, "name": {name}, "protocol": {string(medialive.Listener)}, "source_name": {"Camera"}, "start": {""}})
		return place
	}
	signIn("/login", "studio")
	studio := create("NEAR-1")
	signIn("/places", "far")
	if create("FAR-1") == studio {
		t.Fatal("the flow was made in the studio")
	}
	send("/places/switch", url.Values{"to": {studio}, "next": {"/flows"}})
	near.Await(10*time.Second, "both flows in one list", func() bool {
		list := text("/flows?place=all")
		return strings.Contains(list, "NEAR-1") && strings.Contains(list, "FAR-1")
	})
	if list := text("/flows"); strings.Contains(list, "FAR-1") {
		t.Error("the flow of the other gateway is in the list of the studio")
	}

	far.Stop()
	near.Await(20*time.Second, "the other gateway to be told of as gone", func() bool {
		began := time.Now()
		list := text("/flows?place=all")
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("a page took %v", took)
		}
		return strings.Contains(list, "NEAR-1") && gone.MatchString(list)
	})
	send("/flows", url.Values{"at": {studio}, "name": {"NEAR-2"}, "protocol": {string(medialive.Listener)}, "source_name": {"Camera"}, "start": {""}})
}
