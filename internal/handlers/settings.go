package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/alarm"
	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/internal/notify"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// settings shows and changes who is told of alarms.
type settings struct{ *desk }

const (
	settingsPath  = "/settings"
	webhooksPath  = "/settings/webhooks"
	shownLog      = 50 // deliveries on the page of a webhook
	verbUnhook    = "delete_webhook"
	fieldShape    = "shape"
	fieldURL      = "url"
	fieldSecret   = "secret"
	fieldLanguage = "text_lang"
	fieldLeast    = "least"
	fieldHook     = "webhook_state"
)

func webhookPath(id string) string { return webhooksPath + "/" + url.PathEscape(id) }

// page lists the webhooks. GET /settings
func (h *settings) page(c echo.Context) error {
	v := visitOf(c)
	ctx := c.Request().Context()
	hooks, err := h.Notify.List(ctx, v.watcher.Key())
	if err != nil {
		return err
	}
	m := pages.Settings{Shell: h.shell(c, v, v.t.Notify.Title), NewURL: webhooksPath + "/new", Off: h.teller(v).off(actRun)}
	for _, w := range hooks {
		log, err := h.Notify.Log(ctx, v.watcher.Key(), w.ID, 1)
		if err != nil {
			return err
		}
		row := pages.WebhookRow{
			Name: w.Name, Shape: shapeWord(v.t, w.Shape), Host: w.Host,
			Least: priorityWord(v.t, w.Least), Off: w.Off,
		}
		if m.Off.Word == "" {
			row.URL = webhookPath(w.ID)
		}
		if len(log) > 0 {
			last := deliveryResult(v.t, log[0])
			row.Last = &last
		}
		m.Webhooks = append(m.Webhooks, row)
	}
	return h.print.page(c, http.StatusOK, m)
}

// newForm shows the form that adds a webhook. GET /settings/webhooks/new
func (h *settings) newForm(c echo.Context) error {
	w := notify.Webhook{Shape: notify.JSON, Least: alarm.Medium, Lang: visitOf(c).t.Lang}
	return h.show(c, http.StatusOK, w, nil)
}

// add adds a webhook. POST /settings/webhooks (name, shape, url, secret, …)
func (h *settings) add(c echo.Context) error { return h.put(c, "") }

// save changes a webhook. POST /settings/webhooks/:id
func (h *settings) save(c echo.Context) error { return h.put(c, c.Param("id")) }

func (h *settings) put(c echo.Context, id string) error {
	v := visitOf(c)
	w, err := parseWebhook(c)
	if err != nil {
		return err
	}
	w.ID = id
	err = h.Notify.Put(c.Request().Context(), v.watcher.Key(), w, v.session.User)
	switch {
	case errors.Is(err, notify.ErrUnknown):
		return errNotFound
	case isFieldFault(err):
		return h.show(c, http.StatusUnprocessableEntity, w, err)
	case err != nil:
		return err
	}
	done := flashWebhookSaved
	if id == "" {
		done = flashWebhookAdded
	}
	h.flash(c, done, w.Name)
	return seeOther(c, settingsPath)
}

// form shows the form of a webhook. GET /settings/webhooks/:id
func (h *settings) form(c echo.Context) error {
	w, err := h.find(c)
	if err != nil {
		return err
	}
	return h.show(c, http.StatusOK, w, nil)
}

// test sends a message of test. POST /settings/webhooks/:id/test
func (h *settings) test(c echo.Context) error {
	v := visitOf(c)
	w, err := h.find(c)
	if err != nil {
		return err
	}
	d, err := h.Notify.Test(c.Request().Context(), v.watcher.Key(), w.ID)
	if err != nil {
		return err
	}
	done := flashWebhookTested
	if d.Problem != "" {
		done = flashWebhookFailed // why stands in the log
	}
	h.flash(c, done, w.Name)
	return seeOther(c, webhookPath(w.ID))
}

// askDelete asks before a webhook is deleted. GET /settings/webhooks/:id/delete
func (h *settings) askDelete(c echo.Context) error {
	w, err := h.find(c)
	if err != nil {
		return err
	}
	return h.askOnPage(c, visitOf(c), h.deleteQuestion(visitOf(c), w, http.StatusOK))
}

// remove deletes a webhook for who has the ticket of the question.
// POST /settings/webhooks/:id/delete (ticket)
func (h *settings) remove(c echo.Context) error {
	v := visitOf(c)
	w, err := h.find(c)
	if err != nil {
		return err
	}
	may, err := h.redeemed(c, v, verbUnhook, w.ID, "")
	if err != nil {
		return err
	}
	if !may {
		return h.askOnPage(c, v, h.deleteQuestion(v, w, http.StatusConflict))
	}
	if err := h.Notify.Delete(c.Request().Context(), v.watcher.Key(), w.ID, v.session.User); err != nil {
		return err
	}
	h.flash(c, flashWebhookRemoved, w.Name)
	return seeOther(c, settingsPath)
}

func (h *settings) deleteQuestion(v *visit, w notify.Webhook, status int) question {
	n := v.t.Notify
	return question{
		id: w.ID, name: w.Name, verb: verbUnhook, subject: w.ID, post: webhookPath(w.ID) + "/delete", back: webhookPath(w.ID),
		title: fill(n.DeleteAsk, w.Name), lead: n.DeleteLead, button: n.Delete, answered: status,
		crumbs: []pages.Crumb{{Label: n.Title, URL: settingsPath}, {Label: w.Name, URL: webhookPath(w.ID)}},
	}
}

// find gives a webhook of the visitor's project.
func (h *settings) find(c echo.Context) (notify.Webhook, error) {
	hooks, err := h.Notify.List(c.Request().Context(), visitOf(c).watcher.Key())
	if err != nil {
		return notify.Webhook{}, err
	}
	for _, w := range hooks {
		if w.ID == c.Param("id") {
			return w, nil
		}
	}
	return notify.Webhook{}, errNotFound
}

// show shows the form of a webhook, with what was typed and what is wrong with
// it, and what was sent to it.
func (h *settings) show(c echo.Context, status int, w notify.Webhook, fault error) error {
	v := visitOf(c)
	n := v.t.Notify
	m := pages.WebhookPage{Title: n.AddTitle}
	kept := w
	if w.ID != "" {
		var err error
		if kept, err = h.find(c); err != nil {
			return err
		}
		log, err := h.Notify.Log(c.Request().Context(), v.watcher.Key(), w.ID, shownLog)
		if err != nil {
			return err
		}
		for _, d := range log {
			m.Log = append(m.Log, deliveryRow(v.t, v.sees.told(d)))
		}
		m.Title = fill(n.EditTitle, kept.Name)
		m.TestURL, m.AskURL = webhookPath(w.ID)+"/test", webhookPath(w.ID)+"/delete"
	}
	m.Shell = h.shell(c, v, m.Title)
	m.Form = webhookForm(v.t, w, kept, fault)
	return h.print.page(c, status, m)
}

// parseWebhook reads the form.
func parseWebhook(c echo.Context) (notify.Webhook, error) {
	values, err := c.FormParams()
	if err != nil {
		return notify.Webhook{}, badForm(err)
	}
	least, _ := strconv.Atoi(values.Get(fieldLeast)) // none is no priority, which the notifier says
	return notify.Webhook{
		Name: strings.TrimSpace(values.Get(fieldName)), Shape: notify.Shape(values.Get(fieldShape)),
		URL: medialive.Secret(strings.TrimSpace(values.Get(fieldURL))), Secret: medialive.Secret(values.Get(fieldSecret)),
		Lang: text.For(values.Get(fieldLanguage)).Lang, Least: alarm.Priority(least), Off: values.Get(fieldHook) == "off",
	}, nil
}

// webhookForm is the form as typed. What is secret has to be typed again.
func webhookForm(t *text.Strings, w, kept notify.Webhook, fault error) pages.WebhookForm {
	n := t.Notify
	wrong := func(is error, words string) string {
		if errors.Is(fault, is) {
			return words
		}
		return ""
	}
	f := pages.WebhookForm{
		T: t, Post: webhooksPath, IsSigned: w.Shape == notify.JSON, Error: wrong(notify.ErrLimit, n.TooMany),
		Name: ui.Field{
			Name: fieldName, Label: n.Name, Required: true, MaxLen: "64", Focus: w.ID == "",
			Value: ui.Value{Text: w.Name, Error: wrong(notify.ErrName, n.BadName)},
		},
		Shape: ui.Choice{Name: fieldShape, Label: n.Shape, Help: n.ShapeHelp, Error: wrong(notify.ErrShape, n.BadShape), Options: []ui.Option{
			{Value: string(notify.JSON), Label: n.ShapeJSON, Selected: w.Shape == notify.JSON},
			{Value: string(notify.Slack), Label: n.ShapeSlack, Selected: w.Shape == notify.Slack},
			{Value: string(notify.Feishu), Label: n.ShapeFei, Selected: w.Shape == notify.Feishu},
		}},
		Address: ui.Field{
			Name: fieldURL, Label: n.URL, Type: "url", Mono: true, Help: n.URLHelp, Required: w.ID == "", MaxLen: "2048",
			Value: ui.Value{Error: wrong(notify.ErrURL, n.BadURL)},
		},
		Secret: ui.Field{
			Name: fieldSecret, Label: n.Secret, Type: "password", Help: n.SecretHelp, MaxLen: "200", Complete: "new-password",
			Value: ui.Value{Error: wrong(notify.ErrSecret, n.BadSecret)},
		},
		Least: ui.Choice{Name: fieldLeast, Label: n.Least, Error: wrong(notify.ErrPriority, n.BadPriority)},
		Lang: ui.Choice{Name: fieldLanguage, Label: n.Lang, Options: []ui.Option{
			{Value: text.EN, Label: text.English.Name, Selected: w.Lang != text.ZH},
			{Value: text.ZH, Label: text.Chinese.Name, Selected: w.Lang == text.ZH},
		}},
		State: ui.Choice{Name: fieldHook, Label: n.State, Options: []ui.Option{
			{Value: "on", Label: n.On, Selected: !w.Off}, {Value: "off", Label: n.Off, Selected: w.Off},
		}},
	}
	for _, p := range []alarm.Priority{alarm.Low, alarm.Medium, alarm.High} {
		f.Least.Options = append(f.Least.Options, ui.Option{Value: strconv.Itoa(int(p)), Label: priorityWord(t, p), Selected: w.Least == p})
	}
	if w.ID != "" {
		f.Post = webhookPath(w.ID)
		f.Address.Help = fill(n.URLKept, kept.Host)
		f.SetBy = fill(n.SetBy, kept.By)
		if kept.Signed {
			f.Secret.Help = n.SecretKept
		}
	}
	return f
}

// isFieldFault tells whether an error is of what was typed.
func isFieldFault(err error) bool {
	for _, f := range []error{notify.ErrName, notify.ErrURL, notify.ErrShape, notify.ErrPriority, notify.ErrSecret, notify.ErrLimit} {
		if errors.Is(err, f) {
			return true
		}
	}
	return false
}

func shapeWord(t *text.Strings, s notify.Shape) string {
	switch s {
	case notify.Slack:
		return t.Notify.ShapeSlack
	case notify.Feishu:
		return t.Notify.ShapeFei
	}
	return t.Notify.ShapeJSON
}

func priorityWord(t *text.Strings, p alarm.Priority) string {
	switch p {
	case alarm.High:
		return t.Notify.High
	case alarm.Medium:
		return t.Notify.Medium
	}
	return t.Notify.Low
}

const deliveryTime = "2006-01-02 15:04:05"

// deliveryResult is what became of a delivery, in words.
func deliveryResult(t *text.Strings, d notify.Delivery) pages.DeliveryResult {
	r := pages.DeliveryResult{Time: d.At.UTC().Format(deliveryTime), Note: d.Problem}
	switch {
	case d.DoneAt.IsZero():
		r.Shape, r.Word = ui.ShapeWaiting, t.Notify.Waiting
		if d.Tries > 0 {
			r.Note = strings.TrimSpace(d.Problem + " " + fill(t.Notify.Again, d.NextTry.UTC().Format("15:04:05")))
		}
	case d.Problem == "":
		r.Shape, r.Word, r.Note = ui.ShapeLive, t.Notify.Taken, strconv.Itoa(d.Status)
	default:
		r.Shape, r.Word = ui.ShapeWarn, t.Notify.Failed
	}
	return r
}

func deliveryRow(t *text.Strings, d notify.Delivery) pages.DeliveryRow {
	return pages.DeliveryRow{
		Time: d.At.UTC().Format(deliveryTime), Event: t.Notify.EventOf(d.Event), Flow: cmp.Or(d.Subject, "–"),
		Tries: strconv.Itoa(d.Tries), Result: deliveryResult(t, d),
	}
}
