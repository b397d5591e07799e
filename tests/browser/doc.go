// Package browser proves the dashboard in a real Chromium: the whole program
// runs, real media moves, and a person's mouse or keyboard drives the pages.
package browser
