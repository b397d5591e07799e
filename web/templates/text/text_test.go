package text_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/flowdeck/flowdeck/internal/medialive"
	"github.com/flowdeck/flowdeck/web/templates/text"
)

// alike are the texts that are the same in both languages on purpose: units,
// acronyms and sample names.
var alike = map[string]bool{
	"Shell.UTC": true, "List.RTT": true, "Flow.RTT": true, "Sheet.PortNote": true, "Form.UDP": true, "Form.MS": true, "Flow.CC": true,
	"Notify.EventOf":              true, // a word that it does not know stands for itself
	"Channels.Tabs.JSON":          true,
	"ChannelForm.Limit.Reason":    true, // so does a sentence
	"Measures.Player.Reasons.Key": true, // by which the script finds them
	"First.DefaultName":           true, "First.AddressUnknown": true, "Effect.StaysStandby": true,
}

func TestEveryTextIsThereInBothLanguages(t *testing.T) {
	compare(t, "", reflect.ValueOf(*text.English), reflect.ValueOf(*text.Chinese))
}

func compare(t *testing.T, path string, en, zh reflect.Value) {
	t.Helper()
	switch en.Kind() {
	case reflect.Struct:
		for i := range en.NumField() {
			name := strings.TrimPrefix(path+"."+en.Type().Field(i).Name, ".")
			compare(t, name, en.Field(i), zh.Field(i))
		}
	case reflect.String:
		compareTexts(t, path, en.String(), zh.String())
	case reflect.Func:
		if en.IsNil() || zh.IsNil() {
			t.Errorf("%s: function missing", path)
			return
		}
		for _, n := range []int{0, 1, 2, 7} {
			compareTexts(t, path, call(en, n), call(zh, n))
		}
	case reflect.Map:
		if en.Len() != zh.Len() {
			t.Errorf("%s: %d texts and %d", path, en.Len(), zh.Len())
		}
		for _, key := range en.MapKeys() {
			compareTexts(t, path+"."+key.String(), en.MapIndex(key).String(), word(zh.MapIndex(key)))
		}
	case reflect.Slice:
		if en.Len() != zh.Len() {
			t.Fatalf("%s: %d texts and %d", path, en.Len(), zh.Len())
		}
		for i := range en.Len() {
			compare(t, path, en.Index(i), zh.Index(i))
		}
	default:
		t.Errorf("%s: unexpected kind %s", path, en.Kind())
	}
}

// word is the text of a map's entry; empty where there is none.
func word(entry reflect.Value) string {
	if !entry.IsValid() {
		return ""
	}
	return entry.String()
}

func call(f reflect.Value, n int) string {
	args := make([]reflect.Value, f.Type().NumIn())
	for i := range args {
		if f.Type().In(i).Kind() == reflect.Int {
			args[i] = reflect.ValueOf(n)
		} else {
			args[i] = reflect.ValueOf("X1")
		}
	}
	return f.Call(args)[0].String()
}

func compareTexts(t *testing.T, path, en, zh string) {
	t.Helper()
	if strings.TrimSpace(en) == "" || strings.TrimSpace(zh) == "" {
		t.Errorf("%s: empty (%q, %q)", path, en, zh)
	}
	if (en == zh) != alike[path] {
		t.Errorf("%s: %q and %q, alike is %v", path, en, zh, alike[path])
	}
	if strings.Count(en, "{}") != strings.Count(zh, "{}") || strings.Count(en, "{}") > 1 {
		t.Errorf("%s: places for a value differ: %q, %q", path, en, zh)
	}
	if strings.ContainsAny(en, "!！") || strings.ContainsAny(zh, "!！") {
		t.Errorf("%s: exclamation mark", path)
	}
	for _, r := range en {
		if r >= 0x2E80 {
			t.Errorf("%s: Chinese among the English: %q", path, en)
			break
		}
	}
}

func TestPlurals(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{text.English.Guard.Confirm(1), "Confirm STOP – interrupts 1 output"},
		{text.English.Guard.Confirm(6), "Confirm STOP – interrupts 6 outputs"},
		{text.English.Effect.LoseMedia(1), "1 OUTPUT LOSES MEDIA"},
		{text.English.Effect.Changes(0), "0 changes"},
		{text.Chinese.Guard.Confirm(6), "确认停止：中断 6 路输出"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestEveryKindOfErrorIsExplained(t *testing.T) {
	for _, kind := range []medialive.Kind{
		medialive.KindNotSignedIn, medialive.KindNotPermitted, medialive.KindNotFound, medialive.KindExists,
		medialive.KindState, medialive.KindRefused, medialive.KindThrottled, medialive.KindUnavailable,
		medialive.KindOutcomeUnknown, medialive.KindUnreadable,
	} {
		for _, s := range text.All() {
			if s.ErrorOf(string(kind)) == s.Error.Internal {
				t.Errorf("%s: kind %s has no text of its own", s.Lang, kind)
			}
		}
	}
	if text.English.ErrorOf("?") != text.English.Error.Internal {
		t.Error("an unknown kind must read as an internal error")
	}
}

func TestEveryFaultIsNamed(t *testing.T) {
	for _, code := range []medialive.FaultCode{
		medialive.FaultRequired, medialive.FaultLength, medialive.FaultCharacters, medialive.FaultFirstLetter,
		medialive.FaultRange, medialive.FaultPortReserved, medialive.FaultCIDR, medialive.FaultCIDRv6,
		medialive.FaultTooMany, medialive.FaultEnum, medialive.FaultHost,
	} {
		for _, s := range text.All() {
			if s.FaultOf(string(code), 1, 2, "x") == s.Fault.Other {
				t.Errorf("%s: fault %s has no text of its own", s.Lang, code)
			}
		}
	}
}

func TestEveryRefusalIsNamed(t *testing.T) {
	for _, reason := range []medialive.Refusal{
		medialive.RefusedAddress, medialive.RefusedStreamID, medialive.RefusedPassphrase, medialive.RefusedNotEncrypted,
		medialive.RefusedEncrypted, medialive.RefusedKeyLength, medialive.RefusedBusy, medialive.RefusedUnfinished,
	} {
		if text.English.RefusalOf(string(reason)) == text.English.Refusal.Other {
			t.Errorf("refusal %s has no text of its own", reason)
		}
	}
}

func TestAccepted(t *testing.T) {
	for header, want := range map[string]string{
		"": text.EN, "zh-CN,zh;q=0.9,en;q=0.8": text.ZH, "de, en;q=0.5, zh;q=0.4": text.EN,
		"zh": text.ZH, "ZH-hant": text.ZH, "fr": text.EN, ";;;,": text.EN,
	} {
		if got := text.Accepted(header); got != want {
			t.Errorf("Accepted(%q) = %s, want %s", header, got, want)
		}
	}
}
