// Package display is read-only walls: who may open one, what it shows, and the
// projection of a snapshot from which it is rendered. A wall makes no upstream
// call: it is rendered from what a watcher knows anyway.
package display
