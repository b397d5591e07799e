// Package safety shows what somebody who means harm can do to the whole
// program, from outside: the real binary before a fake cloud, asked by HTTP in
// every way that one should not ask. Each test has the number of its threat in
// docs/security/threat-model.md. Routes are enumerated from the program's own
// table, so that a new one is attacked too.
//
// FLOWDECK_SAFETY_LONG=1 gives the attacks their full count.
package safety
