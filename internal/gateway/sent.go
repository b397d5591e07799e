package gateway

import "github.com/flowdeck/flowdeck/internal/medialive"

// sentSource is a source as a request has it: a number that was not sent is
// not a zero that was.
type sentSource struct {
	medialive.Source
	Port       *int `json:"source_listener_port"`
	MinLatency *int `json:"min_latency"`
}

// read gives the source with the defaults filled in. where names its place in
// the body.
func (s sentSource) read(where string) (medialive.Source, error) {
	if err := refuseZero(where, "source_listener_port", s.Port, s.MinLatency); err != nil {
		return medialive.Source{}, err
	}
	source := s.Source
	source.Port, source.MinLatency = orZero(s.Port), orZero(s.MinLatency)
	return normalSource(source), nil
}

// sentOutput is an output as a request has it.
type sentOutput struct {
	medialive.Output
	Port       *int `json:"port"`
	MinLatency *int `json:"min_latency"`
}

func (o sentOutput) read(where string) (medialive.Output, error) {
	if err := refuseZero(where, "port", o.Port, o.MinLatency); err != nil {
		return medialive.Output{}, err
	}
	output := o.Output
	output.Port, output.MinLatency = orZero(o.Port), orZero(o.MinLatency)
	return normalOutput(output), nil
}

// refuseZero refuses numbers that were sent as 0, which elsewhere stands for
// one that was not sent.
func refuseZero(where, portField string, port, latency *int) error {
	if port != nil && *port == 0 {
		return invalid("%s%s must be from %d to %d", where, portField, medialive.MinPort, medialive.MaxPort)
	}
	if latency != nil && *latency == 0 {
		return invalid("%smin_latency must be from %d to %d", where, medialive.MinLatencyLow, medialive.MinLatencyHigh)
	}
	return nil
}

func orZero(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}
