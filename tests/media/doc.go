// Package media proves Flowdeck with real media: the whole program, as its
// three processes, between ffmpeg and srt-live-transmit at both ends. Its tests
// push, receive, change what runs, and kill every process in turn.
package media
