package text

import "fmt"

// Care are the texts of what people put on a flow: protection, notes, labels,
// the last known good, parked outputs.
type Care struct {
	Hold    HoldText
	Protect ProtectText
	Ask     AskText
	Note    NoteText
	Band    BandText
	Good    GoodText
	Park    ParkText
	Clone   CloneText
	Label   LabelText
	Keys    MoreKeys
	Reason  string
	Save    string
	Faults  CareFaults
	Done    CareNotices
	Errors  CareErrors
}

// CareErrors explain what the guard refuses, and what is not there.
type CareErrors struct {
	Consent, Second, Asked, Changed, NoGood, NotParked, NotOurs, Passphrase, Unsure ErrorText
}

// HoldText are the texts of what is held rather than pressed.
type HoldText struct {
	Short      string // in a row
	Stop       string
	Save       string
	Confirm    func(act string) string // "Hold 3 s: Delete FEED-A"
	Help       string
	Let        string // it was let go too early
	Asking     string // pressed, and not yet known to the server
	ReasonHelp string
	ReasonFree string // optional
	Typed      string // label of the field for the name
	TypedHelp  func(name string) string
	TypeIt     string // leads to the page where the name is typed
	Or         string // between the two ways
	Missing    string // neither held nor typed
	TooSoon    string
	Need       string // title of the problem
	NeedText   string
	Guarded    func(owner, since string) string // "Protected by op-1 since 18:02 UTC."
}

// ProtectText are the texts of the protection.
type ProtectText struct {
	Word         string // "Protect"
	Since        string // "since {} UTC"
	SecondMark   string
	Release      string
	Take         string
	Tag          func(owner string) string // "Protect op-1"
	Only         func(owner string) string // "op-3 only"
	Title        func(flow string) string
	Lead         string
	Second       string
	SecondHelp   string
	ForceTitle   func(flow string) string
	ForceLead    func(owner, since string) string
	ForceWas     func(reason string) string
	ForceButton  string
	ForceHelp    string
	By           func(owner, since string) string
	ByReason     func(reason string) string
	ByAdvice     func(owner string) string
	ForceLink    string
	ReasonHelp   string
	ReleaseTitle func(flow string) string
	ReleaseLead  string
	None         string
}

// AskText are the texts of what waits for a second person.
type AskText struct {
	Stop, Delete, Change func(by string) string // "op-1 asks to stop"
	ShortStop            string                 // in a row
	ShortDelete          string
	ShortChange          string
	Left                 string // "{} left"
	Confirm              string
	Withdraw             string
	Waits                string                       // to who asked
	StopTitle            func(flow, by string) string // of the page that confirms
	DeleteTitle          func(flow, by string) string
	Lead                 func(by, clock string) string // "op-1 asked at 18:02:11 UTC."
	Why                  func(reason string) string
	StopButton           func(flow string) string
	DeleteButton         func(flow string) string
	Same                 func(by, reason string) string // what only the same change confirms
	SameLink             string
	Gone                 string
	Own                  string
	OwnText              string
	Answered             string
	AnsweredText         string
}

// NoteText are the texts of notes and of the hand-over.
type NoteText struct {
	Title        string
	Add          string
	None         string
	Delete       string
	DeleteOf     func(clock string) string
	Field        string
	Help         string
	AddTitle     func(flow string) string
	Handover     string
	HandoverNone string
	HandoverEdit string
	HandoverHelp string
	HandoverOf   func(flow string) string
	ByAt         func(actor, at string) string
	Clash        string
	ClashText    func(by, at string) string
	Theirs       string
	Yours        string
}

// BandText are the texts of what is normal for a flow.
type BandText struct {
	Title     string
	Edit      string
	Of        func(flow string) string
	Lead      string
	Min       string
	Max       string
	Loss      string
	Idle      string
	MinHelp   string
	MaxHelp   string
	LossHelp  string
	IdleHelp  string
	NoLimit   string
	Minutes   string
	Usual     string // beside a default
	MinAbove  string
	NotNumber func(low, high string) string
}

// GoodText are the texts of the last known good.
type GoodText struct {
	Title     string
	Keep      string
	KeepHelp  string
	None      string
	KeptBy    func(actor, at string) string
	KeptSelf  func(at string) string
	Same      string
	Differs   func(n int) string
	Back      string
	BackOf    func(flow string) string
	Lead      string
	Steps     string
	Source    func(name string) string
	Add       func(name string) string
	Change    func(name string) string
	Remove    func(name string) string
	Describe  string
	Nothing   string
	DropsIn   string
	DropsOut  func(name string) string
	Ends      func(name string) string
	Key       func(name string) string
	KeyHelp   string
	Button    string
	Hold      string
	ResultOf  func(flow string) string
	StepDone  string
	StepNot   string
	StepLeft  string
	ToFlow    string
	NoGood    string
	NoGoodLit string

	// of a channel
	NoneChannel string
	NoneCloud   string // of a service that does not tell what comes of it
	Part        func(part string) string
	CutsViewers string
	Secret      func(field string) string
	SecretHelp  string
	ToChannel   string
}

// ParkText are the texts of parked outputs.
type ParkText struct {
	Title     string
	Park      string
	ParkOf    func(output string) string
	ParkLead  string
	ParkEnds  string
	ParkKey   string
	None      string
	ByAt      func(actor, at string) string
	Encrypted string
	Put       string
	PutOf     func(output string) string
	PutLead   string
	Drop      string
	DropOf    func(output string) string
	DropLead  string
	KeyHelp   string
}

// CloneText are the texts of a copy of a flow.
type CloneText struct {
	Clone     string
	Of        func(flow string) string
	Lead      string
	Outputs   string
	OutHelp   string
	NeedsKey  string
	KeyOf     func(output string) string
	ResultOf  func(flow string) string
	Added     string
	NotAdded  string
	PortNote  string
	NoOutputs string
}

// LabelText are the texts of the names of far ends.
type LabelText struct {
	Title       string
	Lead        string
	Name        string // the small link
	NameOf      func(address string) string
	Change      string
	Address     string
	AddressHelp string
	Label       string
	LabelHelp   string
	Add         string
	New         string
	None        string
	Remove      string
	RemoveOf    func(address string) string
}

// MoreKeys are the lines of the help for keys that belong to guarded flows.
type MoreKeys struct {
	Protect, Hold string
}

// CareFaults are what is wrong with a field.
type CareFaults struct {
	Reason    string
	TooMany   func(most int) string
	Odd       string
	Key       string
	TooLong   func(most int) string
	Empty     string
	Address   string
	Name      string
	WrongName func(name string) string
}

// CareNotices tell what was done.
type CareNotices struct {
	Protected, Released, Forced func(flow string) string
	Asked                       func(flow string) string
	Withdrawn                   string
	Noted, NoteGone, Handover   string
	Band                        string
	GoodKept                    string
	Parked, PutBack, Dropped    func(output string) string
	Labelled, Unlabelled        func(address string) string
	Cloned                      func(flow string) string
}

var englishCare = Care{
	Reason: "Reason",
	Save:   "Save",
	Hold: HoldText{
		Short:      "Hold to stop",
		Stop:       "Hold 3 s to stop",
		Save:       "Hold 3 s to save",
		Confirm:    func(act string) string { return "Hold 3 s: " + act },
		Help:       "Hold the button for 3 seconds. Letting go earlier does nothing.",
		Let:        "Let go too early. Nothing was done.",
		Asking:     "Hold on…",
		ReasonHelp: "Kept in Activity. Needed because the flow is protected.",
		ReasonFree: "Optional. Kept in Activity.",
		Typed:      "Name of the flow",
		TypedHelp:  func(name string) string { return "Type " + name + " instead of holding the button." },
		TypeIt:     "Type the name instead",
		Or:         "or",
		Missing:    "Hold the button for 3 seconds, or type the name of the flow.",
		TooSoon:    "The button was not held for 3 seconds.",
		Need:       "Not yet confirmed",
		NeedText:   "A protected flow takes a reason, and either 3 seconds on the button or its name typed out. Nothing was done.",
		Guarded:    func(owner, since string) string { return "Protected by " + owner + " since " + since + " UTC." },
	},
	Protect: ProtectText{
		Word:         "Protect",
		Since:        "since {} UTC",
		SecondMark:   "second person",
		Release:      "Release",
		Take:         "Protect",
		Tag:          func(owner string) string { return "Protect " + owner },
		Only:         func(owner string) string { return owner + " only" },
		Title:        func(flow string) string { return "Protect " + flow },
		Lead:         "Only you can change or stop the flow until you release it. You hold the button for 3 seconds to stop it.",
		Second:       "Needs a second person",
		SecondHelp:   "Stopping and deleting then wait for somebody else to confirm.",
		ForceTitle:   func(flow string) string { return "Force release of " + flow },
		ForceLead:    func(owner, since string) string { return owner + " has protected this flow since " + since + " UTC." },
		ForceWas:     func(reason string) string { return "Reason given: " + reason },
		ForceButton:  "Force release",
		ForceHelp:    "Your name and this reason stand in Activity.",
		By:           func(owner, since string) string { return "Protected by " + owner + " since " + since + " UTC" },
		ByReason:     func(reason string) string { return "Reason: " + reason + "." },
		ByAdvice:     func(owner string) string { return "Ask " + owner + " to do it or to release the flow." },
		ForceLink:    "Force release",
		ReasonHelp:   "What it is protected for. Shown to everybody.",
		ReleaseTitle: func(flow string) string { return "Release " + flow },
		ReleaseLead:  "Everybody can change and stop the flow again.",
		None:         "Not protected",
	},
	Ask: AskText{
		Stop:         func(by string) string { return by + " asks to stop" },
		Delete:       func(by string) string { return by + " asks to delete" },
		Change:       func(by string) string { return by + " asks for a change" },
		ShortStop:    "asks to stop",
		ShortDelete:  "asks to delete",
		ShortChange:  "asks for a change",
		Left:         "{} left",
		Confirm:      "Confirm",
		Withdraw:     "Withdraw",
		Waits:        "Somebody else has to confirm.",
		StopTitle:    func(flow, by string) string { return "Stop " + flow + " for " + by },
		DeleteTitle:  func(flow, by string) string { return "Delete " + flow + " for " + by },
		Lead:         func(by, clock string) string { return by + " asked at " + clock + " UTC." },
		Why:          func(reason string) string { return "Reason: " + reason },
		StopButton:   func(flow string) string { return "Confirm: stop " + flow },
		DeleteButton: func(flow string) string { return "Confirm: delete " + flow },
		Same: func(by, reason string) string {
			return by + " asks for a change: " + reason + ". Give the same change to confirm it."
		},
		SameLink:     "To the change",
		Gone:         "Nobody waits for a second person here any more. Nothing was done.",
		Own:          "It takes another person",
		OwnText:      "Who asks cannot confirm as well. Nothing was done.",
		Answered:     "Waits for a second person",
		AnsweredText: "Nothing was done yet. Somebody else has to confirm on the page of the flow.",
	},
	Note: NoteText{
		Title:        "Notes",
		Add:          "Add note",
		None:         "No notes.",
		Delete:       "Delete",
		DeleteOf:     func(clock string) string { return "Delete the note of " + clock },
		Field:        "Note",
		Help:         "Up to 2000 characters, for everybody who works with this flow.",
		AddTitle:     func(flow string) string { return "Note on " + flow },
		Handover:     "Hand-over",
		HandoverNone: "Nothing to hand over.",
		HandoverEdit: "Edit",
		HandoverHelp: "What the next shift has to know. Up to 2000 characters. Empty it when it is done.",
		HandoverOf:   func(flow string) string { return "Hand-over of " + flow },
		ByAt:         func(actor, at string) string { return actor + ", " + at },
		Clash:        "Somebody else wrote meanwhile",
		ClashText: func(by, at string) string {
			return by + " changed it at " + at + ". Nothing was saved; saving now replaces theirs."
		},
		Theirs: "Now",
		Yours:  "Yours",
	},
	Band: BandText{
		Title:     "Normal band",
		Edit:      "Edit",
		Of:        func(flow string) string { return "Normal band of " + flow },
		Lead:      "Outside of it an alarm is raised. An empty field takes the default.",
		Min:       "Lowest bitrate",
		Max:       "Highest bitrate",
		Loss:      "Highest loss",
		Idle:      "Idle after",
		MinHelp:   "Empty: no lower limit.",
		MaxHelp:   "Empty: no upper limit.",
		LossHelp:  "Over 10 s. Empty: 1 %.",
		IdleHelp:  "ACTIVE without media for so long costs for nothing. Empty: 10 minutes.",
		NoLimit:   "no limit",
		Minutes:   "min",
		Usual:     "default",
		MinAbove:  "The lowest bitrate is above the highest.",
		NotNumber: func(low, high string) string { return "A number from " + low + " to " + high + "." },
	},
	Good: GoodText{
		Title:     "Last known good",
		Keep:      "Keep as good",
		KeepHelp:  "Keeps the settings as they are now, without passphrases.",
		None:      "None kept yet. One is kept by itself before a LIVE flow is changed.",
		KeptBy:    func(actor, at string) string { return "kept by " + actor + ", " + at },
		KeptSelf:  func(at string) string { return "kept by itself, " + at },
		Same:      "It is as it was then.",
		Differs:   func(n int) string { return count(n, "difference", "differences") },
		Back:      "Go back",
		BackOf:    func(flow string) string { return "Last known good of " + flow },
		Lead:      "Going back takes these steps, one after the other. It ends at the first that fails.",
		Steps:     "Steps",
		Source:    func(name string) string { return "Change source " + name },
		Add:       func(name string) string { return "Add output " + name },
		Change:    func(name string) string { return "Change output " + name },
		Remove:    func(name string) string { return "Remove output " + name },
		Describe:  "Change description",
		Nothing:   "interrupts nothing",
		DropsIn:   "drops the sender",
		DropsOut:  func(name string) string { return "interrupts " + name },
		Ends:      func(name string) string { return "ends " + name },
		Key:       func(name string) string { return "Passphrase of " + name },
		KeyHelp:   "Passphrases are not kept. 10–79 characters.",
		Button:    "Go back to the last known good",
		Hold:      "Hold 3 s to go back",
		ResultOf:  func(flow string) string { return "Back to the last known good: " + flow },
		StepDone:  "done",
		StepNot:   "failed",
		StepLeft:  "not tried",
		ToFlow:    "To the flow",
		NoGood:    "No last known good is kept for this flow.",
		NoGoodLit: "Keep one on the page of the flow first.",

		NoneChannel: "None kept yet. One is kept by itself before a channel that is ON AIR is changed.",
		NoneCloud:   "None kept yet. This service does not tell whether a channel works, so keep one when it does.",
		Part:        func(part string) string { return "Change the " + part },
		CutsViewers: "viewers lose the picture for about 30 s",
		Secret:      func(field string) string { return "Secret: " + field },
		SecretHelp:  "The service does not tell its secrets, so it was not kept.",
		ToChannel:   "To the channel",
	},
	Park: ParkText{
		Title:     "Parked outputs",
		Park:      "Park output",
		ParkOf:    func(output string) string { return "Park " + output },
		ParkLead:  "The output is removed from the service and its settings are kept here, to be put back later.",
		ParkEnds:  "It has media now and ends.",
		ParkKey:   "Its passphrase is not kept. Have it at hand when you put the output back.",
		None:      "None. Park an output to set it aside with its settings.",
		ByAt:      func(actor, at string) string { return "parked by " + actor + ", " + at },
		Encrypted: "encrypted",
		Put:       "Put back",
		PutOf:     func(output string) string { return "Put " + output + " back" },
		PutLead:   "The output is added to the flow again with its settings.",
		Drop:      "Drop",
		DropOf:    func(output string) string { return "Drop " + output },
		DropLead:  "The kept settings are forgotten. This cannot be undone.",
		KeyHelp:   "It was encrypted, and passphrases are not kept. 10–79 characters.",
	},
	Clone: CloneText{
		Clone:     "Clone",
		Of:        func(flow string) string { return "Copy of " + flow },
		Lead:      "Everything is as in the flow it is copied from, but for the name, the passphrase, and ports that both cannot have.",
		Outputs:   "Take over outputs",
		OutHelp:   "They are added one by one after the flow is made.",
		NeedsKey:  "encrypted, needs its passphrase",
		KeyOf:     func(output string) string { return "Passphrase of " + output },
		ResultOf:  func(flow string) string { return flow + " was made" },
		Added:     "added",
		NotAdded:  "not added",
		PortNote:  "The port is left empty; the flow it is copied from has its own.",
		NoOutputs: "It has no outputs.",
	},
	Label: LabelText{
		Title:       "Known addresses",
		Lead:        "A name given to an address is shown beside it everywhere.",
		Name:        "name it",
		NameOf:      func(address string) string { return "Name " + address },
		Change:      "Change",
		Address:     "Address",
		AddressHelp: "An IP address, without a port.",
		Label:       "Name",
		LabelHelp:   "Up to 64 characters, like “OB van 2”.",
		Add:         "Save name",
		New:         "Name an address",
		None:        "No address has a name yet.",
		Remove:      "Remove",
		RemoveOf:    func(address string) string { return "Remove the name of " + address },
	},
	Errors: CareErrors{
		Consent:    ErrorText{"Not yet confirmed", "A protected flow takes a reason, and either 3 seconds on the button or its name typed out. Nothing was done.", "Ask again on the page of the flow."},
		Second:     ErrorText{"It takes another person", "Who asks cannot confirm as well. Nothing was done.", "Let somebody else confirm on the page of the flow."},
		Asked:      ErrorText{"Waits for a second person", "Nothing was done yet.", "Let somebody else confirm on the page of the flow."},
		Changed:    ErrorText{"Not as it was shown any more", "Something has changed since you looked. Nothing was done.", "Look again, then decide."},
		NoGood:     ErrorText{"No last known good", "None is kept.", "Keep one on the page of the flow or the channel first."},
		NotParked:  ErrorText{"Not parked any more", "No output of this name is parked. It may have been put back or dropped.", "Look at the page of the flow."},
		NotOurs:    ErrorText{"Not your note", "A note is deleted by who wrote it.", "Ask its author."},
		Passphrase: ErrorText{"A passphrase is needed", "Passphrases are not kept. Nothing was done.", "Type it in the form."},
		Unsure:     ErrorText{"Parked, but perhaps still there", "The settings are kept. Whether the service removed the output is not known.", "Look at the outputs of the flow; the next reading will tell."},
	},
	Keys: MoreKeys{
		Protect: "Open the protection of the flow",
		Hold:    "Space or Enter held for 3 s on a Hold button does what it says",
	},
	Faults: CareFaults{
		Reason:    "A reason is needed.",
		TooMany:   func(most int) string { return fmt.Sprintf("There are %d already; remove one first.", most) },
		Odd:       "There are characters in it that cannot be shown.",
		Key:       "The passphrase is needed.",
		TooLong:   func(most int) string { return fmt.Sprintf("At most %d characters.", most) },
		Empty:     "There is nothing in it.",
		Address:   "Not an IP address.",
		Name:      "1 to 64 characters in one line.",
		WrongName: func(name string) string { return "This is not the name: " + name },
	},
	Done: CareNotices{
		Protected:  func(flow string) string { return flow + " is protected by you." },
		Released:   func(flow string) string { return flow + " is released." },
		Forced:     func(flow string) string { return flow + " is released by force. It stands in Activity." },
		Asked:      func(flow string) string { return flow + ": nothing was done yet. Somebody else has to confirm." },
		Withdrawn:  "Withdrawn. Nothing was done.",
		Noted:      "The note is added.",
		NoteGone:   "The note is deleted.",
		Handover:   "The hand-over is saved.",
		Band:       "The normal band is saved.",
		GoodKept:   "The settings are kept as good.",
		Parked:     func(output string) string { return output + " is parked." },
		PutBack:    func(output string) string { return output + " is put back." },
		Dropped:    func(output string) string { return output + " is dropped." },
		Cloned:     func(flow string) string { return flow + " is made, with the outputs that were chosen." },
		Labelled:   func(address string) string { return address + " has its name." },
		Unlabelled: func(address string) string { return address + " has no name any more." },
	},
}

var chineseCare = Care{
	Reason: "原因",
	Save:   "保存",
	Hold: HoldText{
		Short:      "按住停止",
		Stop:       "按住 3 秒停止",
		Save:       "按住 3 秒保存",
		Confirm:    func(act string) string { return "按住 3 秒：" + act },
		Help:       "按住按钮 3 秒。提前松开则不执行。",
		Let:        "松开过早，未执行任何操作。",
		Asking:     "请继续按住…",
		ReasonHelp: "记入操作记录。流受保护，必须填写。",
		ReasonFree: "可不填。记入操作记录。",
		Typed:      "流名称",
		TypedHelp:  func(name string) string { return "不按住按钮时，请输入 " + name + "。" },
		TypeIt:     "改为输入名称",
		Or:         "或",
		Missing:    "请按住按钮 3 秒，或输入流名称。",
		TooSoon:    "按钮未按满 3 秒。",
		Need:       "尚未确认",
		NeedText:   "受保护的流需要填写原因，并按住按钮 3 秒或输入其名称。未执行任何操作。",
		Guarded:    func(owner, since string) string { return "由 " + owner + " 自 " + since + " UTC 起保护。" },
	},
	Protect: ProtectText{
		Word:         "保护",
		Since:        "自 {} UTC 起",
		SecondMark:   "需第二人",
		Release:      "解除",
		Take:         "保护",
		Tag:          func(owner string) string { return "保护 " + owner },
		Only:         func(owner string) string { return "仅 " + owner },
		Title:        func(flow string) string { return "保护 " + flow },
		Lead:         "解除之前只有您能更改或停止此流。停止时须按住按钮 3 秒。",
		Second:       "需要第二人确认",
		SecondHelp:   "停止和删除须等待另一人确认。",
		ForceTitle:   func(flow string) string { return "强制解除 " + flow },
		ForceLead:    func(owner, since string) string { return owner + " 自 " + since + " UTC 起保护此流。" },
		ForceWas:     func(reason string) string { return "给出的原因：" + reason },
		ForceButton:  "强制解除",
		ForceHelp:    "您的名字和此原因将记入操作记录。",
		By:           func(owner, since string) string { return "由 " + owner + " 自 " + since + " UTC 起保护" },
		ByReason:     func(reason string) string { return "原因：" + reason + "。" },
		ByAdvice:     func(owner string) string { return "请 " + owner + " 操作或解除保护。" },
		ForceLink:    "强制解除",
		ReasonHelp:   "为何保护。所有人可见。",
		ReleaseTitle: func(flow string) string { return "解除 " + flow },
		ReleaseLead:  "所有人可再次更改和停止此流。",
		None:         "未保护",
	},
	Ask: AskText{
		Stop:         func(by string) string { return by + " 请求停止" },
		Delete:       func(by string) string { return by + " 请求删除" },
		Change:       func(by string) string { return by + " 请求更改" },
		ShortStop:    "请求停止",
		ShortDelete:  "请求删除",
		ShortChange:  "请求更改",
		Left:         "剩余 {}",
		Confirm:      "确认",
		Withdraw:     "撤回",
		Waits:        "须由另一人确认。",
		StopTitle:    func(flow, by string) string { return "为 " + by + " 停止 " + flow },
		DeleteTitle:  func(flow, by string) string { return "为 " + by + " 删除 " + flow },
		Lead:         func(by, clock string) string { return by + " 于 " + clock + " UTC 请求。" },
		Why:          func(reason string) string { return "原因：" + reason },
		StopButton:   func(flow string) string { return "确认：停止 " + flow },
		DeleteButton: func(flow string) string { return "确认：删除 " + flow },
		Same: func(by, reason string) string {
			return by + " 请求更改：" + reason + "。请做出相同的更改以确认。"
		},
		SameLink:     "前往更改",
		Gone:         "这里已无等待第二人的请求。未执行任何操作。",
		Own:          "须由另一人确认",
		OwnText:      "请求者不能自己确认。未执行任何操作。",
		Answered:     "等待第二人",
		AnsweredText: "尚未执行。须由另一人在此流的页面上确认。",
	},
	Note: NoteText{
		Title:        "备注",
		Add:          "添加备注",
		None:         "没有备注。",
		Delete:       "删除",
		DeleteOf:     func(clock string) string { return "删除 " + clock + " 的备注" },
		Field:        "备注",
		Help:         "最多 2000 个字符，所有使用此流的人可见。",
		AddTitle:     func(flow string) string { return flow + " 的备注" },
		Handover:     "交接",
		HandoverNone: "没有交接事项。",
		HandoverEdit: "编辑",
		HandoverHelp: "下一班须知。最多 2000 个字符。办完后清空。",
		HandoverOf:   func(flow string) string { return flow + " 的交接" },
		ByAt:         func(actor, at string) string { return actor + "，" + at },
		Clash:        "其他人同时做了修改",
		ClashText: func(by, at string) string {
			return by + " 于 " + at + " 修改。尚未保存；现在保存将覆盖其内容。"
		},
		Theirs: "现有内容",
		Yours:  "您的内容",
	},
	Band: BandText{
		Title:     "正常范围",
		Edit:      "编辑",
		Of:        func(flow string) string { return flow + " 的正常范围" },
		Lead:      "超出范围即告警。留空则用默认值。",
		Min:       "最低码率",
		Max:       "最高码率",
		Loss:      "最高丢包",
		Idle:      "空闲判定",
		MinHelp:   "留空：无下限。",
		MaxHelp:   "留空：无上限。",
		LossHelp:  "按 10 秒计。留空：1 %。",
		IdleHelp:  "ACTIVE 而无媒体达此时长即为空耗费用。留空：10 分钟。",
		NoLimit:   "无限制",
		Minutes:   "分钟",
		Usual:     "默认",
		MinAbove:  "最低码率高于最高码率。",
		NotNumber: func(low, high string) string { return low + " 至 " + high + " 之间的数。" },
	},
	Good: GoodText{
		Title:     "最近正常配置",
		Keep:      "保留为正常",
		KeepHelp:  "保留现在的设置，不含口令。",
		None:      "尚未保留。更改传输中的流之前会自动保留一份。",
		KeptBy:    func(actor, at string) string { return "由 " + actor + " 保留，" + at },
		KeptSelf:  func(at string) string { return "自动保留，" + at },
		Same:      "与当时一致。",
		Differs:   func(n int) string { return fmt.Sprintf("%d 处不同", n) },
		Back:      "恢复",
		BackOf:    func(flow string) string { return flow + " 的最近正常配置" },
		Lead:      "恢复按以下步骤逐一进行，遇到失败即停止。",
		Steps:     "步骤",
		Source:    func(name string) string { return "更改源 " + name },
		Add:       func(name string) string { return "添加输出 " + name },
		Change:    func(name string) string { return "更改输出 " + name },
		Remove:    func(name string) string { return "移除输出 " + name },
		Describe:  "更改描述",
		Nothing:   "不中断",
		DropsIn:   "断开发送端",
		DropsOut:  func(name string) string { return "中断 " + name },
		Ends:      func(name string) string { return "结束 " + name },
		Key:       func(name string) string { return name + " 的口令" },
		KeyHelp:   "口令不予保留。10–79 个字符。",
		Button:    "恢复最近正常配置",
		Hold:      "按住 3 秒恢复",
		ResultOf:  func(flow string) string { return "恢复最近正常配置：" + flow },
		StepDone:  "完成",
		StepNot:   "失败",
		StepLeft:  "未尝试",
		ToFlow:    "返回流",
		NoGood:    "此流没有保留的正常配置。",
		NoGoodLit: "请先在流页面上保留一份。",

		NoneChannel: "尚未保留。更改播出中的频道之前会自动保留一份。",
		NoneCloud:   "尚未保留。此服务不告知频道是否正常，请在正常时保留一份。",
		Part:        func(part string) string { return "更改" + part },
		CutsViewers: "观众约 30 秒内看不到画面",
		Secret:      func(field string) string { return "保密内容：" + field },
		SecretHelp:  "服务不返回保密内容，因此未保留。",
		ToChannel:   "返回频道",
	},
	Park: ParkText{
		Title:     "搁置的输出",
		Park:      "搁置输出",
		ParkOf:    func(output string) string { return "搁置 " + output },
		ParkLead:  "输出将从服务中移除，其设置保留在此，以后可放回。",
		ParkEnds:  "它正在传输媒体，将会结束。",
		ParkKey:   "口令不予保留，放回时请备好。",
		None:      "没有。搁置输出可保留其设置备用。",
		ByAt:      func(actor, at string) string { return "由 " + actor + " 搁置，" + at },
		Encrypted: "已加密",
		Put:       "放回",
		PutOf:     func(output string) string { return "放回 " + output },
		PutLead:   "输出将按其设置重新添加到流。",
		Drop:      "丢弃",
		DropOf:    func(output string) string { return "丢弃 " + output },
		DropLead:  "保留的设置将被删除，无法撤销。",
		KeyHelp:   "原已加密，口令不予保留。10–79 个字符。",
	},
	Clone: CloneText{
		Clone:     "克隆",
		Of:        func(flow string) string { return flow + " 的副本" },
		Lead:      "除名称、口令及不能共用的端口外，均与原流相同。",
		Outputs:   "带上输出",
		OutHelp:   "流建立后逐一添加。",
		NeedsKey:  "已加密，需要口令",
		KeyOf:     func(output string) string { return output + " 的口令" },
		ResultOf:  func(flow string) string { return flow + " 已建立" },
		Added:     "已添加",
		NotAdded:  "未添加",
		PortNote:  "端口留空；原流占用自己的端口。",
		NoOutputs: "它没有输出。",
	},
	Label: LabelText{
		Title:       "已知地址",
		Lead:        "给地址起的名称在各处显示于地址旁。",
		Name:        "命名",
		NameOf:      func(address string) string { return "为 " + address + " 命名" },
		Change:      "更改",
		Address:     "地址",
		AddressHelp: "IP 地址，不含端口。",
		Label:       "名称",
		LabelHelp:   "最多 64 个字符，例如“转播车 2”。",
		Add:         "保存名称",
		New:         "命名地址",
		None:        "还没有命名的地址。",
		Remove:      "移除",
		RemoveOf:    func(address string) string { return "移除 " + address + " 的名称" },
	},
	Errors: CareErrors{
		Consent:    ErrorText{"尚未确认", "受保护的流需要填写原因，并按住按钮 3 秒或输入其名称。未执行任何操作。", "请在流页面上重新操作。"},
		Second:     ErrorText{"须由另一人确认", "请求者不能自己确认。未执行任何操作。", "请他人在流页面上确认。"},
		Asked:      ErrorText{"等待第二人", "尚未执行。", "请他人在流页面上确认。"},
		Changed:    ErrorText{"已与所示不同", "查看之后情况已变。未执行任何操作。", "请重新查看再决定。"},
		NoGood:     ErrorText{"没有最近正常配置", "尚未保留。", "请先在流或频道的页面上保留一份。"},
		NotParked:  ErrorText{"已不在搁置中", "没有此名称的搁置输出，可能已放回或丢弃。", "请查看流页面。"},
		NotOurs:    ErrorText{"不是您的备注", "备注由作者删除。", "请联系其作者。"},
		Passphrase: ErrorText{"需要口令", "口令不予保留。未执行任何操作。", "请在表单中输入。"},
		Unsure:     ErrorText{"已搁置，但可能仍在", "设置已保留。服务是否已移除该输出尚不清楚。", "请查看流的输出，下次读取即可知晓。"},
	},
	Keys: MoreKeys{
		Protect: "打开流的保护",
		Hold:    "在“按住”按钮上按住空格或回车 3 秒即执行",
	},
	Faults: CareFaults{
		Reason:    "须填写原因。",
		TooMany:   func(most int) string { return fmt.Sprintf("已有 %d 个，请先移除一个。", most) },
		Odd:       "含有无法显示的字符。",
		Key:       "须填写口令。",
		TooLong:   func(most int) string { return fmt.Sprintf("最多 %d 个字符。", most) },
		Empty:     "内容为空。",
		Address:   "不是 IP 地址。",
		Name:      "一行，1 至 64 个字符。",
		WrongName: func(name string) string { return "名称不符：" + name },
	},
	Done: CareNotices{
		Protected:  func(flow string) string { return flow + " 已由您保护。" },
		Released:   func(flow string) string { return flow + " 已解除保护。" },
		Forced:     func(flow string) string { return flow + " 已强制解除保护，并记入操作记录。" },
		Asked:      func(flow string) string { return flow + "：尚未执行，须由另一人确认。" },
		Withdrawn:  "已撤回，未执行任何操作。",
		Noted:      "备注已添加。",
		NoteGone:   "备注已删除。",
		Handover:   "交接内容已保存。",
		Band:       "正常范围已保存。",
		GoodKept:   "当前设置已保留为正常。",
		Parked:     func(output string) string { return output + " 已搁置。" },
		PutBack:    func(output string) string { return output + " 已放回。" },
		Dropped:    func(output string) string { return output + " 已丢弃。" },
		Cloned:     func(flow string) string { return flow + " 已建立，并带上所选输出。" },
		Labelled:   func(address string) string { return address + " 已命名。" },
		Unlabelled: func(address string) string { return address + " 的名称已移除。" },
	},
}
