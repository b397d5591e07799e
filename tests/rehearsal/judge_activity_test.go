package rehearsal

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/flowdeck/flowdeck/internal/medialive/medialivetest"
)

// told is what a page told of a line of the trail.
type told struct {
	who, where  string
	exact, flow string // its time as it is told, and the flow's id or name: these name the line
	actor       string
	word        string // of the outcome; empty: none
}

// reader reads the trail of the project, of flows and of channels, again and again.
type reader struct {
	*person
	last map[told]string // word by line, as last told to this reader
}

// read reads until ctx ends.
func (r *reader) read(ctx context.Context) {
	for ctx.Err() == nil {
		if got, err := r.get(ctx, "/activity"); err == nil {
			got.doc.Find("li.event:has(.outcome)").Each(func(_ int, row *goquery.Selection) {
				flow, linked := row.Find(".event-flow a").Attr("href")
				if flow = idOf(flow); !linked { // none was read since a restart
					flow = words(row.Find(".event-flow"))
				}
				r.note("/activity", flow, row, ".event-time", ".event-who b")
			})
		}
		flow := r.event.any(r.dice)
		if got, err := r.get(ctx, pathOf(flow)); err == nil {
			got.doc.Find("#activity li.activity-row").Each(func(_ int, row *goquery.Selection) {
				r.note("/flows", flow, row, "time", "b:not(.activity-media)")
			})
		}
		pass(ctx, 3*time.Second)
	}
}

// note writes down what a row tells, if it tells something new of a person.
func (r *reader) note(where, flow string, row *goquery.Selection, at, actor string) {
	t := told{
		who: r.name, where: where, flow: flow, exact: row.Find(at).AttrOr("title", ""), actor: words(row.Find(actor)),
	}
	word := words(row.Find(".outcome > span").Not(".outcome-code"))
	if before, known := r.last[t]; t.actor == "" || known && before == word {
		return
	}
	r.last[t] = word
	t.word = word
	r.event.mu.Lock()
	defer r.event.mu.Unlock()
	r.event.told = append(r.event.told, t)
}

// outcomes are the outcomes of the trail by the words of the pages.
var outcomes = map[string]string{
	"done": "done", "refused": "refused", "did not happen": "not_done", "outcome unknown": "unknown", "on its way": "",
}

// judgeActivity gives what pages told of commands that is not so: of another
// flow or person than in the trail, with an outcome that the trail has not, with
// a final one that changed, or as done where the cloud saw no effect.
func judgeActivity(lines []line, all []told, requests []medialivetest.Request) (problems []string) {
	commands := commandsOf(lines)
	of, _ := actedOf(commands, requests)
	byName := map[told]*command{}
	for _, c := range commands {
		byName[told{flow: c.FlowID, exact: exact(c.At)}] = c
		byName[told{flow: c.FlowName, exact: exact(c.At)}] = c
	}
	final := map[told]string{}
	for _, t := range all {
		c := byName[told{flow: t.flow, exact: t.exact}]
		if c == nil && t.word == "" {
			continue // no command
		}
		if c == nil {
			problems = append(problems, fmt.Sprintf("not in the trail: %+v", t))
			continue
		}
		line := t
		line.word = ""
		wrong := t.wrong(c, of[c])
		if before, ended := final[line]; ended && before != t.word {
			wrong = "it was told as " + before + " before"
		}
		if outcome := outcomes[t.word]; t.word == "" || outcome != "" && outcome != "unknown" {
			final[line] = t.word
		}
		if wrong != "" {
			problems = append(problems, fmt.Sprintf("%s: told %+v; trail %v", wrong, t, c))
		}
	}
	return problems
}

// wrong says what is wrong with what was told of a command; empty: nothing.
func (t told) wrong(c *command, a acted) string {
	outcome, known := outcomes[t.word]
	if t.word == "" { // a page of a flow tells only what is not done
		outcome, known = "done", true
	}
	switch {
	case !known:
		return "no outcome"
	case t.actor != c.Actor:
		return "of another person"
	case outcome == "":
		return ""
	case outcome == "unknown" && !slices.Contains(c.said, outcome), outcome != "unknown" && outcome != c.outcome():
		return "another outcome"
	case outcome == "done" && a.effects == 0:
		return "done without an effect"
	}
	return ""
}

// exact is a time as pages tell it exactly.
func exact(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05.000") + " UTC" }
