package pages

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// isChannel tells the id of a channel, which is the path of its page, from that
// of a flow.
func isChannel(id string) bool { return strings.HasPrefix(id, "channels/") }

// flowPath is a path below a flow, or a channel.
func flowPath(id string, parts ...string) string {
	var b strings.Builder
	if isChannel(id) {
		b.WriteString("/" + id)
	} else {
		b.WriteString("/flows/" + url.PathEscape(id))
	}
	for _, part := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(part))
	}
	return b.String()
}

// OutputPath is the path of an output. One that is named "new" has an escaped
// letter, for that word stands for one that is yet to be made.
func OutputPath(flowID, name string, parts ...string) string {
	path := flowPath(flowID, "outputs") + "/" + url.PathEscape(name)
	if name == "new" {
		path = flowPath(flowID, "outputs") + "/%6eew"
	}
	return strings.Join(append([]string{path}, parts...), "/")
}

// RowID is the id of the row of a flow or a channel in its list. Ids of channels
// may be longer than that of an element may be.
func RowID(flowID string) string {
	if len(flowID) > 80 {
		sum := sha256.Sum256([]byte(flowID))
		return "flow-" + hex.EncodeToString(sum[:])
	}
	return ui.ID("flow-", flowID)
}

// OutputID is the id of an output's row on the flow page.
func OutputID(name string) string { return ui.ID("output-", name) }

// ArmedID is the id of the question that stands in place of a flow's row, of the
// flow page's command, or of an output's row.
func ArmedID(of string) string { return "armed-" + strings.TrimPrefix(RowID(of), "flow-") }

// FlowColumns are the columns of the list. With figures there are those that
// only a gateway can fill; places those that tell of which place a flow is. Link gives the URL that sorts by a key; sorted is the
// key that is sorted by, with a - before it for descending.
func FlowColumns(t *text.Strings, figures, places bool, sorted string, link func(key string) string) []ui.Column {
	l := t.List
	all := []ui.Column{
		{Key: "state", Label: l.State, URL: "sort"},
		{Key: "name", Label: l.NameHead, URL: "sort"},
		{Key: "source", Label: l.Source},
		{Key: "region", Label: t.Places.Region, URL: "sort"},
		{Key: "bitrate", Label: l.Bitrate, Right: true, URL: "sort"},
		{Key: "rtt", Label: l.RTT, Right: true, URL: "sort"},
		{Key: "loss", Label: l.Loss, Right: true, URL: "sort"},
		{Key: "trace", Label: l.Trace},
		{Key: "outputs", Label: l.Outputs},
		{Key: "since", Label: l.InState, Right: true, URL: "sort"},
		{Key: "seen", Label: l.Seen, Right: true},
		{Key: "action", Label: l.Action},
	}
	key, descending := strings.CutPrefix(sorted, "-")
	var out []ui.Column
	for _, c := range all {
		if !figures && measured(c.Key) || !places && c.Key == "region" {
			continue
		}
		if c.URL != "" {
			c.URL = link(c.Key)
		}
		if c.Key == key {
			c.Order = "ascending"
			if descending {
				c.Order = "descending"
			}
		}
		out = append(out, c)
	}
	return out
}

func measured(key string) bool {
	return key == "bitrate" || key == "rtt" || key == "loss" || key == "trace"
}

// orders tells the order of a column as ARIA names it.
func order(c ui.Column) string {
	if c.Order == "" {
		return "none"
	}
	return c.Order
}
