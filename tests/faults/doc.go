// Package faults shows what people see, and what reaches the service, while
// things go wrong: the real program as a dashboard over a fake cloud that fails
// in every way, used by several people at once. What their pages say is
// compared with the cloud's truth log. Each test has the number of its fault.
//
// FLOWDECK_FAULT_LONG=1 gives the faults their full length and count.
package faults
