package bench

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	clicks    = 20 // of each kind
	clickGoal = 150 * time.Millisecond
	inState   = `class="row row-`
)

// hiddenTicket finds the ticket in a question.
const hiddenTicket = `name="ticket" value="([^"]+)"`

// click measures from a press in one browser to the confirmed state in another
// one, beside the bare call of the API.
func (r *report) click(b *testing.B) {
	s := start(b)
	flows := s.create(b, 0, 10, 2)
	presser, onlooker := signIn(b, s.URL), signIn(b, s.URL)
	onlooker.list(b, 10, rowMark)
	screen := onlooker.open(b, flows[0].ID)
	took := map[string][]time.Duration{}
	note := func(kind string, began, ended time.Time) { took[kind] = append(took[kind], ended.Sub(began)) }
	for range clicks {
		began := time.Now()
		presser.press(b, flows[0].ID, "start", "")
		note("start", began, screen.shows(b, "waiting"))
		ticket := presser.ticket(b, flows[0].ID)
		began = time.Now()
		presser.press(b, flows[0].ID, "stop", ticket)
		note("stop", began, screen.shows(b, "standby"))

		began = time.Now()
		_, err := s.api.StartFlow(b.Context(), flows[1].ID)
		note("bare start", began, time.Now())
		must(b, err)
		began = time.Now()
		_, err = s.api.StopFlow(b.Context(), flows[1].ID)
		note("bare stop", began, time.Now())
		must(b, err)
	}
	for _, verb := range []string{"start", "stop"} {
		ours, bare := took[verb], took["bare "+verb]
		more := quantile(ours, 0.95) - median(bare)
		r.add(
			"press of "+verb+" to confirmed in a second browser",
			"bare call of the API: p50 "+millis(median(bare)),
			fmt.Sprintf("p50 %s, p95 %s: **%s more**", millis(median(ours)), millis(quantile(ours, 0.95)), millis(more)),
			fmt.Sprintf("≤ %s more", clickGoal), more <= clickGoal,
		)
	}
}

// press sends the form of a button.
func (s *session) press(b *testing.B, flowID, verb, ticket string) {
	b.Helper()
	form := url.Values{"from": {"list"}}
	if ticket != "" {
		form.Set("ticket", ticket)
	}
	answer, body := s.post(b, "/flows/"+flowID+"/"+verb, form)
	if answer.StatusCode >= http.StatusBadRequest {
		b.Fatalf("%s: %s\n%s", verb, answer.Status, body)
	}
}

// ticket asks for what the second press of a stop needs.
func (s *session) ticket(b *testing.B, flowID string) string {
	b.Helper()
	_, body := s.get(b, "/flows/"+flowID+"/stop?from=list")
	found := regexp.MustCompile(hiddenTicket).FindSubmatch(body)
	if found == nil {
		b.Fatalf("no ticket in\n%s", body)
	}
	return string(found[1])
}

// screen is the row of a flow in an open list.
type screen struct{ states chan shown }

// shown is a state and when its frame had come.
type shown struct {
	state string
	at    time.Time
}

// open opens the stream of the list, and follows the row of a flow.
func (s *session) open(b *testing.B, flowID string) *screen {
	b.Helper()
	view := &screen{states: make(chan shown, 100)}
	go view.follow(s.stream(b), flowID)
	return view
}

// stream opens the stream of the list until the benchmark ends.
func (s *session) stream(b *testing.B) *bufio.Reader {
	b.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+liveList, http.NoBody)
	must(b, err)
	r.Header.Set("Cookie", s.cookie)
	r.Header.Set("Accept", "text/event-stream")
	answer, err := http.DefaultClient.Do(r)
	must(b, err)
	b.Cleanup(func() {
		cancel()
		_ = answer.Body.Close()
	})
	return bufio.NewReader(answer.Body)
}

func (v *screen) follow(lines *bufio.Reader, flowID string) {
	frame := ""
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if frame += line; line != "\n" {
			continue
		}
		if state, ok := stateOf(frame, flowID); ok {
			v.states <- shown{state, time.Now()}
		}
		frame = ""
	}
}

// stateOf finds the state of a flow's row in a frame.
func stateOf(frame, flowID string) (state string, ok bool) {
	before, _, ok := strings.Cut(frame, `" id="flow-`+flowID+`"`)
	if !ok {
		return "", false
	}
	at := strings.LastIndex(before, inState)
	if at < 0 {
		return "", false
	}
	return before[at+len(inState):], true
}

// shows waits until the row is in a state.
func (v *screen) shows(b *testing.B, state string) time.Time {
	b.Helper()
	limit := time.After(patience)
	for {
		select {
		case s := <-v.states:
			if s.state == state {
				return s.at
			}
		case <-limit:
			b.Fatalf("the row does not become %s", state)
		}
	}
}
