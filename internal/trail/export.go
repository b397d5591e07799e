package trail

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"time"
)

// Writer writes lines of the trail in some form. Close ends the form; what it
// writes to stays open.
type Writer interface {
	Entry(e Entry) error // a line with its place in the chain
	Event(e Event) error // a line as a timeline shows it
	Close() error
}

// columns are the names of the fields in both forms.
var columns = []string{
	"seq", "at", "kind", "endpoint", "project", "flow_id", "flow_name", "verb", "target", "actor", "reason", "detail",
	"outcome", "cause", "code", "message", "request_id", "settled_at", "id", "key_number", "mac",
}

func row(e Event) []string {
	return []string{
		strconv.FormatInt(e.Seq, 10), stamp(e.At), string(e.Kind), e.Endpoint, e.Project, e.FlowID, e.FlowName, e.Verb,
		e.Target, e.Actor, e.Reason, e.Detail, e.Outcome, e.Cause, e.Code, e.Message, e.Request, stamp(e.SettledAt),
		e.ID, strconv.Itoa(e.KeyNumber), hex.EncodeToString(e.MAC),
	}
}

// stamp is a time in ISO 8601 to the millisecond; the zero time is empty.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// csvWriter writes RFC 4180.
type csvWriter struct {
	out   *bufio.Writer
	begun bool
}

// NewCSV writes comma-separated values after RFC 4180 with a line of names
// first. A cell that a spreadsheet would take for a formula gets a leading
// apostrophe.
func NewCSV(w io.Writer) Writer { return &csvWriter{out: bufio.NewWriter(w)} }

func (c *csvWriter) Entry(e Entry) error { return c.Event(Event{Entry: e}) }

func (c *csvWriter) Event(e Event) error {
	if err := c.begin(); err != nil {
		return err
	}
	return c.row(row(e))
}

func (c *csvWriter) Close() error {
	if err := c.begin(); err != nil {
		return err
	}
	return c.out.Flush()
}

func (c *csvWriter) begin() error {
	if c.begun {
		return nil
	}
	c.begun = true
	return c.row(columns)
}

func (c *csvWriter) row(cells []string) error {
	for i, cell := range cells {
		if i > 0 {
			_ = c.out.WriteByte(',') // the last write has the error of all
		}
		_, _ = c.out.WriteString(quote(harmless(cell)))
	}
	_, err := c.out.WriteString("\r\n")
	return err
}

// harmless puts an apostrophe before what a spreadsheet would run.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r\n", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// quote puts a cell between quotes where RFC 4180 wants it.
func quote(cell string) string {
	if !strings.ContainsAny(cell, "\",\r\n") && strings.TrimSpace(cell) == cell {
		return cell
	}
	return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
}

// jsonWriter writes one array.
type jsonWriter struct {
	out   *bufio.Writer
	begun bool
}

// NewJSON writes an array of objects, one a line, without their empty fields.
func NewJSON(w io.Writer) Writer { return &jsonWriter{out: bufio.NewWriter(w)} }

func (j *jsonWriter) Entry(e Entry) error { return j.Event(Event{Entry: e}) }

func (j *jsonWriter) Event(e Event) error {
	object := map[string]any{"seq": e.Seq, "key_number": e.KeyNumber}
	for i, cell := range row(e) {
		if _, set := object[columns[i]]; !set && cell != "" {
			object[columns[i]] = cell
		}
	}
	text, err := json.Marshal(object)
	if err != nil {
		return err
	}
	before := ",\n"
	if !j.begun {
		before, j.begun = "[\n", true
	}
	_, _ = j.out.WriteString(before) // the next write has the error of both
	_, err = j.out.Write(text)
	return err
}

func (j *jsonWriter) Close() error {
	end := "\n]\n"
	if !j.begun {
		end = "[]\n"
	}
	_, _ = j.out.WriteString(end) // Flush has its error
	return j.out.Flush()
}
