package config

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

// Flags is the settings as given on a command line.
type Flags struct {
	file   string
	values map[string]string // by environment variable
}

// Bind adds a flag for each setting, and --config, to a flag set. Secrets have
// none: arguments can be read by every user of the machine.
func Bind(fs *flag.FlagSet) *Flags {
	f := &Flags{values: map[string]string{}}
	fs.StringVar(&f.file, "config", "", "`file` with settings, a KEY=VALUE line each")
	for _, s := range settings {
		if s.forget {
			continue
		}
		usage := s.usage + " (" + s.env + ")"
		if s.value != "" {
			usage += " (default " + s.value + ")"
		}
		fs.Func(s.flag, usage, func(v string) error {
			f.values[s.env] = v
			return nil
		})
	}
	return f
}

// Load gathers the settings by precedence — flag, environment, file, default —
// and checks them. The error names every fault, a line each, and no secret. An
// empty value counts as not set.
func (f *Flags) Load(getenv func(string) string) (Config, error) {
	var (
		c      Config
		faults []error
		file   map[string]string
	)
	if f.file != "" {
		var err error
		if file, err = readFile(f.file); err != nil {
			faults = append(faults, err)
		}
	}
	for _, s := range settings {
		value := first(f.values[s.env], getenv(s.env), file[s.env], s.value)
		if err := s.set(&c, value); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", s.env, err))
		}
	}
	c.fill()
	faults = append(faults, c.Validate())
	if err := errors.Join(faults...); err != nil {
		return c, fmt.Errorf("the settings cannot be used:\n%w", err)
	}
	return c, nil
}

func readFile(path string) (map[string]string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the settings file: %w", err)
	}
	values, err := parseFile(string(content))
	if err != nil {
		return nil, fmt.Errorf("settings file %s: %w", path, err)
	}
	return values, nil
}

// first is the first of the values that is not empty.
func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
