package packager

import (
	"bytes"
	"testing"
	"time"
)

// run is packets of an input, every 100 ms from one second to another.
type run struct {
	role     Role
	from, to float64
}

func TestFailover(t *testing.T) {
	for name, c := range map[string]struct {
		loss          time.Duration
		back, standby bool
		runs          []run
		on            map[float64]Role // at these seconds
		switches      int64
	}{
		"primary stays":                  {2 * time.Second, false, true, []run{{Primary, 0, 20}, {Standby, 0, 20}}, map[float64]Role{1: Primary, 19: Primary}, 0},
		"lost, within the condition":     {2 * time.Second, false, true, []run{{Primary, 0, 5}, {Standby, 0, 20}}, map[float64]Role{6.9: Primary, 7.2: Standby}, 1},
		"another condition":              {500 * time.Millisecond, false, true, []run{{Primary, 0, 5}, {Standby, 0, 20}}, map[float64]Role{5.4: Primary, 5.7: Standby}, 1},
		"both lost: no to and fro":       {time.Second, false, true, []run{{Primary, 0, 5}, {Standby, 0, 5}}, map[float64]Role{19: Primary}, 0},
		"no standby":                     {time.Second, true, false, []run{{Primary, 0, 5}}, map[float64]Role{19: Primary}, 0},
		"equal stays on the standby":     {time.Second, false, true, []run{{Primary, 0, 5}, {Standby, 0, 20}, {Primary, 8, 20}}, map[float64]Role{7: Standby, 19: Standby}, 1},
		"primary comes back when steady": {time.Second, true, true, []run{{Primary, 0, 5}, {Standby, 0, 20}, {Primary, 8, 20}}, map[float64]Role{7: Standby, 12.8: Standby, 13.2: Primary}, 2},
		"a pause begins the wait anew":   {time.Second, true, true, []run{{Primary, 0, 5}, {Standby, 0, 20}, {Primary, 8, 12}, {Primary, 14, 20}}, map[float64]Role{13: Standby, 18.8: Standby, 19.2: Primary}, 2},
		"standby is lost too":            {time.Second, false, true, []run{{Primary, 0, 5}, {Standby, 0, 10}, {Primary, 8, 20}}, map[float64]Role{9: Standby, 11.3: Primary}, 2},
		"primary never came":             {2 * time.Second, false, true, []run{{Standby, 0, 20}}, map[float64]Role{1.9: Primary, 2.2: Standby}, 1},
	} {
		began := time.Unix(1_000, 0)
		f := newFailover(c.loss, c.back, c.standby, began)
		for i := range 200 {
			at := float64(i) / 10
			now := began.Add(time.Duration(i) * 100 * time.Millisecond)
			for _, r := range c.runs {
				if at >= r.from && at <= r.to {
					f.packet(r.role, now)
				}
			}
			got := f.decide(now)
			if want, asked := c.on[at]; asked && got != want {
				t.Errorf("%s: at %v %v is on air, want %v", name, at, got, want)
			}
		}
		if f.switches != c.switches {
			t.Errorf("%s: %d switches, want %d", name, f.switches, c.switches)
		}
	}
}

// TestOnlyMediaKeepsAnInput: a primary that sends anything but pictures and sound
// must not hold off the standby.
func TestOnlyMediaKeepsAnInput(t *testing.T) {
	now := time.Now()
	p := &pipeline{failover: newFailover(time.Minute, false, true, now), sources: [2]*feed{Primary: {meter: newMeter(nil)}}}
	for i, c := range []struct {
		data  []byte
		lives bool
	}{
		{plain(testVideo, 0), false}, // of no program yet
		{tablesOf(), false},
		{plain(0x200, 0), false},
		{plain(nullPID, 0), false},
		{clocked(testVideo, 1, false), false},
		{plain(testSplice, 0), false},
		{plain(testAudio, 0), true},
	} {
		p.receive(Primary, bytes.Repeat(c.data, 3))
		if got := p.failover.lives(Primary, now); got != c.lives {
			t.Fatalf("%d: alive is %v", i, got)
		}
	}
}
