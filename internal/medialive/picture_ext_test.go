package medialive

import "testing"

func TestSubject(t *testing.T) {
	key := ChannelKey{Domain: "push.example.com", AppName: "live", ID: "ch1"}
	if id, ok := SubjectFlow("a-b").Flow(); !ok || id != "a-b" {
		t.Errorf("flow %q, %v", id, ok)
	}
	if got, ok := SubjectChannel(key).Channel(); !ok || got != key {
		t.Errorf("channel %v, %v", got, ok)
	}
	if _, ok := SubjectFlow("a-b").Channel(); ok {
		t.Error("a flow is a channel")
	}
	if _, ok := SubjectChannel(key).Flow(); ok {
		t.Error("a channel is a flow")
	}
	for _, s := range []Subject{"", "flow/", "flow/a/b", "channel/a/b", "channel/a/b/c/d", "channel//b/c"} {
		_, flow := s.Flow()
		_, channel := s.Channel()
		if flow || channel {
			t.Errorf("%q names something", s)
		}
	}
}
