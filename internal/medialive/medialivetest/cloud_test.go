package medialivetest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// both runs a test with a client that needs no network, and with one on
// loopback.
func both(t *testing.T, test func(t *testing.T, cloud *medialivetest.Cloud, c *medialive.Client)) {
	t.Helper()
	t.Run("without a network", func(t *testing.T) {
		t.Parallel()
		cloud := medialivetest.New()
		c, err := cloud.Client("token")
		if err != nil {
			t.Fatal(err)
		}
		test(t, cloud, c)
	})
	t.Run("on loopback", func(t *testing.T) {
		t.Parallel()
		cloud := medialivetest.New()
		test(t, cloud, connect(t, cloud.Serve(t), medialive.Token("token")))
	})
}

func connect(t *testing.T, endpoint string, auth medialive.Authenticator) *medialive.Client {
	t.Helper()
	transport := medialive.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	c, err := medialive.New(medialive.Config{Endpoint: endpoint, ProjectID: medialivetest.Project, Auth: auth, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestFaults drives each fault through a real client, by a read and by a start:
// what the client makes of it, and whether the start took effect.
func TestFaults(t *testing.T) {
	const fine = medialive.Kind("")
	for name, c := range map[string]struct {
		fault       medialivetest.Fault
		read, start medialive.Kind
		effects     int
	}{
		"slow":                   {medialivetest.Slow(50 * time.Millisecond), fine, fine, 1},
		"too slow":               {medialivetest.Slow(time.Minute), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 0},
		"hang":                   {medialivetest.Hang(), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 0},
		"down":                   {medialivetest.Down(), medialive.KindUnavailable, medialive.KindUnavailable, 0},
		"throttled":              {medialivetest.Throttle("3"), medialive.KindThrottled, medialive.KindThrottled, 0},
		"503":                    {medialivetest.Status(503, "LIVE.1", "maintenance"), medialive.KindUnavailable, medialive.KindUnavailable, 0},
		"500":                    {medialivetest.Status(500, "LIVE.1", "oh"), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 0},
		"html 200":               {medialivetest.HTML(200), medialive.KindUnreadable, medialive.KindOutcomeUnknown, 0},
		"html 502":               {medialivetest.HTML(502), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 0},
		"truncated":              {medialivetest.Truncated(), medialive.KindUnreadable, medialive.KindOutcomeUnknown, 1},
		"garbage":                {medialivetest.Garbage(), medialive.KindUnreadable, medialive.KindOutcomeUnknown, 1},
		"200 with an error code": {medialivetest.CodedSuccess("LIVE.100011005", "inner"), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 0},
		"unknown words":          {medialivetest.UnknownWords(), fine, fine, 1},
		"fields missing":         {medialivetest.Without("flow_id", "total"), medialive.KindUnreadable, medialive.KindOutcomeUnknown, 1},
		"fields added":           {medialivetest.Extra(), fine, fine, 1},
		"wrong total":            {medialivetest.Total(5), fine, fine, 1},
		"huge":                   {medialivetest.Huge(), medialive.KindUnreadable, medialive.KindOutcomeUnknown, 1},
		"drip":                   {medialivetest.Drip(100 * time.Millisecond), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 1},
		"redirect":               {medialivetest.Redirect("http://127.0.0.2:1/"), medialive.KindUnreadable, medialive.KindOutcomeUnknown, 0},
		"lost before the effect": {medialivetest.Lose(medialivetest.BeforeEffect), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 0},
		"lost after the effect":  {medialivetest.Lose(medialivetest.AfterEffect), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 1},
		"lost in the headers":    {medialivetest.Lose(medialivetest.InHeaders), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 1},
		"lost in the body":       {medialivetest.Lose(medialivetest.InBody), medialive.KindUnavailable, medialive.KindOutcomeUnknown, 1},
		"late":                   {medialivetest.Late(time.Hour), fine, fine, 0},
		"never":                  {medialivetest.Never(), fine, fine, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both(t, func(t *testing.T, cloud *medialivetest.Cloud, client *medialive.Client) {
				id := cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: "f"}})
				lift := cloud.Inject("", 0, c.fault)
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				_, err := client.ListFlows(ctx, 10, 0)
				check(t, "the read", err, c.read)
				ctx, cancel = context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				_, err = client.StartFlow(ctx, id)
				check(t, "the start", err, c.start)
				if n := cloud.Effects("ModifyFlowStart", id); n != c.effects {
					t.Errorf("the start took effect %d times", n)
				}
				lift()
				if _, err := client.ListFlows(t.Context(), 10, 0); err != nil {
					t.Errorf("after it was lifted: %v", err)
				}
			})
		})
	}
}

func check(t *testing.T, what string, err error, want medialive.Kind) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("%s: %v", what, err)
	case want != "" && (err == nil || medialive.KindOf(err) != want):
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

func TestFaultsEnd(t *testing.T) {
	cloud := medialivetest.New()
	c, err := cloud.Client("token")
	if err != nil {
		t.Fatal(err)
	}
	id := cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: "f"}})
	cloud.Inject("ShowFlowDetail", 2, medialivetest.Throttle(""))
	for i, want := range []medialive.Kind{medialive.KindThrottled, medialive.KindThrottled, ""} {
		_, err := c.ShowFlow(t.Context(), id)
		check(t, "read "+string(rune('1'+i)), err, want)
	}
}

func TestTruth(t *testing.T) {
	cloud := medialivetest.New()
	c, err := cloud.Client("token")
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now().Add(-time.Nanosecond)
	id := cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: "f"}})
	standby := time.Now()
	if _, err := c.StartFlow(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := c.StartFlow(t.Context(), id); medialive.KindOf(err) != medialive.KindState {
		t.Errorf("started twice: %v", err)
	}
	active := time.Now()
	cloud.Remove(id)
	if _, there := cloud.At(before, id); there {
		t.Error("it was there before it was added")
	}
	if f, _ := cloud.At(standby, id); f.Status != medialive.Standby {
		t.Errorf("then %s", f.Status)
	}
	if f, _ := cloud.At(active, id); f.Status != medialive.Active {
		t.Errorf("then %s", f.Status)
	}
	if _, there := cloud.At(time.Now(), id); there {
		t.Error("it is there after it was removed")
	}
	if n := cloud.Effects("ModifyFlowStart", id); n != 1 {
		t.Errorf("started %d times", n)
	}
	last := cloud.Requests()[1]
	if last.Project != medialivetest.Project || last.Token != "token" || last.Status != http.StatusBadRequest || last.Effect {
		t.Errorf("the second start: %+v", last)
	}
}

func TestLateStart(t *testing.T) {
	cloud := medialivetest.New()
	c, err := cloud.Client("token")
	if err != nil {
		t.Fatal(err)
	}
	id := cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: "f"}})
	cloud.Inject("ModifyFlowStart", 1, medialivetest.Late(20*time.Millisecond))
	if _, err := c.StartFlow(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if f, _ := cloud.Flow(id); f.Status != medialive.Standby {
		t.Errorf("at once %s", f.Status)
	}
	<-time.After(25 * time.Millisecond)
	if f, _ := cloud.Flow(id); f.Status != medialive.Active || cloud.Effects("", id) != 1 {
		t.Errorf("later %s, %d effects", f.Status, cloud.Effects("", id))
	}
}

// TestTokens signs in for a heavy token, whose life ends.
func TestTokens(t *testing.T) {
	cloud := medialivetest.New()
	cloud.AddUser("op", medialivetest.User{ID: "u", Password: "pw"})
	cloud.Strict()
	cloud.TokensWeigh(16 << 10)
	cloud.TokensLive(2 * time.Second)
	endpoint := cloud.Serve(t)
	iam, err := medialive.NewIAM(medialive.IAMConfig{Endpoint: endpoint})
	if err != nil {
		t.Fatal(err)
	}
	info, err := iam.SignIn(t.Context(), medialive.SignIn{Account: "a", User: "op", Password: "pw", Project: "local"})
	if err != nil || len(info.Token) != 16<<10 {
		t.Fatalf("%d characters, %v", len(info.Token), err)
	}
	c := connect(t, endpoint, medialive.Token(info.Token))
	_, err = c.ListFlows(t.Context(), 10, 0)
	check(t, "with the token", err, "")
	if again, err := iam.CheckToken(t.Context(), info.Token); err != nil || again.UserName != "op" {
		t.Errorf("%+v, %v", again.UserName, err)
	}
	_, err = connect(t, endpoint, medialive.Token("another")).ListFlows(t.Context(), 10, 0)
	check(t, "with another", err, medialive.KindNotSignedIn)
	cloud.Skew(3 * time.Second)
	_, err = c.ListFlows(t.Context(), 10, 0)
	check(t, "after its end", err, medialive.KindNotSignedIn)
	cloud.Skew(0)
	cloud.Revoke(info.Token.Reveal())
	_, err = c.ListFlows(t.Context(), 10, 0)
	check(t, "revoked", err, medialive.KindNotSignedIn)
}

func TestQuota(t *testing.T) {
	both(t, func(t *testing.T, cloud *medialivetest.Cloud, c *medialive.Client) {
		cloud.Quota(5)
		refused := 0
		for range 20 {
			if _, err := c.ListFlows(t.Context(), 10, 0); medialive.KindOf(err) == medialive.KindThrottled && err != nil {
				refused++
			}
		}
		if refused != 15 {
			t.Errorf("%d of 20 refused", refused)
		}
	})
}

// TestRedirectTakesNothingAlong has the fake send a client to another host.
func TestRedirectTakesNothingAlong(t *testing.T) {
	cloud, other := medialivetest.New(), medialivetest.New()
	endpoint := other.Serve(t)
	cloud.Inject("", 0, medialivetest.Redirect(strings.Replace(endpoint, "127.0.0.1", "localhost", 1)+"/v1/"+medialivetest.Project+"/flows"))
	_, err := connect(t, cloud.Serve(t), medialive.Token("token")).ListFlows(t.Context(), 10, 0)
	check(t, "a redirect", err, medialive.KindUnreadable)
	if n := len(other.Requests()); n != 0 {
		t.Errorf("%d requests came to the other host", n)
	}
}

// TestListChangesBetweenPages takes the newest flow away after the first page.
func TestListChangesBetweenPages(t *testing.T) {
	cloud := medialivetest.New()
	var newest string
	for _, name := range []string{"a", "b", "c"} {
		newest = cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: name}})
	}
	var changed atomic.Bool
	cloud.Inject("ListFlows", 1, medialivetest.Then(func() { cloud.Remove(newest); changed.Store(true) }))
	c, err := cloud.Client("token")
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.ListFlows(t.Context(), 1, 0)
	check(t, "the first page", err, "")
	second, err := c.ListFlows(t.Context(), 1, 1)
	check(t, "the second page", err, "")
	if first.Total != 3 || second.Total != 2 || !changed.Load() || second.Flows[0].Name != "a" {
		t.Errorf("totals %d and %d, then %q", first.Total, second.Total, second.Flows[0].Name)
	}
}

// TestLimitOfOutputs sees that a flow holds ten outputs, and keeps them when an
// eleventh is refused.
func TestLimitOfOutputs(t *testing.T) {
	both(t, func(t *testing.T, cloud *medialivetest.Cloud, c *medialive.Client) {
		id := cloud.Add(medialivetest.Flow{Flow: medialive.Flow{Name: "full"}})
		add := func(n int) error {
			_, err := c.CreateOutputs(t.Context(), id, []medialive.Output{{Name: fmt.Sprintf("out-%d", n), Protocol: medialive.Listener, Port: 5000 + n}})
			return err
		}
		for n := range medialive.MaxOutputs {
			if err := add(n); err != nil {
				t.Fatalf("output %d: %v", n, err)
			}
		}
		if err := add(medialive.MaxOutputs); medialive.KindOf(err) != medialive.KindRefused {
			t.Errorf("one more: %v", err)
		}
		if f, err := c.ShowFlow(t.Context(), id); err != nil || len(f.Outputs) != medialive.MaxOutputs {
			t.Errorf("it holds %d outputs, %v", len(f.Outputs), err)
		}
	})
}
