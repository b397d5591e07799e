package config

import (
	"errors"
	"fmt"
	"strings"
)

// parseFile reads a settings file: a KEY=VALUE line each, blank lines and lines
// that begin with # aside. A value may stand in single or double quotes; inside
// double ones \" and \\ mean " and \. A key that is no setting, or that is
// there twice, is a fault. The error names every fault and no value.
func parseFile(content string) (map[string]string, error) {
	var (
		values = map[string]string{}
		faults []error
		number int
	)
	for line := range strings.Lines(content) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, err := parseLine(line)
		switch _, twice := values[key]; {
		case err != nil:
		case twice:
			err = fmt.Errorf("%s is set twice", key)
		case !known(key):
			err = unknown(key)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("line %d: %w", number, err))
			continue
		}
		values[key] = value
	}
	return values, errors.Join(faults...)
}

func parseLine(line string) (key, value string, err error) {
	line = strings.TrimPrefix(line, "export ")
	key, value, found := strings.Cut(line, "=")
	key = strings.TrimSpace(key)
	if !found || key == "" {
		return "", "", errors.New("not of the form KEY=VALUE")
	}
	value, err = unquote(strings.TrimSpace(value))
	return key, value, err
}

// unquote takes the quotes off a value that has any.
func unquote(value string) (string, error) {
	if value == "" || (value[0] != '"' && value[0] != '\'') {
		return value, nil
	}
	quote := value[0]
	if len(value) < 2 || value[len(value)-1] != quote {
		return "", errors.New("the closing quote is missing")
	}
	inner := value[1 : len(value)-1]
	if quote == '\'' {
		if strings.ContainsRune(inner, '\'') {
			return "", errors.New("a quote inside the quotes")
		}
		return inner, nil
	}
	return unescape(inner)
}

// unescape resolves \" and \\, and refuses a bare quote.
func unescape(inner string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		switch {
		case inner[i] == '"':
			return "", errors.New("a quote inside the quotes")
		case inner[i] == '\\' && i+1 == len(inner):
			return "", errors.New("the closing quote is missing")
		case inner[i] == '\\' && (inner[i+1] == '"' || inner[i+1] == '\\'):
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String(), nil
}

// unknown names the key only where it can be no part of a secret.
func unknown(key string) error {
	if strings.HasPrefix(key, "FLOWDECK_") {
		return fmt.Errorf("%q is no setting", key)
	}
	return errors.New("the key is no setting: all begin with FLOWDECK_")
}

// known tells whether a key of a file is a setting.
func known(key string) bool {
	for _, s := range settings {
		if s.env == key {
			return true
		}
	}
	return false
}
