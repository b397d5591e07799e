// Package handlers is the dashboard's web surface: one table of routes, and a
// file for each noun. A handler reads like a recipe: parse, authorise, call,
// render; what fails is returned, and errors.go alone decides how it looks.
//
// Pages are rendered from the monitor's snapshot and never wait for the cloud.
// What changes something goes through control, once, on the word of a person:
// a start is one press (control answers "nothing to do" to the second of two),
// a stop or a deletion asks for a one-use ticket first.
package handlers
