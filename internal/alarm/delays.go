package alarm

import "time"

// Delays are how long things must last before they count. Zero fields are the
// defaults.
type Delays struct {
	On          time.Duration // a source or an output is lost; 3 s
	Measure     time.Duration // loss or bitrate outside the band; 5 s
	Unreachable time.Duration // the API cannot be read; 5 s
	NoMedia     time.Duration // started, and nothing came; 60 s
	Off         time.Duration // the condition is gone; 10 s
	Flapping    time.Duration // five changes within it are unstable; 2 min
	Calm        time.Duration // without a change: no longer unstable; 1 min
	Together    time.Duration // alarms raised within it belong together; 10 s
}

// orDefaults fills in what is not set.
func (d Delays) orDefaults() Delays {
	for _, field := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&d.On, 3 * time.Second},
		{&d.Measure, 5 * time.Second},
		{&d.Unreachable, 5 * time.Second},
		{&d.NoMedia, time.Minute},
		{&d.Off, 10 * time.Second},
		{&d.Flapping, 2 * time.Minute},
		{&d.Calm, time.Minute},
		{&d.Together, 10 * time.Second},
	} {
		if *field.value <= 0 {
			*field.value = field.standard
		}
	}
	return d
}
