package auth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/internal/trail"
)

const (
	berlin = "https://berlin.example"
	paris  = "https://paris.example"
)

// hosts leads each host's calls to a cloud of its own.
type hosts map[string]http.RoundTripper

func (h hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	to, ok := h[r.URL.Host]
	if !ok {
		return nil, errors.New("no such host: " + r.URL.Host)
	}
	return to.RoundTrip(r)
}

// account is a cloud whose IAM has several projects, by name and id.
type account struct {
	cloud    http.RoundTripper
	projects map[string]string
}

func (a account) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/v3/auth/projects" {
		list := []medialive.Project{{ID: "closed", Name: "local_closed"}}
		for name, id := range a.projects {
			list = append(list, medialive.Project{ID: id, Name: name, Enabled: true})
		}
		body, err := json.Marshal(map[string]any{"projects": list})
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, err
	}
	answer, err := a.cloud.RoundTrip(r)
	if err != nil || r.URL.Path != "/v3/auth/tokens" || answer.StatusCode != http.StatusCreated {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	text := string(body)
	for name, id := range a.projects {
		if strings.Contains(text, `"name":"`+name+`"`) {
			text = strings.Replace(text, medialivetest.Project, id, 1)
		}
	}
	answer.Body = io.NopCloser(strings.NewReader(text))
	return answer, nil
}

// travelling is a house with two gateways, in each of which op-1 is somebody
// else; the one in Berlin has two projects.
func travelling(t *testing.T) (*house, *medialivetest.Cloud) {
	t.Helper()
	there := medialivetest.New()
	there.AddUser("op-1", medialivetest.User{ID: "p1", Password: "CANARY-password-2"})
	h := open(t)
	change := func(o *auth.Options) {
		o.Transport = hosts{"berlin.example": account{h.cloud.Transport(), map[string]string{"local_two": "two", "local_three": "three"}}, "paris.example": there.Transport()}
		o.Backend = auth.Several(
			auth.Only(auth.Target{Region: "berlin", Endpoint: berlin, IAMEndpoint: berlin, Project: "local"}),
			auth.Only(auth.Target{Region: "paris", Endpoint: paris, IAMEndpoint: paris, Project: "local"}),
		)
	}
	h.Auth = h.another(change)
	return h, there
}

func to(region, password string) auth.Form {
	f := form("op-1")
	f.Region, f.Password = region, medialive.Secret(password)
	return f
}

// enter signs in to further places.
func (h *house) enter(t *testing.T, s *auth.Session, f auth.Form, cookie *http.Cookie, projects ...string) (*auth.Session, *http.Cookie, []auth.Refusal) {
	t.Helper()
	w := httptest.NewRecorder()
	next, refused, err := h.Enter(t.Context(), w, request(cookie), s, f, projects)
	if err != nil {
		t.Fatalf("enter: %v", err)
	}
	return next, w.Result().Cookies()[0], refused
}

func (h *house) session(t *testing.T, cookies ...*http.Cookie) *auth.Session {
	t.Helper()
	s, err := h.Session(request(cookies...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func regions(s *auth.Session) string {
	var all []string
	for _, p := range s.Places() {
		all = append(all, p.Region+"/"+p.Project)
	}
	return strings.Join(all, " ")
}

func TestPlaces(t *testing.T) {
	h, _ := travelling(t)
	first, cookie := h.signIn(t, to("berlin", password))
	second, next, _ := h.enter(t, first, to("paris", "CANARY-password-2"), cookie)
	if second.Region != "paris" || second.UserID != "p1" || regions(second) != "berlin/local paris/local" {
		t.Errorf("entered %s as %s, of %s", second.Region, second.UserID, regions(second))
	}
	if second.ID() == first.ID() {
		t.Error("the session kept its id over a sign-in")
	}
	h.refused(t, "the id before", cookie)

	w := httptest.NewRecorder()
	back, err := h.Switch(t.Context(), w, second, first.Key())
	if err != nil || back.Region != "berlin" || back.UserID != "u1" || back.ID() != second.ID() {
		t.Fatalf("switched to %v, %v", back, err)
	}
	if s := h.session(t, next); s.Key() != first.Key() || s.Token != first.Token || regions(s) != regions(second) {
		t.Errorf("the session is in %s with %s", s.Region, regions(s))
	}
	if there, err := h.At(t.Context(), back, second.Key()); err != nil || there.Token != second.Token || there.UserID != "p1" {
		t.Errorf("looked at the other: %v, %v", there, err)
	}
	if _, err := h.Switch(t.Context(), w, back, "0123456789ab"); !errors.Is(err, auth.ErrNoPlace) {
		t.Errorf("switched to a place that the session does not hold: %v", err)
	}
}

// A replica that knew the session a moment ago believes the browser's word that
// it went elsewhere.
func TestSwitchIsSeenByEveryReplica(t *testing.T) {
	h, _ := travelling(t)
	first, cookie := h.signIn(t, to("berlin", password))
	second, cookie, _ := h.enter(t, first, to("paris", "CANARY-password-2"), cookie)
	other := h.another()
	if s, err := other.Session(request(cookie)); err != nil || s.Region != "paris" {
		t.Fatal(s, err)
	}
	w := httptest.NewRecorder()
	if _, err := h.Switch(t.Context(), w, second, first.Key()); err != nil {
		t.Fatal(err)
	}
	told := w.Result().Cookies()
	if len(told) != 1 || told[0].MaxAge < 2 || !told[0].HttpOnly {
		t.Fatalf("cookies of a switch: %v", told)
	}
	if s, err := other.Session(request(cookie, told[0])); err != nil || s.Region != "berlin" {
		t.Errorf("another replica: %v, %v", s, err)
	}
}

func TestProjectsOfTheAccount(t *testing.T) {
	h, _ := travelling(t)
	s, cookie := h.signIn(t, to("berlin", password))
	offered := func(s *auth.Session) (names []string) {
		t.Helper()
		all, err := h.Projects(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range all {
			names = append(names, p.Region+"/"+p.Project)
		}
		return names
	}
	if got := offered(s); !slices.Equal(got, []string{"berlin/local_three", "berlin/local_two"}) {
		t.Errorf("offered %q", got)
	}
	next, _, refused := h.enter(t, s, auth.Form{Password: password}, cookie, "local_two", "local_three")
	if regions(next) != "berlin/local berlin/local_three berlin/local_two" || len(refused) != 0 || next.Project != "local_two" || next.ProjectID != "two" {
		t.Errorf("in %s of %s, refused %v", next.Project, regions(next), refused)
	}
	if got := offered(next); len(got) != 0 {
		t.Errorf("offered %q although signed in to them", got)
	}
	if next.FlowRegion() != "local" {
		t.Errorf("flows are made in %q", next.FlowRegion())
	}
	if strings.Contains(h.log.String(), password) {
		t.Error("the password is in the log")
	}
}

func TestEnterRefused(t *testing.T) {
	h, _ := travelling(t)
	s, cookie := h.signIn(t, to("berlin", password))
	for what, c := range map[string]struct {
		form     auth.Form
		projects []string
		want     error
	}{
		"a wrong password":           {to("paris", password), nil, auth.ErrCredentials},
		"no such region":             {to("rome", password), nil, auth.ErrRegion},
		"a wrong password, projects": {auth.Form{Password: "no"}, []string{"local_two", "local_three"}, auth.ErrCredentials},
		"more than there can be":     {auth.Form{Password: password}, slices.Repeat([]string{"local_two"}, auth.MaxPlaces), auth.ErrManyPlaces},
	} {
		before := len(h.cloud.Calls("KeystoneCreateUserToken"))
		if _, _, err := h.Enter(t.Context(), httptest.NewRecorder(), request(cookie), s, c.form, c.projects); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", what, err)
		}
		if n := len(h.cloud.Calls("KeystoneCreateUserToken")) - before; n > 1 {
			t.Errorf("%s: %d sign-ins with a password that was refused", what, n)
		}
	}
	if now := h.session(t, cookie); regions(now) != "berlin/local" {
		t.Errorf("the session is in %s", regions(now))
	}
}

// Of several projects each is refused for its own reason, and what was refused
// for another than its own is not tried again.
func TestEachIsRefusedForItsOwnReason(t *testing.T) {
	for what, c := range map[string]struct {
		refused string
		status  int
		words   string
		in      string
		want    []error
		calls   int
	}{
		"one of no rights, the other entered": {"local_two", http.StatusForbidden, "no", "local local_three", []error{auth.ErrNoProject}, 2},
		"a code that was used":                {"local_three", http.StatusUnauthorized, "The one-time passcode is missing or wrong.", "local local_two", []error{auth.ErrCodeNeeded}, 2},
		"silent from the first on":            {"local_two", http.StatusServiceUnavailable, "", "local", []error{auth.ErrUnreachable, auth.ErrUnreachable}, 1},
	} {
		t.Run(what, func(t *testing.T) {
			h := open(t)
			h.cloud.AddProject(c.refused, "refused", c.status, c.words)
			other := map[string]string{"local_two": "local_three", "local_three": "local_two"}[c.refused]
			h.cloud.AddProject(other, "other", 0, "")
			s, cookie := h.signIn(t, form("op-1"))
			before := len(h.cloud.Calls("KeystoneCreateUserToken"))
			w := httptest.NewRecorder()
			_, refused, err := h.Enter(t.Context(), w, request(cookie), s, auth.Form{Password: password}, []string{"local_two", "local_three"})
			if (err != nil) != (len(refused) == 2) || len(refused) != len(c.want) {
				t.Fatalf("refused %v, %v", refused, err)
			}
			for i, want := range c.want {
				if !errors.Is(refused[i].Err, want) || i == 0 && refused[i].Project != c.refused {
					t.Errorf("%s: %v, want %v", refused[i].Project, refused[i].Err, want)
				}
			}
			if set := w.Result().Cookies(); len(set) > 0 {
				cookie = set[0]
			}
			var in []string
			for _, p := range h.session(t, cookie).Places() {
				in = append(in, p.Project)
			}
			if now := strings.Join(in, " "); now != c.in {
				t.Errorf("in %s, want %s", now, c.in)
			}
			if n := len(h.cloud.Calls("KeystoneCreateUserToken")) - before; n != c.calls {
				t.Errorf("%d sign-ins, want %d", n, c.calls)
			}
		})
	}
}

func TestLeave(t *testing.T) {
	h, _ := travelling(t)
	first, cookie := h.signIn(t, to("berlin", password))
	second, cookie, _ := h.enter(t, first, to("paris", "CANARY-password-2"), cookie)
	next, err := h.Leave(t.Context(), httptest.NewRecorder(), second, second.Key())
	if err != nil || next.Key() != first.Key() || regions(next) != "berlin/local" {
		t.Fatalf("left: %v, %v", next, err)
	}
	if s := h.session(t, cookie); s.Key() != first.Key() || regions(s) != "berlin/local" {
		t.Errorf("the session is in %s of %s", s.Region, regions(s))
	}
	if _, err := h.Leave(t.Context(), httptest.NewRecorder(), next, first.Key()); !errors.Is(err, auth.ErrLastPlace) {
		t.Errorf("left the last: %v", err)
	}
	events, err := h.store.Timeline(t.Context(), trail.Filter{Endpoint: paris, Project: medialivetest.Project})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range slices.Backward(events) {
		told = append(told, e.Actor+" "+e.Verb)
	}
	if !slices.Equal(told, []string{"op-1 sign_in", "op-1 sign_out"}) {
		t.Errorf("the trail of the place: %q", told)
	}
}

// A token that its API no longer takes ends the sign-in there, and nowhere else.
func TestExpireEndsOnePlace(t *testing.T) {
	h, _ := travelling(t)
	first, cookie := h.signIn(t, to("berlin", password))
	second, cookie, _ := h.enter(t, first, to("paris", "CANARY-password-2"), cookie)
	there, err := h.At(t.Context(), second, first.Key())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Expire(t.Context(), there); err != nil {
		t.Fatal(err)
	}
	s := h.session(t, cookie)
	if s.Region != "paris" {
		t.Errorf("the session went to %s", s.Region)
	}
	if _, err := h.At(t.Context(), s, first.Key()); !errors.Is(err, auth.ErrExpired) {
		t.Errorf("the place whose token ended: %v", err)
	}
	gone, err := h.Switch(t.Context(), httptest.NewRecorder(), s, first.Key())
	if err != nil || gone.Region != "berlin" {
		t.Fatalf("went there to sign in again: %v, %v", gone, err)
	}
	if _, err := h.Session(request(cookie)); !errors.Is(err, auth.ErrExpired) {
		t.Errorf("there: %v", err)
	}
	renewed, cookie := h.signIn(t, to("berlin", password), cookie)
	if regions(renewed) != "berlin/local paris/local" {
		t.Errorf("a sign-in that was renewed leaves %s", regions(renewed))
	}
	if _, err := h.At(t.Context(), h.session(t, cookie), second.Key()); err != nil {
		t.Errorf("the other place: %v", err)
	}
}

// Who comes to another's browser begins anew: the places of who sat there are
// none of theirs.
func TestAnotherPersonInheritsNoPlace(t *testing.T) {
	h, _ := travelling(t)
	h.cloud.AddUser("op-3", medialivetest.User{ID: "u3", Password: password})
	first, cookie := h.signIn(t, to("berlin", password))
	_, cookie, _ = h.enter(t, first, to("paris", "CANARY-password-2"), cookie)
	f := to("berlin", password)
	f.User = "op-3"
	next, _ := h.signIn(t, f, cookie)
	if regions(next) != "berlin/local" || next.User != "op-3" {
		t.Errorf("%s is in %s", next.User, regions(next))
	}
}

// A ticket is of one place: two gateways may have flows of the same id.
func TestTicketIsOfOnePlace(t *testing.T) {
	h, _ := travelling(t)
	first, cookie := h.signIn(t, to("berlin", password))
	second, _, _ := h.enter(t, first, to("paris", "CANARY-password-2"), cookie)
	ticket, err := h.Issue(t.Context(), second, "stop", "flow-0001", "ACTIVE", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	back, err := h.Switch(t.Context(), httptest.NewRecorder(), second, first.Key())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Redeem(t.Context(), back, ticket, "stop", "flow-0001", "ACTIVE"); !errors.Is(err, auth.ErrTicket) {
		t.Errorf("a ticket of Paris in Berlin: %v", err)
	}
}

// Roles are asked for as who one is in a place.
func TestRoleIsOfThePlace(t *testing.T) {
	h, _ := travelling(t)
	first, cookie := h.signIn(t, to("berlin", password))
	h.setRules(t, first, role.Rule{ID: "1", Region: "paris", User: "op-1", Role: role.Operator})
	second, _, _ := h.enter(t, first, to("paris", "CANARY-password-2"), cookie)
	h.later(5 * time.Second)
	if r := h.Role(t.Context(), second); r != role.Operator {
		t.Errorf("in Paris: %s", r)
	}
	if r := h.Role(t.Context(), first); r != role.Viewer {
		t.Errorf("in Berlin: %s", r)
	}
}

// All sessions of whoever signed in are theirs, wherever these went from there.
func TestSessionsAreOfWhoSignedIn(t *testing.T) {
	h, _ := travelling(t)
	first, cookie := h.signIn(t, to("berlin", password))
	_, _, _ = h.enter(t, first, to("paris", "CANARY-password-2"), cookie)
	again, _ := h.signIn(t, to("berlin", password))
	all, err := h.Own(t.Context(), again)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d sessions, %v", len(all), err)
	}
	abroad := all[slices.IndexFunc(all, func(l auth.Listed) bool { return !l.This })]
	if want := []auth.Target{{Region: "paris", Project: "local"}, {Region: "berlin", Project: "local"}}; !slices.Equal(abroad.Where, want) {
		t.Errorf("it is in %+v", abroad.Where)
	}
	if n, err := h.RevokeOthers(t.Context(), again); err != nil || n != 1 {
		t.Errorf("ended %d, %v", n, err)
	}
}

// A place that was never proved is not waited for.
func TestGlanceDoesNotWait(t *testing.T) {
	h, there := travelling(t)
	first, cookie := h.signIn(t, to("berlin", password))
	second, _, _ := h.enter(t, first, to("paris", "CANARY-password-2"), cookie)
	lift := there.Inject("", 0, medialivetest.Hang())
	defer lift()
	began := time.Now()
	if _, err := h.Glance(t.Context(), second); !errors.Is(err, auth.ErrUnproved) {
		t.Errorf("a place that hangs: %v", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("waited %v for it", took)
	}
}
