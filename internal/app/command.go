package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/flowdeck/flowdeck/internal/config"
)

// Terminal is what a command has from the outside: where it reads, where it
// writes, and the environment.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
}

// command is one row of the table of commands.
type command struct {
	name  string // one word or two
	args  string // the arguments, as the help shows them
	about string
	count [2]int // least and most arguments
	run   func(ctx context.Context, in invocation) error
	flags func(*flag.FlagSet) // adds flags of its own; may be nil
}

// invocation is one call of a command.
type invocation struct {
	Terminal
	cfg  config.Config
	args []string
	flag func(name string) bool   // a flag of the command's own
	text func(name string) string // the value of one
	log  *slog.Logger
}

// many is a number of arguments without a limit.
const many = 1 << 10

// commands is every command; the first is the default.
func commands() []command {
	return []command{
		{name: "serve", about: "run the dashboard, and with the embedded backend a gateway beside it", run: serve},
		{name: "gateway", about: "run a Media Live service on this machine, and its relay", run: runGateway, flags: gatewayFlags},
		{name: "relay", about: "run the media process; started by the gateway, not by hand", run: runRelay},
		{name: "user add", args: "NAME", count: [2]int{1, 1}, about: "add a user of the gateway; the password is read from standard input", run: userAdd},
		{name: "user list", about: "list the users of the gateway", run: userList},
		{name: "user passwd", args: "NAME", count: [2]int{1, 1}, about: "set a user's password, read from standard input", run: userPasswd},
		{name: "user disable", args: "NAME", count: [2]int{1, 1}, about: "refuse a user from now on; --enable takes it back", run: userDisable, flags: disableFlags},
		{name: "user policy", args: "NAME [ACTION …]", count: [2]int{1, many}, about: "set what a user may do, such as live:ott:listFlow or live:ott:*", run: userPolicy},
		{name: "user totp", args: "NAME", count: [2]int{1, 1}, about: "ask a user for a one-time code at sign-in; prints the address for the authenticator once", run: userTOTP, flags: totpFlags},
		{name: "user group add", args: "USER GROUP", count: [2]int{2, 2}, about: "put a user into a group, for the rules of roles", run: userGroupAdd},
		{name: "user group remove", args: "USER GROUP", count: [2]int{2, 2}, about: "take a user out of a group", run: userGroupRemove},
		{name: "user group list", about: "list the groups", run: userGroupList},
		{name: "key add", args: "USER", count: [2]int{1, 1}, about: "make an access key; it is shown once", run: keyAdd},
		{name: "key list", about: "list the access keys, without their secrets", run: keyList},
		{name: "key revoke", args: "AK", count: [2]int{1, 1}, about: "refuse an access key from now on", run: keyRevoke},
		{name: "audit verify", about: "check that no line of the activity trail was changed, moved or removed", run: auditVerify, flags: verifyFlags},
		{name: "audit export", about: "write the lines of the activity trail to standard output", run: auditExport, flags: exportFlags},
		{name: "audit accept", args: "REASON", count: [2]int{1, 1}, about: "go on with an activity trail that has a fault; what is wrong stays to be found", run: auditAccept},
		{name: "doctor", about: "check what this machine has, and say how to mend what is missing", run: doctor, flags: doctorFlags},
		{name: "version", about: "print the version", run: printVersion},
	}
}

// errUsage is a command line that cannot be understood; the command has said
// so already.
var errUsage = errors.New("usage")

// Main runs the command that args name, until ctx ends or it is done, and gives
// the exit code: 0 done, 1 failed, 2 not understood.
func Main(ctx context.Context, args []string, term Terminal) int {
	err := dispatch(ctx, args, term)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	case errors.Is(err, errUnwell):
		return 1
	default:
		fmt.Fprintln(term.Err, "flowdeck:", err)
		return 1
	}
}

func dispatch(ctx context.Context, args []string, term Terminal) error {
	if len(args) > 0 && (args[0] == "help" || args[0] == "-h" || args[0] == "--help") {
		help(term.Out)
		return nil
	}
	cmd, rest, found := find(args)
	if !found {
		fmt.Fprintf(term.Err, "flowdeck: there is no command %q\n\n", strings.Join(args, " "))
		help(term.Err)
		return errUsage
	}
	in, err := cmd.parse(rest, term)
	if err != nil {
		return err
	}
	return cmd.run(ctx, in)
}

// find gives the command that args begin with. No word, or a flag in place of
// one, is the default command.
func find(args []string) (cmd command, rest []string, found bool) {
	table := commands()
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return table[0], args, true
	}
	for _, c := range table {
		words := strings.Fields(c.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == c.name {
			return c, args[len(words):], true
		}
	}
	return command{}, nil, false
}

// parse reads the flags and arguments of a command, in any order, and the
// settings.
func (c command) parse(args []string, term Terminal) (invocation, error) {
	fs := flag.NewFlagSet("flowdeck "+c.name, flag.ContinueOnError)
	fs.SetOutput(term.Err)
	flags := config.Bind(fs)
	if c.flags != nil {
		c.flags(fs)
	}
	fs.Usage = func() { c.usage(fs) }
	plain, err := parseAll(fs, args)
	if errors.Is(err, flag.ErrHelp) {
		return invocation{}, err
	}
	if err != nil {
		return invocation{}, errUsage // fs has printed it
	}
	if len(plain) < c.count[0] || len(plain) > c.count[1] {
		fmt.Fprintf(term.Err, "flowdeck %s: wrong number of arguments\n\n", c.name)
		fs.Usage()
		return invocation{}, errUsage
	}
	cfg, err := flags.Load(term.Getenv)
	if err != nil {
		return invocation{}, err
	}
	value := func(name string) string {
		if f := fs.Lookup(name); f != nil {
			return f.Value.String()
		}
		return ""
	}
	return invocation{
		Terminal: term, cfg: cfg, args: plain, text: value,
		flag: func(name string) bool { return value(name) == "true" }, log: logger(term.Err, cfg),
	}, nil
}

// parseAll reads flags wherever they stand, and gives what is no flag.
func parseAll(fs *flag.FlagSet, args []string) (plain []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		rest := fs.Args()
		if len(rest) == 0 {
			return plain, nil
		}
		if n := len(args) - len(rest); n > 0 && args[n-1] == "--" {
			return append(plain, rest...), nil
		}
		plain = append(plain, rest[0])
		args = rest[1:]
	}
}

func (c command) usage(fs *flag.FlagSet) {
	out := fs.Output()
	line := strings.TrimSpace("flowdeck " + c.name + " [flags] " + c.args)
	fmt.Fprintf(out, "%s\n\n  %s\n\nFlags, each also a variable of the environment or a line of --config:\n\n", line, c.about)
	fs.PrintDefaults()
}

func help(out io.Writer) {
	fmt.Fprint(out, "Flowdeck runs live SRT flows, in the cloud or on this machine.\n\nCommands:\n\n")
	for _, c := range commands() {
		fmt.Fprintf(out, "  flowdeck %-28s %s\n", strings.TrimSpace(c.name+" "+c.args), c.about)
	}
	fmt.Fprint(out, "\nWithout a command it is \"flowdeck serve\". \"flowdeck COMMAND --help\" shows the settings.\n")
}

// logger writes to w in the configured format, from the configured level on.
func logger(w io.Writer, cfg config.Config) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
