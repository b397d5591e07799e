package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/channelform"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/monitor"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// channelFiles show channels as JSON, write them to files, and make new ones
// after them.
type channelFiles struct{ *desk }

// The fields of an import.
const (
	fieldFile     = "file"
	fieldJSON     = "json"
	maxImport     = 256 << 10 // bytes, as much as a gateway takes
	maxExportName = 100       // characters
)

// export gives a channel as a file, without its secrets, those within addresses too.
// GET /channels/:domain/:app/:id/export
func (h *channelFiles) export(c echo.Context) error {
	ch, err := visitOf(c).channel(c)
	if err != nil {
		return err
	}
	data, err := medialive.FileJSON(ch.Channel)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+exportName(ch.Channel)+`"`)
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, append([]byte(indented(data)), '\n'))
}

// exportName names the file of a channel: letters, digits, dots and dashes only.
func exportName(ch medialive.Channel) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '-'
	}, strings.Join([]string{"channel", ch.Domain, ch.AppName, ch.ID}, "-"))
	return cut(name, maxExportName) + ".json"
}

// clone begins a new channel that is as another, but for its id and addresses.
// GET /channels/:domain/:app/:id/clone
func (h *channelFiles) clone(c echo.Context) error {
	v := visitOf(c)
	ch, err := v.channel(c)
	if err != nil {
		return err
	}
	form, err := after(ch.Channel, medialive.ChannelKey{Domain: ch.Domain, AppName: ch.AppName})
	if err != nil {
		return err
	}
	w := v.t.ChannelForm.Step
	lead := []string{fill(w.CloneLead, ch.Name)}
	if len(medialive.Masked(ch.Channel)) > 0 {
		lead = append(lead, w.CloneSecrets)
	}
	return (&newChannels{h.desk}).begin(c, v, form, lead)
}

// after is the form of a channel that is made after another. Its secrets have to
// be typed, and its packages get addresses of their own; what plays in the standby
// region gets none.
func after(ch medialive.Channel, key medialive.ChannelKey) (url.Values, error) {
	made, err := ch.Copy(key)
	if err != nil {
		return nil, err
	}
	for _, p := range made.Packages() {
		p.URL, p.SlaveURL = "", ""
	}
	return newForm(made), nil
}

// newForm is the form of a channel that does not exist yet: no secret can stay.
func newForm(ch medialive.Channel) url.Values {
	form := channelform.Show(ch)
	for name := range form {
		if strings.HasSuffix(name, ".action") {
			form.Set(name, channelform.Replace)
		}
	}
	return form
}

// importForm asks for a file. GET /channels/import
func (h *channelFiles) importForm(c echo.Context) error {
	return h.ask(c, visitOf(c), "", "", http.StatusOK)
}

func (h *channelFiles) ask(c echo.Context, v *visit, typed, fault string, status int) error {
	w := v.t.ChannelForm.File
	return h.print.page(c, status, pages.ChannelImport{
		Shell: h.shell(c, v, w.Title),
		Field: ui.Field{Name: fieldJSON, Label: w.Label, Help: w.Help, Mono: true, Rows: "16", Value: ui.Value{Text: typed, Error: fault}},
	})
}

// read begins a new channel from a file. POST /channels/import (file, json)
func (h *channelFiles) read(c echo.Context) error {
	v := visitOf(c)
	w := v.t.ChannelForm.File
	typed, err := importedText(c)
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(typed) == "":
		return h.ask(c, v, "", w.Empty, http.StatusUnprocessableEntity)
	}
	ch, err := importedChannel([]byte(typed))
	if err != nil {
		return h.ask(c, v, typed, jsonFault(v.t, typed, err), http.StatusUnprocessableEntity)
	}
	form := newForm(ch)
	if _, there := v.snapshot().Channel(monitor.ChannelID(ch.ChannelKey)); there { // a copy beside it
		if form, err = after(ch, medialive.ChannelKey{Domain: ch.Domain, AppName: ch.AppName}); err != nil {
			return err
		}
	}
	return (&newChannels{h.desk}).begin(c, v, form, nil)
}

// importedText is what was sent: the file, or the text.
func importedText(c echo.Context) (string, error) {
	if _, err := c.FormParams(); err != nil {
		return "", badForm(err)
	}
	file, err := c.FormFile(fieldFile)
	if err != nil || file.Size == 0 {
		return c.FormValue(fieldJSON), nil
	}
	if file.Size > maxImport {
		return "", errTooLarge
	}
	opened, err := file.Open()
	if err != nil {
		return "", badForm(err)
	}
	defer func() { _ = opened.Close() }()
	data, err := io.ReadAll(io.LimitReader(opened, maxImport))
	return string(data), err
}

// errNotOne tells that JSON is not one channel.
var errNotOne = errors.New("not one channel")

// importedChannel reads a channel: as it was exported, or the one of a list. Ids
// that a service gave to packages are left out.
func importedChannel(data []byte) (medialive.Channel, error) {
	var list struct {
		Channels []medialive.Channel `json:"channels"`
	}
	var ch medialive.Channel
	if err := json.Unmarshal(data, &ch); err != nil {
		return ch, err
	}
	if ch.Input.Protocol == "" && ch.ID == "" {
		if json.Unmarshal(data, &list) != nil || len(list.Channels) != 1 {
			return ch, errNotOne
		}
		ch = list.Channels[0]
	}
	return ch.Copy(ch.ChannelKey)
}

// jsonFault tells where JSON ends to be any, or which field is of another kind.
func jsonFault(t *text.Strings, typed string, err error) string {
	w := t.ChannelForm.File
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		before := typed[:min(int(syntax.Offset), len(typed))]
		return fill(w.Bad, w.BadLine(1+strings.Count(before, "\n")))
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fill(w.Bad, w.BadType(kind.Field))
	}
	return fill(w.Bad, w.NotOne)
}
