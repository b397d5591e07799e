// Package channels proves channels with real media: the whole program, between
// ffmpeg that pushes by SRT and RTMP, and players that read HLS and DASH strictly.
// Its tests lose senders, kill every process of a channel, and fill a real disk.
package channels
