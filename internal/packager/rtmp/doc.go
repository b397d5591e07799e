// Package rtmp takes the one stream that an encoder pushes by RTMP, and gives it
// on as FLV. It lets in only who names the right application and stream, and says
// who else came.
//
// It speaks what publishing needs of Adobe's RTMP 1.0: the plain handshake, AMF 0
// commands, audio and video. Nothing of a caller reaches ffmpeg before it is let
// in, and then media alone.
package rtmp
