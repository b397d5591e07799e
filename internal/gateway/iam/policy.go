package iam

import (
	"fmt"
	"regexp"
	"strings"
)

// actionPattern is an action as the API names them, live:ott:listFlow, with *
// for any text.
var actionPattern = regexp.MustCompile(`^[A-Za-z0-9:_*-]{1,128}$`)

// maxPatterns bounds what one user's policy may hold.
const maxPatterns = 100

// checkPolicy tells what is wrong with the patterns of a policy.
func checkPolicy(allow []string) error {
	if len(allow) > maxPatterns {
		return fmt.Errorf("a policy has at most %d actions", maxPatterns)
	}
	for _, pattern := range allow {
		if !actionPattern.MatchString(pattern) {
			return fmt.Errorf("%q is no action: want something like live:ott:listFlow or live:ott:*", pattern)
		}
	}
	return nil
}

// allowed tells whether one of the patterns matches the action.
func allowed(allow []string, action string) bool {
	for _, pattern := range allow {
		if matches(pattern, action) {
			return true
		}
	}
	return false
}

// matches compares with * standing for any text. It takes the earliest place
// for each piece between two stars, which finds a match if there is one.
func matches(pattern, text string) bool {
	pieces := strings.Split(pattern, "*")
	if len(pieces) == 1 {
		return pattern == text
	}
	first, last := pieces[0], pieces[len(pieces)-1]
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, piece := range pieces[1 : len(pieces)-1] {
		at := strings.Index(text, piece)
		if at < 0 {
			return false
		}
		text = text[at+len(piece):]
	}
	return true
}
