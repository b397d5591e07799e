// Package app is the program: its commands, and the wiring of the processes —
// dashboard, gateway, relay — each of which starts its parts in order and stops
// them in reverse.
package app
