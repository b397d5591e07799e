package text

// Strings are all texts of one language, by the place that shows them. A
// format has its value at {}.
type Strings struct {
	Lang string // BCP 47
	Name string // of the language, in itself

	Shell    Shell
	State    States
	Login    Login
	List     List
	Guard    Guard
	First    First
	Flow     Flow
	Sheet    Sheet
	Form     Form
	Field    Fields
	Effect   Effect
	Conflict Conflict
	Activity Activity
	Error    Errors
	Fault    Faults
	Refusal  Refusals
	Notice   Notices
	Keys     Keys

	Alarms  Alarms
	Trail   Trail
	Care    Care
	History History
	Notify  Notify
	Wall    Wall

	Displays    Displays
	Channels    Channels
	ChannelForm ChannelForm
	Measures    Measures
	Tally       Tally
	Picture     Pictures
	Roles       Roles
	Places      Places

	Sessions Sessions
}

// Shell is the bar, the rail and the menu of the user.
type Shell struct {
	Skip           string // link for those who come by keyboard
	Navigation     string
	Crumbs         string // the way to the page, for those who hear it
	Flows          string
	Search         string
	SearchFull     string // in the empty field
	UTC            string
	Link           string // the heartbeat
	LinkHelp       string
	LinkConnecting string
	LinkSilent     string // "No news for {}. Figures are old."
	ServiceDown    string // "The service is not reached since {}."
	ServiceOdd     string // the same, where its answers cannot be read
	ServiceRefuses string // and where it refuses
	ServiceAhead   string // its clock is {} ahead of ours
	ServiceBehind  string
	ClockAhead     string // the browser's clock is {} ahead of ours
	ClockBehind    string
	ClockHelp      string
	Language       string
	Theme          string
	ThemeAuto      string
	ThemeDark      string
	ThemeLight     string
	SignOut        string
	UserMenu       string
	Apply          string
	Close          string
	Notices        string
	Loading        string
	Copy           string
	Copied         string
	NoScript       string
}

// States are the words of the states; a state is always said with its word.
type States struct {
	All        string
	Standby    string
	Starting   string
	Stopping   string
	Unknown    string
	Waiting    string
	Live       string
	Loss       string // then the percentage
	Output     string // then 5/6
	SourceLost string
	OutputLost string
	Stale      string
	Degraded   string // chip: loss and output
	Changing   string // chip: starting and stopping
	Off        string // of an output
	OK         string // of an output: connected
	Idle       string // of an output: no media
	Lost       string // of an output
	Losing     string // of an output
	NotKnown   string // of an output
}

// Login is the sign-in.
type Login struct {
	Title       string
	Lead        string
	Account     string
	AccountHelp string
	User        string
	Password    string
	Passcode    string
	PasscodeHow string
	Region      string
	Button      string
	Wrong       string // account, user or password
	WrongCode   string
	NoProject   string // the password is right, and there is nothing for this user
	Throttled   string // "Too many tries. Wait {} and try again."
	RenewTitle  string
	RenewLead   string
	RenewButton string
	RenewKept   string // without JavaScript
	SignedOut   string
	Missing     string
}

// List is the list of flows.
type List struct {
	Title         string
	NewFlow       string
	Filters       string // name of the row of chips
	State         string
	NameHead      string
	Source        string
	Bitrate       string
	RTT           string
	Loss          string
	Trace         string
	Outputs       string
	InState       string
	Seen          string
	Action        string
	Listener      string
	Caller        string
	AnyIn         string // "any in {}"
	Anyone        string
	Rows          string
	Previous      string
	Next          string
	Pages         string
	Range         func(first, last, total int) string
	Page          string
	Found         func(found, total int) string
	NothingFound  string
	NothingHelp   string
	Clear         string
	Reading       string
	Start         string
	Stop          string
	StartFlow     func(name string) string // label for those who hear the button
	StopFlow      func(name string) string
	ByActor       func(actor string) string
	OutputsJoined func(connected, total int) string
	TraceLabel    func(lowest, highest string) string
	SortBy        func(column string) string
	NotUnderstood func(parameter, value string) string
}

// Guard is what asks before something is interrupted.
type Guard struct {
	Confirm        func(outputs int) string // on the button of an armed row
	Cancel         string
	CancelsIn      string // "cancels by itself in {} s"
	Withdrawn      string
	StopTitle      func(name string) string
	StopButton     func(name string) string
	Interrupts     func(outputs int) string
	InterruptsNone string
	DeleteTitle    func(name string) string
	DeleteLead     string
	DeleteButton   func(name string) string
	DeleteRefused  string // while ACTIVE
	OffTitle       func(output string) string
	OffLead        string
	OffConfirm     func(output string) string
	RemoveTitle    func(output string) string
	RemoveLead     string
	RemoveButton   func(output string) string
	Back           string
	SaveConfirm    string
	Used           string // the ticket was used or is too old
	Changed        string // the state is no longer the one that was shown
}

// First is the page of a project without flows.
type First struct {
	Title          string
	Lead           string
	Source         string
	SourceText     string
	Flow           string
	FlowText       string
	Outputs        string
	OutputsText    string
	Make           string
	Send           string
	SendNote       string
	Watch          string
	ListenLong     string // "The sender calls us"
	CallLong       string // "We call"
	PortFree       string // "Port {} is free now."
	PortGiven      string
	Button         string
	ButtonHelp     string
	FfmpegNote     string
	OBSNote        string
	TransmitNote   string
	DefaultName    string
	AddressUnknown string
	OthersMade     func(flows int) string // while the page was open
}

// Flow is the page of a flow.
type Flow struct {
	Commanded     string
	Confirmed     string
	Measured      string
	NoCommand     string
	Ago           string // "{} ago"
	ReadAgo       string // "read {} ago"
	CommandStart  string
	CommandStop   string
	ByAt          func(actor, clock string) string
	AfterCommand  func(duration string) string
	NotYet        string
	WasRefused    string
	WasNotDone    string
	NoAnswer      string
	NotMeasured   string // a service that measures nothing
	NotStarted    string // nothing is measured of a flow that is not started
	Source        string
	Outputs       string
	FlowWord      string
	SinceClock    string // "since {}"
	Edit          string
	EditSource    string
	Delete        string
	DeleteStop    string
	Mode          string
	ListeningOn   string
	Calling       string
	Sender        string
	StreamID      string
	Encryption    string
	Latency       string
	Allowed       string
	NoKey         string
	KeySet        string
	Agreed        string // "{} ms agreed"
	Bitrate       string
	RTT           string
	Loss          string
	Retransmitted string
	Dropped       string
	TSErrors      string
	Packets       string
	CC            string
	Nobody        string
	OutputsHead   func(connected, total int) string
	FarEnd        string
	Connected     string
	AddOutput     string
	FreeOutputs   func(free int) string
	NoOutputs     string
	TurnOn        string
	TurnOff       string
	TurnOnName    func(output string) string
	TurnOffName   func(output string) string
	NoAnswerTry   func(attempt int) string
	NextTry       string // "in {}"
	LastMinutes   string
	CountersSince string // "counters since {}"
	ChartLabel    func(series, now, low, high string) string
	ChartEmpty    string
	RefusedTitle  string
	RefusedNone   string
	Attempts      func(n int) string
	AnyStreamID   string
	SheetTitle    string
	Now           string
	SignalPath    string
}

// Sheet is the connection sheet.
type Sheet struct {
	Address    string
	Port       string
	PortNote   string
	Mode       string
	ModeCaller string // what the far end has to be
	ModeListen string
	WeListen   string
	WeCall     string
	StreamID   string
	Latency    string
	Encryption string
	None       string
	Passphrase string
	NotShown   string
	CopyAll    string
	CopyOf     func(label string) string
	OnceMade   string
	KeyHow     string // "$SRT_KEY stands for the passphrase."
	PlayNote   string // of a line that receives
	RecordNote string
	PassNote   string
}

// Form is what all forms share, and their pages.
type Form struct {
	NewFlow         string
	EditSource      string
	AddOutput       string
	EditOutput      string
	Create          string
	CreateStart     string
	Save            string
	Add             string
	Discard         string
	Remove          string
	Was             string // "was {}"
	WillReplace     string
	WillRemove      string
	Changed         string
	NameHelp        string
	SourceNameHelp  string
	ModeListenHelp  string // "The sender calls us on {}."
	ModeListenPlain string
	ModeCallHelp    string
	ModeFixed       string
	AddressHelp     string
	PortHelp        string
	PortCallHelp    string
	PortRange       func(first, last int) string
	LatencyHelp     string
	LatencyRTT      func(rtt, least int) string
	StreamIDHelp    string
	StreamIDCall    string
	WhitelistHelp   string
	WhitelistOpen   string // warning
	DescriptionHelp string
	Keep            string
	Replace         string
	RemoveKey       string
	PassphraseHelp  string
	PassphraseLost  string // has to be typed again
	CharactersOf    func(low, high int) string
	KeyNone         string
	KeyHelp         string
	OutputOn        string
	OutputOff       string
	OutputStart     string
	OutputListen    string
	OutputCall      string
	Optional        string
	Mend            func(n int) string // "1 field to mend:"
	Line            func(line int, fault string) string
	UDP             string
	MS              string
}

// Fields are the names of the fields, as forms and diffs give them.
type Fields struct {
	FlowName    string
	SourceName  string
	OutputName  string
	Mode        string
	Address     string
	Port        string
	Latency     string
	StreamID    string
	Senders     string // whitelist of a source
	Receivers   string // whitelist of an output
	Description string
	KeyLength   string
	Passphrase  string
	Status      string
	Set         string // of a passphrase: there is one
	NotSet      string
	NewKey      func(characters int) string
}

// Effect is the panel that tells what a change does.
type Effect struct {
	Changes        func(n int) string
	NoChanges      string
	Against        string // "against the source read {} ago"
	FieldHead      string
	NowHead        string
	AfterHead      string
	Title          string
	Nothing        string // pill
	LoseMedia      func(outputs int) string
	NothingText    string
	Standby        string
	Reconnects     string
	StaysActive    string
	StaysStandby   string
	NoMedia        string
	GoesOn         string
	AlreadyLost    string
	IsOff          string
	StaysOn        string
	SenderDropped  string
	CallAgain      string // caller source
	OutputDropped  string
	LatencyLater   string
	SaveTitle      string
	SaveInterrupts func(outputs int) string
	SaveOutput     string
	Hint           string
	StopFirst      string
	StopFirstText  string
	AskAgain       string // more is interrupted than was shown
	Check          string // without JavaScript: show the effect
}

// Conflict is shown when two people edit one thing.
type Conflict struct {
	Title    string
	Source   func(ago string) string
	Output   func(ago string) string
	Field    string
	Opened   string
	Theirs   string
	Yours    string
	TakeYour string
	Discard  string
	Clash    string
}

// Activity are the acts of people, as the flow's page tells them.
type Activity struct {
	Title        string
	None         string
	Created      string
	Started      string
	Stopped      string
	Deleted      string
	SourceChange string
	OutputAdd    func(name string) string
	OutputChange func(name string) string
	OutputOn     func(name string) string
	OutputOff    func(name string) string
	OutputRemove func(name string) string
	Refused      string
	Unknown      string
	NotDone      string // no answer came, and reads show that it did not happen
	Pending      string
	KeySet       string
	KeyReplaced  string
	KeyRemoved   string
	And          string // between two changes
}

// ErrorText explains an error: what happened, what it means, what to do.
type ErrorText struct{ Title, Meaning, Advice string }

// Errors are the explanations by kind.
type Errors struct {
	NotSignedIn    ErrorText
	NotPermitted   ErrorText
	NotFound       ErrorText
	Exists         ErrorText
	State          ErrorText
	Refused        ErrorText
	Throttled      ErrorText
	Unavailable    ErrorText
	OutcomeUnknown ErrorText
	Unreadable     ErrorText
	Internal       ErrorText
	Unrecorded     ErrorText // a command that cannot be written to the trail
	PageNotFound   ErrorText
	TooLarge       ErrorText
	CrossSite      ErrorText
	BadRequest     ErrorText
	NothingToDo    ErrorText
	SRTMissing     ErrorText
	PortTaken      ErrorText
	Said           string // label of what the service said, as given
	Code           string
	RequestID      string
	Retry          string
	Home           string
	RetryIn        string // "Try again in {}."
}

// Faults tell what is wrong with a field.
type Faults struct {
	Required     string
	Length       func(low, high int) string
	Characters   string
	FirstLetter  string
	Range        func(low, high int) string
	PortReserved func(port string) string
	CIDR         func(value string) string
	CIDRv6       func(value string) string
	TooMany      func(most int) string
	Enum         string
	Host         func(value string) string
	Number       func(value string) string
	PortTaken    func(port string) string
	NameTaken    string
	Printable    string // of a text that is no name
	Other        string
}

// Refusals are the reasons why a caller was turned away.
type Refusals struct {
	Address      string
	StreamID     string
	Passphrase   string
	NotEncrypted string
	Encrypted    string
	KeyLength    string
	Busy         string
	Unfinished   string
	Other        string
}

// Notices tell the outcome of an act, once.
type Notices struct {
	FlowCreated   func(name string) string
	FlowUnstarted func(name string) string // made, but its start failed
	FlowStarted   func(name string) string
	FlowStopped   func(name string) string
	FlowDeleted   func(name string) string
	SourceSaved   string
	OutputAdded   func(name string) string
	OutputSaved   func(name string) string
	OutputOn      func(name string) string
	OutputOff     func(name string) string
	OutputRemoved func(name string) string
	NothingToDo   string
	DoneBy        func(actor string) string // the same was done by somebody just before
	Unchanged     string
	Renewed       string
}

// Keys is the help of the keyboard.
type Keys struct {
	Title  string
	Search string
	Down   string
	Up     string
	Open   string
	Start  string
	Stop   string
	Help   string
	Escape string
	Note   string
}
