package pages

import (
	"strings"

	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// FormField is one field of a form of a channel: one of its parts is set.
type FormField struct {
	Field  *ui.Field
	Choice *ui.Choice
	Checks *FormChecks
	Secret *FormSecret
	Not    *FormNot
	For    []string // protocols of the input with which it has a meaning; none: with all
	Class  string   // of what shows it: when-on, when-way
}

// class shows the field where it has a meaning.
func (f FormField) class() string { return ui.Joined(forClass(f.For), f.Class) }

func forClass(protocols []string) string {
	if len(protocols) == 0 {
		return "for-all"
	}
	all := []string{"for"}
	for _, p := range protocols {
		all = append(all, "for-"+strings.ToLower(strings.ReplaceAll(p, "_", "-")))
	}
	return strings.Join(all, " ")
}

// FormNot is a field that the service does not have, with the reason.
type FormNot struct{ Name, Label, Why string }

// FormChecks are boxes of which any number may be on.
type FormChecks struct {
	Name, Label, Help string // Label is empty where there is one box
	Boxes             []Check
	Moves             [][]FormAct // of each box, where the order counts
	Errors            []string
}

// moves are the buttons of the i-th box.
func (c FormChecks) moves(i int) []FormAct {
	if i < len(c.Moves) {
		return c.Moves[i]
	}
	return nil
}

// FormSecret is a field that is written and never shown.
type FormSecret struct {
	T      *text.Strings
	Kept   string // where the channel has one now; empty: it has none
	Action string
	Keeps  bool // it may stay as it is
	Sealed string
	Field  ui.Field
}

// action is the choice of what becomes of a secret that is set.
func (s FormSecret) action() ui.Choice {
	w := s.T.ChannelForm.Input
	c := ui.Choice{Name: s.Field.Name + ".action", Label: s.Field.Label, Radio: true, Help: w.Set}
	if s.Keeps {
		c.Options = append(c.Options, ui.Option{Value: "keep", Label: w.Keep})
	} else {
		c.Help = w.Retype
	}
	c.Options = append(c.Options, ui.Option{Value: "replace", Label: w.Replace}, ui.Option{Value: "remove", Label: w.Remove})
	for i := range c.Options {
		c.Options[i].Selected = c.Options[i].Value == s.Action
	}
	return c
}

// FormAct is a button that sends the form to have it shown again.
type FormAct struct {
	Value string // "add:input.sources"
	Label string
	Aria  string // where Label says too little by itself
	Quiet bool
	Not   string // why it cannot be pressed; empty: it can
}

// FormGroup are fields that belong together.
type FormGroup struct {
	ID     string // path of what it holds
	Item   bool   // of a list, and there
	Title  string
	Help   string
	Note   string // beside the title
	Errors []string
	Fields []FormField
	More   []FormField // under "advanced"
	Groups []FormGroup // under "advanced" where Nested is not set
	Nested []FormGroup // below the fields
	Open   bool        // "advanced" is
	Picks  *FormPick
	Remove *FormAct
	Moves  []FormAct // to another place in its list
	Adds   []FormAct
	For    []string
	Class  string // switched, way: what is in it shows by a choice in it; or as that of a field
}

func (g FormGroup) class() string { return ui.Joined("form-group", forClass(g.For), g.Class) }

func (g FormGroup) advanced() bool { return len(g.More) > 0 || len(g.Groups) > 0 }

// FormPick is a choice whose button fills in other fields.
type FormPick struct {
	Name, Label, Help string
	Options           []ui.Option
	Act               FormAct
	None              string // instead, where there is nothing to choose
}

// FormStep is a step of a way.
type FormStep struct {
	ID, Label string
	Now       bool
	Faults    int // in it
}

// FormFault is something wrong, and where.
type FormFault struct {
	Field, Label, Text string
	Step               string // empty: on this page
	StepLabel          string
}

// ChannelNew is the way to a new channel.
type ChannelNew struct {
	Shell   layout.Shell
	Title   string
	Lead    []string
	Ticket  string
	Problem *ui.Problem
	Steps   []FormStep
	Faults  []FormFault
	Groups  []FormGroup
	Hidden  []ui.Hidden
	Look    *ChannelLookOver // the last step
	First   bool
	Off     ui.Why
}

// step is the step that is shown.
func (n ChannelNew) step() FormStep {
	for _, s := range n.Steps {
		if s.Now {
			return s
		}
	}
	return FormStep{}
}

// ChannelLookOver is a channel before it is made.
type ChannelLookOver struct {
	Parts   []LookPart
	Request string
	Ready   bool
}

// LookPart is what one step came to.
type LookPart struct {
	Step, Label string
	Lines       []LookLine
}

// LookLine is a line of it.
type LookLine struct{ Label, Text string }

// ChannelEdit changes a part of a channel.
type ChannelEdit struct {
	Shell   layout.Shell
	Top     ChannelTop
	Path    string // of the form
	Title   string
	Ticket  string
	Shown   string // fingerprint of what was opened
	Problem *ui.Problem
	Groups  []FormGroup
	Hidden  []ui.Hidden
	Effect  ChannelEffectPanel
	Tools   *ChannelTools // of the JSON; nil: none
}

// ChannelTools are what can be done with a channel as JSON besides.
type ChannelTools struct {
	File string // name of the file
	Off  ui.Why // why none can be made after it
}

// ChannelEffectPanel tells what a change does.
type ChannelEffectPanel struct {
	T        *text.Strings
	Title    string
	Changes  []ui.Change
	Tone     ui.Tone
	Headline string
	Lines    []string
	Faults   []FormFault
	Seen     string // ticket of the effect that is shown
	Guard    bool   // it interrupts something
	CanSave  bool
	Save     string
	Back     string
	Consent  *Consent
	Off      ui.Why
	Request  string
}

// ChannelImport fills the way to a new channel from a file.
type ChannelImport struct {
	Shell layout.Shell
	Field ui.Field
}
