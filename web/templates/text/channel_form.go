package text

// ChannelForm are the texts of the forms of channels. Labels and helps stand by
// the name of the field in the API without its places; "source" stands for both
// lists of sources, "package" for the three formats.
type ChannelForm struct {
	Labels  map[string]string
	Helps   map[string]string
	Options map[string]string // of choices, by value
	Step    ChannelSteps
	Part    ChannelParts
	Act     ChannelActs
	Input   ChannelInputForm
	Ladder  ChannelLadder
	Effect  ChannelEffect
	Look    ChannelLook
	File    ChannelFile
	Notice  ChannelNotices
	Fault   ChannelFaults
	Limit   ChannelLimits
}

// ChannelLimits tell what a gateway cannot do. Reason translates the gateway's
// own sentence, as far as it is known.
type ChannelLimits struct {
	Never, Partly func(reason string) string
	Reason        func(sentence string) string
}

// ChannelSteps are the steps of the way to a new channel.
type ChannelSteps struct {
	Title                                            string // "New channel"
	Nav                                              string
	Channel, Input, Encoders, Packages, Record, Look string
	ChannelLead, InputLead, EncodersLead             string
	PackagesLead, RecordLead, LookLead               string
	Next, Back, Create, CreateOn                     string
	FromFile                                         string
	CloneLead, CloneSecrets                          string
}

// ChannelParts are the titles of groups of fields.
type ChannelParts struct {
	Source, Standby            func(n int) string
	Stream, Selector, Audio    func(n int) string
	Template                   func(n int) string
	Arg, Header                func(n int) string
	Failover, Audios, Sent     string
	Advanced                   string
	Access, Streams, Playback  string
	Record, Timeshift, Live    string
	DRM, Markers, Origin, Rest string
	Manifest                   string
	Format                     func(format, title string) string
}

// ChannelActs are the buttons of the forms.
type ChannelActs struct {
	AddSource, AddStandby, AddHLS, AddDASH, AddMSS string
	AddStream, AddSelector, AddAudio, AddHeader    string
	AddRecord, AddTimeshift, AddLive, AddTemplate  string
	Remove                                         func(what string) string
	RemoveShort                                    string
	Up, Down                                       func(what string) string
	Save, Discard                                  string
}

// ChannelInputForm are the texts of the input.
type ChannelInputForm struct {
	Flow, FlowHelp, FlowUse string
	FlowOutput              func(flow, output string) string
	PushHelp, ProtocolFixed string
	Set                     string // of a secret
	Keep, Replace, Remove   string
	Retype                  string
}

// ChannelLadder are the texts of the transcoding templates.
type ChannelLadder struct {
	Known, KnownHelp, Others, Copy, CopyText string
	Template                                 func(height, bitrate string) string
	AudioOnly                                string
	Kept                                     string
}

// ChannelEffect tells what a change does.
type ChannelEffect struct {
	NoChanges                            string
	Changes                              func(n int) string
	Off, Nothing, Cuts, CutsPush         string
	Encoder, Recorder, Shorter           string
	Begins, Ends, Starts                 func(names string) string
	Fault                                string
	Save, SaveCuts, Hint                 string
	Now, After, Field                    string
	Added, Gone                          string
	NotSet, Secret                       string
	SavedAlready                         func(parts string) string
	Clash, ClashText, Again, AgainText   string
	Retype, RetypeText, Gateway, Missing string
	Untaken, UntakenText                 string // saved, and it reads back otherwise
	UntakenOf                            func(field, is, sent string) string
}

// ChannelLook are the texts of the last step and of the JSON page.
type ChannelLook struct {
	Request, RequestHelp, None, AsItComes string
	Nothing, Ready, Idle                  string
	JSON, JSONLead, Copy, Copied          string
	Export, Clone, Import                 string
	Mend                                  func(n int) string
	Push                                  string
	NoRecord                              string
}

// ChannelFile are the texts of an import.
type ChannelFile struct {
	Title, Lead, File, Label, Help, Button, Empty string
	Bad                                           string // why in {}
	BadLine                                       func(line int) string
	BadType                                       func(field string) string
	NotOne                                        string
}

// ChannelNotices tell what was done.
type ChannelNotices struct {
	Created, Changed, Same string
}

// ChannelFaults tell what is wrong with a field of a channel.
type ChannelFaults struct {
	URL, Address, Duplicate, Unknown, Unfit func(value string) string
	Count                                   func(value string, want int) string
	Order                                   func(most int) string
	JSON, Typed                             string
	Fixed                                   func(value string) string
}

// faultOf tells what is wrong by a code that only channels have.
func (f ChannelFaults) faultOf(code string, high int, value string) (words string, known bool) {
	switch code {
	case "url":
		return f.URL(value), true
	case "address":
		return f.Address(value), true
	case "duplicate":
		return f.Duplicate(value), true
	case "unknown":
		return f.Unknown(value), true
	case "unfit":
		return f.Unfit(value), true
	case "count":
		return f.Count(value, high), true
	case "order":
		return f.Order(high), true
	case "json":
		return f.JSON, true
	case "typed":
		return f.Typed, true
	case "fixed":
		return f.Fixed(value), true
	}
	return "", false
}
