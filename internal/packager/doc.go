// Package packager runs channels on a gateway: it reads their inputs as MPEG
// transport streams, chooses between a primary and a standby, encodes a ladder of
// renditions, packages them as HLS and DASH, records them, and serves the result.
// ffmpeg does the work on media, always as a child; this package decides, and cuts
// transport streams where nothing but cutting is to be done.
//
//	inputs ─TS─▶ failover ─TS─▶ encoder ─TS─▶ fan-out ─TS─▶ slicers   ─▶ files of HLS
//	                                             ├─────TS─▶ packagers ─▶ files in MP4
//	                                             └─────TS─▶ recorder  ─▶ files
//
// It knows neither the REST code of the gateway nor its database: [Spec] comes
// in, [Report] goes out.
package packager
