// Package house holds the rules of the house as tests: who may import whom,
// what every package owes its reader, and what code here does not do.
package house
