package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// place is the id of the element that holds the offer: a row of the list, or the
// command of the flow page.
func (a FlowAction) place() string {
	if a.From == "flow" {
		return "flow-command"
	}
	return RowID(a.FlowID)
}

// origin is From as one of the two words it may be.
func (a FlowAction) origin() string {
	switch a.From {
	case "flow", "all":
		return a.From
	}
	return "list"
}

// id is that of the row's element. Two places may have flows of the same id.
func (r FlowRow) id() string {
	if r.Away != nil {
		return RowID(r.Away.Key + "-" + r.ID)
	}
	return RowID(r.ID)
}

// offered is which button is drawn: a command that cannot be given now has the
// place of its button.
func (a FlowAction) offered() string {
	if a.Verb != "" && a.Why.Word != "" {
		return "off"
	}
	return a.Verb
}

// word and spoken are the command as its button says it, and as it is heard.
func (a FlowAction) word(t *text.Strings) string {
	switch {
	case a.Turn && a.Verb == "start":
		return t.Channels.List.TurnOn
	case a.Turn:
		return t.Channels.List.TurnOff
	case a.Verb == "start":
		return t.List.Start
	}
	return t.List.Stop
}

func (a FlowAction) spoken(t *text.Strings) string {
	switch {
	case a.Turn && a.Verb == "start":
		return t.Channels.List.TurnOnName(a.Name)
	case a.Turn:
		return t.Channels.List.TurnOffName(a.Name)
	case a.Verb == "start":
		return t.List.StartFlow(a.Name)
	}
	return t.List.StopFlow(a.Name)
}

// first and second give one of two texts.
func first(a, _ string) string  { return a }
func second(_, b string) string { return b }

// at gives an element, or the empty text where there is none.
func at(all []string, i int) string {
	if i < len(all) {
		return all[i]
	}
	return ""
}

// short cuts a long id in its middle.
func short(id string) string {
	if len(id) <= 12 {
		return id
	}
	return id[:4] + "…" + id[len(id)-4:]
}

func sheetID(l ui.CopyLine) string {
	if l.ID == "" {
		return ui.ID("sheet-", l.Label)
	}
	return ui.ID("sheet-", l.ID)
}

// hint is what a name that is cut off does not show.
func (r FlowRow) hint() string {
	if r.Description == "" {
		return r.Name
	}
	return r.Name + ": " + r.Description
}
