package medialive

// EncoderSetting is a transcoding template that a channel uses. The service has
// one rendition for each.
type EncoderSetting struct {
	TemplateID string `json:"template_id,omitempty"` // 1..255
	Extra      Extra  `json:"-"`
}

// EncoderExpand is what a channel sends besides its templates.
type EncoderExpand struct {
	Audio []AudioDescription `json:"audio_descriptions,omitempty"` // up to 8
	Video *VideoDescription  `json:"video_descriptions,omitempty"` // one, in spite of its name
	Extra Extra              `json:"-"`
}

// AudioDescription is an audio track that a channel sends.
type AudioDescription struct {
	Name            string          `json:"name"`                            // 1..255 letters, digits, - and _; unique in the channel
	Selector        string          `json:"audio_selector_name"`             // of the input, that feeds it
	LanguageControl LanguageControl `json:"language_code_control,omitempty"` // default FOLLOW_INPUT
	LanguageCode    string          `json:"language_code,omitempty"`         // two or three lower-case letters
	StreamName      string          `json:"stream_name,omitempty"`           // shown to viewers, up to 255
	Extra           Extra           `json:"-"`
}

// LanguageControl says which language is shown for a track; the sound is the
// same.
type LanguageControl string

// The controls.
const (
	LanguageOfInput    LanguageControl = "FOLLOW_INPUT" // that of the input; else the one configured
	LanguageConfigured LanguageControl = "USE_CONFIGURED"
)

// VideoDescription is how a channel sends its video.
type VideoDescription struct {
	GOPDuration int   `json:"gop_duration_seconds,omitempty"` // seconds: 1..6, 8, 10; 0, the default: as the source
	Extra       Extra `json:"-"`
}

// GOPDurations lists the values that are supported; others count as 0.
func GOPDurations() []int { return []int{0, 1, 2, 3, 4, 5, 6, 8, 10} }

// UnmarshalJSON keeps fields that this package has no name for.
func (s *EncoderSetting) UnmarshalJSON(data []byte) error { return decodeWhole(data, s) }

// MarshalJSON hides what is not known; see [RevealJSON] and [AnswerJSON].
func (s EncoderSetting) MarshalJSON() ([]byte, error) { return encodeWhole(s, shown) }

// UnmarshalJSON keeps fields that this package has no name for.
func (e *EncoderExpand) UnmarshalJSON(data []byte) error { return decodeWhole(data, e) }

// MarshalJSON hides what is not known; see [RevealJSON] and [AnswerJSON].
func (e EncoderExpand) MarshalJSON() ([]byte, error) { return encodeWhole(e, shown) }
