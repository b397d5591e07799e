package ui

import "strings"

func before(format string) string {
	b, _, _ := strings.Cut(format, "{}")
	return b
}

func after(format string) string {
	_, a, _ := strings.Cut(format, "{}")
	return a
}

// Field is a labelled field of a form: label above, help under the field before
// the error, unit inside.
type Field struct {
	Name     string // of the field, and its id
	Label    string
	Value    Value
	Help     string
	CallHelp string // the help while the caller is chosen; empty: Help
	WasText  string // the note beside the label: "was 200 ms"
	Unit     string
	Type     string // "text" where empty
	Mono     bool
	Short    bool
	Required bool
	Focus    bool
	MaxLen   string
	Mode     string // inputmode
	Complete string // autocomplete
	Check    string // what form.js checks as it is typed: "port", "latency", "name"
	Rows     string // makes it a text area of so many rows
	Errors   []string
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

func (f Field) complete() string {
	if f.Complete == "" {
		return "off"
	}
	return f.Complete
}

func (f Field) bad() bool { return f.Value.Error != "" || len(f.Errors) > 0 }

func (f Field) described() string {
	return Joined(When(f.Help != "", "help-"+f.Name), "error-"+f.Name)
}

func (f Field) class() string {
	return Joined("field", When(f.Value.Was != "" || f.WasText != "", "field-changed"), When(f.bad(), "field-bad"), When(f.Short, "field-short"))
}

func invalid(bad bool) string {
	if bad {
		return "true"
	}
	return "false"
}

// Choice is a group of which one is chosen: a segmented control, or radio
// buttons where Radio is set.
type Choice struct {
	Name    string
	Label   string
	Options []Option
	Help    string
	Helps   []string // beside Options: the help of each, shown while it is chosen
	WasText string
	Error   string
	Radio   bool
	Fixed   bool
}

func (c Choice) class() string {
	return Joined("field", When(c.WasText != "", "field-changed"), When(c.Error != "", "field-bad"))
}

func noticeTone(t Tone) string {
	if t == ToneNone {
		return "plain"
	}
	return string(t)
}

func noticeShape(t Tone) Shape {
	if t == ToneLost {
		return ShapeLost
	}
	return ShapeWarn
}
