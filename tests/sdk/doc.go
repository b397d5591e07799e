// Package sdk drives a gateway with the vendor's official Go SDK, so that what
// is compatible is not only our own word. It is a module of its own, since the
// SDK would weigh on the main one.
//
// The tests build the program from the tree around them, or use the binary that
// FLOWDECK_BIN names.
package sdk
