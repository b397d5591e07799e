package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// NewFlow is the page that makes a flow.
type NewFlow struct {
	Shell layout.Shell
	Form  NewFlowForm
	Clone *Clone // of another flow; nil: made anew
}

// NewFlowForm makes a flow: POST /flows with name, protocol, address, port,
// stream_id, min_latency, cidr_whitelist (a line each), description,
// algorithm, passphrase, and start=1 from the button that also starts it.
type NewFlowForm struct {
	T       *text.Strings
	Name    ui.Value
	Leg     LegFields
	Ticket  string
	Problem *ui.Problem // the service refused it
	Faults  []FaultLink
	Off     ui.Why // why none can be made
	Short   bool   // of the first run: name, protocol, address, senders
}

// LegFields are the fields that a source and an output have in common. Field
// names are those of the API, but: protocol is "srt-listener" or "srt-caller",
// address is the address to call, cidr_whitelist is lines, algorithm is ""
// (not encrypted), "aes128", "aes192" or "aes256", passphrase_action is "keep",
// "replace" or "remove".
type LegFields struct {
	Name             ui.Value // "name"
	Protocol         ui.Value // "protocol"
	ProtocolFixed    bool     // cannot be changed (an output that exists)
	Address          ui.Value // "address"
	Port             ui.Value // "port"
	PortHelp         string   // "20000–20999 here…"; empty: the API's own rule
	StreamID         ui.Value // "stream_id"
	Latency          ui.Value // "min_latency"
	LatencyHelp      string   // "RTT is 38 ms now, so 152 ms or more."; empty: the range
	Whitelist        ui.Value // "cidr_whitelist", a line each
	WhitelistErrors  []string // one for each faulty line
	Description      ui.Value // "description"
	Algorithm        ui.Value // "algorithm"
	PassphraseAction ui.Value // "passphrase_action"
	PassphraseSet    bool     // one is set: keep is a choice
	PassphraseError  string   // the passphrase itself never comes back to a page
	ListenAddress    string   // where we listen, for help texts; may be empty
}

// FaultLink leads from the save button to a field that has to be mended.
type FaultLink struct {
	Field string // id of the field
	Label string
}

// SourceEdit is the page that changes the source of a flow: POST
// /flows/:id/source. Effect alone (fragment "#effect") is the answer to POST
// /flows/:id/source/effect, which changes nothing.
type SourceEdit struct {
	Shell     layout.Shell
	FlowID    string
	FlowName  string
	State     ui.State // of the flow now
	StateNote string   // "8.24 Mb/s from 203.0.113.24"
	Fields    LegFields
	Shown     string // fingerprint of what was shown, sent as "shown"
	OldName   string // name under which the service knows it, sent as "source_name"
	Ticket    string
	Effect    Effect
	Conflict  *Conflict
	Problem   *ui.Problem
}

// OutputEdit is the page that adds (POST /flows/:id/outputs) or changes (POST
// /flows/:id/outputs/:name) an output. Effect alone is the answer to POST
// …/effect beside it.
type OutputEdit struct {
	Shell     layout.Shell
	FlowID    string
	FlowName  string
	New       bool
	Name      string // of the output that is changed
	State     ui.State
	StateNote string
	Fields    LegFields
	Enabled   bool // of a new output: "output_status"
	Shown     string
	Ticket    string
	DeleteURL string // GET asks
	ParkURL   string // GET asks; empty: cannot be parked
	Sheet     *Sheet // of an output that is there: how to receive from it
	Effect    Effect
	Conflict  *Conflict
	Problem   *ui.Problem
}

// Effect is what a change would do (fragment "#effect"): the diff, what it
// interrupts, and the save button that says so.
type Effect struct {
	T        *text.Strings
	Title    string // "3 changes"
	Against  ui.Moment
	Changes  []ui.Change
	Tone     ui.Tone // ToneWarn: something loses media; ToneNone: nothing does
	Summary  string  // "5 OUTPUTS LOSE MEDIA", "INTERRUPTS NOTHING"
	Path     *EffectPath
	Headline string // "The sender is dropped and must call again."
	Text     string
	Faults   []FaultLink
	Save     string   // label of the button: "Save – interrupts 5 outputs"
	Hint     string   // "To change only what interrupts nothing, …"
	Seen     string   // what was shown here, sent as "seen": a save that would do more is asked again
	CanSave  bool     // something has changed and nothing is faulty
	Guard    bool     // asks twice: it interrupts something
	Consent  *Consent // instead of asking twice: of a protected flow
	Off      ui.Why   // why it cannot be saved, whatever it holds
	StopURL  string   // the service refuses it while ACTIVE: "stop first" leads here; else empty
	Back     string   // URL that discards
}

// EffectPath is the signal path with what would happen to it.
type EffectPath struct {
	Source     string // "reconnects"
	SourceTone ui.Tone
	Flow       string // "stays ACTIVE"
	Line       LineKind
	Outputs    []EffectOutput
}

// EffectOutput is one output of it.
type EffectOutput struct {
	Name string
	Word string // "no media", "already lost", "goes on"
	Tone ui.Tone
}

// Conflict is the news that somebody else changed what is being edited.
type Conflict struct {
	T       *text.Strings
	Lead    string // "op-2 changed this source 20 s ago."
	Rows    []ConflictRow
	Shown   string // fingerprint of theirs: saving again is against it
	Discard string // URL that takes theirs
}

// ConflictRow is one field in both versions, and as it was when the page was
// opened.
type ConflictRow struct {
	Label  string
	Was    string
	Theirs string
	Yours  string
	Clash  bool // both changed it, differently
}
