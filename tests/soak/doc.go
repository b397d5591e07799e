// Package soak lets media run for a long time while outputs come and go and
// strangers knock, and watches that nothing is lost and nothing grows.
package soak
