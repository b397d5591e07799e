// Package srt is Flowdeck's own small binding to libsrt. The library is
// opened at run time, so that the program builds without a C compiler and
// starts without libsrt; [Load] says what to install when it is missing.
//
// Calls are safe for use by several goroutines. The names and meanings are
// those of libsrt's API; see its docs/API in https://github.com/Haivision/srt.
package srt
