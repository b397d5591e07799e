package rehearsal

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/PuerkitoBio/goquery"
)

// screen is a page that stays open, as a browser with JavaScript shows it. When
// its stream ends it comes back by itself.
type screen struct {
	*person
	path string
	doc  *goquery.Document
}

// paceTold is how often pages said that facts are read.
type paceTold struct{ list, detail time.Duration }

// watch shows a page until ctx ends.
func (s *screen) watch(ctx context.Context) {
	for ctx.Err() == nil {
		if s.open(ctx) != nil {
			pass(ctx, 200*time.Millisecond)
		}
	}
}

// open loads the page and follows its stream to its end.
func (s *screen) open(ctx context.Context) error {
	got, err := s.get(ctx, s.path)
	if err != nil {
		return err
	}
	s.doc = got.doc
	s.look(got.at)
	live, ok := s.doc.Find("#stream").Attr("hx-sse:connect")
	if !ok {
		return fmt.Errorf("%s has no stream", s.path)
	}
	body, err := s.stream(ctx, live)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	return s.follow(body)
}

// follow applies the messages of a stream.
func (s *screen) follow(from io.Reader) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 8<<20)
	var data strings.Builder
	for lines.Scan() {
		switch field, value, _ := strings.Cut(lines.Text(), ": "); field {
		case "data":
			data.WriteString(value + "\n")
		case "": // a beat has no parts, and says that all is as it was
			s.apply(data.String())
			s.look(time.Now())
			data.Reset()
		}
	}
	return lines.Err()
}

// apply puts the parts of a message into their places.
func (s *screen) apply(message string) {
	const begin, end = `<hx-partial hx-target="#`, "</hx-partial>"
	for {
		_, rest, more := strings.Cut(message, begin)
		if !more {
			return
		}
		id, rest, _ := strings.Cut(rest, `"`)
		_, rest, _ = strings.Cut(rest, ">")
		html, after, _ := strings.Cut(rest, end)
		s.doc.Find(fmt.Sprintf("[id=%q]", id)).ReplaceWithHtml(html)
		message = after
	}
}

// look writes down what is shown as present knowledge now.
func (s *screen) look(at time.Time) {
	s.event.count(&s.event.frames)
	s.pace(at)
	if s.path == "/alarms" {
		s.lookAtAlarms(at)
		return
	}
	if s.path != "/flows" && s.path != "/channels" {
		s.lookAtOne(at, idOf(s.path))
		return
	}
	s.doc.Find("#flow-rows tr[data-row], #channel-rows tr[data-row]").Each(func(_ int, row *goquery.Selection) {
		if !row.HasClass("aged") {
			id := idOf(row.Find(".col-name .name").AttrOr("href", ""))
			s.saw(at, id, aboutState, "", words(row.Find(".col-state .state-word")))
			s.sawKept(at, id, row.Find(".channel-tape .mono"))
		}
	})
}

// lookAtOne looks at the page of a flow or a channel.
func (s *screen) lookAtOne(at time.Time, id string) {
	facts := s.doc.Find("#flow-facts .fact, #channel-facts .fact")
	confirmed := facts.Eq(1).Find(".key")
	old := confirmed.HasClass("told-old")
	if word := words(confirmed); !old && slices.Contains([]string{"ACTIVE", "STANDBY", "ON", "OFF"}, word) {
		s.saw(at, id, aboutConfirmed, "", word)
	}
	if !old {
		s.sawKept(at, id, s.doc.Find("#channel-rest .pairs dd > span").First())
	}
	if !old && !facts.Eq(2).HasClass("aged") {
		s.saw(at, id, aboutState, "", words(s.doc.Find("#flow-state .state-word")))
	}
	s.doc.Find("#outputs tr.out").Each(func(_ int, row *goquery.Selection) {
		if row.HasClass("aged") || row.Find(".told-old").Length() > 0 {
			return
		}
		for _, mark := range []string{"ok", "lost", "off", "idle"} {
			if row.HasClass("out-" + mark) {
				s.saw(at, id, aboutOutput, words(row.Find(".out-name .name")), mark)
			}
		}
	})
}

// lookAtAlarms writes down which alarms of a source last, and who is said to
// have acknowledged one.
func (s *screen) lookAtAlarms(at time.Time) {
	_, detail := s.event.slowest(at)
	s.doc.Find("#alarm-rows tr.alarm-row").Each(func(_ int, row *goquery.Selection) {
		id := strings.TrimPrefix(row.AttrOr("id", ""), "alarm-id-")
		flow := idOf(row.Find(".alarm-flow a").AttrOr("href", ""))
		word := words(row.Find("td.col-what .state-word"))
		if flow != "" && alarmClaim(word) != nil {
			s.event.see(sight{at, s.name, s.path, flow, aboutAlarm, "", word, 2*detail + slack + clears, nil})
		}
		if by := words(row.Find(".alarm-by b")); by != "" {
			s.event.acked(ackTold{id, flow, by}, at)
		}
	})
}

// saw writes down one statement.
func (s *screen) saw(at time.Time, flow string, what about, output, word string) {
	list, detail := s.event.slowest(at)
	period := detail
	if isChannel(flow) {
		period = channelsRead
	} else if what == aboutConfirmed || word == "STANDBY" {
		period = list
	}
	s.event.see(sight{at, s.name, s.path, flow, what, output, word, 2*period + slack, nil})
}

// every finds how often something is read in what the page says of it: the list
// first, outputs second.
var every = regexp.MustCompile(`every (\d+) s`)

// pace notes how often the page says that facts are read.
func (s *screen) pace(at time.Time) {
	told := every.FindAllStringSubmatch(words(s.doc.Find(".fresh").First()), -1)
	if len(told) < 2 {
		return
	}
	seconds := func(i int) time.Duration {
		n, _ := strconv.Atoi(told[i][1]) // digits only
		return time.Duration(n) * time.Second
	}
	s.event.mu.Lock()
	defer s.event.mu.Unlock()
	s.event.paces[paceTold{seconds(0), max(seconds(0), seconds(1))}] = at
}

// slowest is the slowest pace that was told lately on any page: a fact that was
// read under it may still be shown.
func (e *event) slowest(at time.Time) (list, detail time.Duration) {
	list, detail = 2*time.Second, 5*time.Second
	e.mu.Lock()
	defer e.mu.Unlock()
	for p, told := range e.paces {
		if at.Sub(told) < time.Minute {
			list, detail = max(list, p.list), max(detail, p.detail)
		}
	}
	return list, detail
}
