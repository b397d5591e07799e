package medialive

// The metrics by which a Flowdeck gateway tells of channels and flows. Those of the vendor
// are not published: ask [CloudEye.Metrics] which there are. Each is of one minute.
const (
	MetricInputBandwidth  = "input_bandwidth"   // bit/s, of the input on air
	MetricInputFrameRate  = "input_frame_rate"  // of the input on air
	MetricNoPackets       = "no_packet_time"    // seconds without a packet, all inputs together
	MetricDisconnections  = "disconnections"    // times that an input was connected anew, all together
	MetricContinuity      = "continuity_errors" // all inputs together
	MetricPIDErrors       = "pid_errors"        // all inputs together
	MetricSwitches        = "failover_switches" // from one input to the other
	MetricSignals         = "scte35_signals"    // in the input on air
	MetricOutputBandwidth = "output_bandwidth"  // bit/s that the encoder made; only where there is one
	MetricOutputFrameRate = "output_frame_rate" // of the encoder
	MetricDroppedFrames   = "dropped_frames"    // by the encoder
	MetricDroppedTraffic  = "dropped_traffic"   // bytes that encoder and packagers were too slow for

	// Of a package of its own, by [DimPackageID].
	MetricRequests2xx   = "requests_2xx" // of players, 3xx too
	MetricRequests4xx   = "requests_4xx"
	MetricRequests5xx   = "requests_5xx"
	MetricHLSRequests   = "hls_requests"
	MetricDASHRequests  = "dash_requests"
	MetricOutputTraffic = "output_traffic" // bytes sent to players

	// Of flows, beside input_bandwidth, output_bandwidth (all outputs together) and
	// continuity_errors.
	MetricRTT              = "rtt"                   // ms, of the source, while it is connected
	MetricLossRate         = "loss_rate"             // percent, of the source, before anything is sent again
	MetricLost             = "lost_packets"          // likewise
	MetricRetransmitted    = "retransmitted_packets" // by the source
	MetricDropped          = "dropped_packets"       // too late, or that a full buffer refused; source and outputs
	MetricConnected        = "connected"             // percent of the time, the source
	MetricOutputsConnected = "outputs_connected"     // percent of the time, of all outputs; only where there are any
)

// The dimensions that a gateway adds to those of a channel, whose id others may
// have too.
const (
	DimDomain    = "domain"
	DimAppName   = "app_name"
	DimPackageID = "package_id"
)
