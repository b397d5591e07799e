package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/flowdeck/flowdeck/internal/config"
	"github.com/flowdeck/flowdeck/internal/packager"
	"github.com/flowdeck/flowdeck/internal/srt"
	"github.com/flowdeck/flowdeck/internal/store"
)

// errUnwell is a doctor's verdict that something needed is missing; it has been
// printed.
var errUnwell = errors.New("something needed is missing")

const checkTimeout = 5 * time.Second

// check looks at one thing. It tells what it found; a fault comes with the way
// to mend it.
type check struct {
	name string
	look func(ctx context.Context, cfg config.Config) (found string, fault error)
}

// fault is what is wrong, and how to mend it.
type fault struct {
	what   string
	mend   string
	needed bool // Flowdeck does not do its work without; else it does less
}

func (f *fault) Error() string { return f.what }

// checks gives what is looked at with these settings.
func checks(cfg config.Config) []check {
	list := []check{
		{"data folder", lookData},
		{"database", lookDatabase},
		{"dashboard port", lookDashboardPort},
	}
	if _, embeds := cfg.Embeds(); embeds {
		list = append(list,
			check{"libsrt", lookSRT},
			check{"gateway port", lookGatewayPort},
			check{"SRT ports", lookSRTPorts},
			check{"channels", lookChannels},
			check{"pictures", lookPictures},
		)
	}
	for _, b := range cfg.Backends {
		name := "backend"
		if len(cfg.Backends) > 1 && b.Name != "" {
			name += " " + b.Name
		}
		list = append(list, check{name, lookBackend(b)})
	}
	return append(list, check{"ffmpeg", lookFFmpeg})
}

func doctorFlags(fs *flag.FlagSet) {
	fs.Bool("alive", false, "check only that what runs on the data folder answers, as a container's health check")
}

// doctor prints a line for each check.
func doctor(ctx context.Context, in invocation) error {
	if in.flag("alive") {
		return alive(ctx, in)
	}
	unwell := false
	for _, c := range checks(in.cfg) {
		unwell = report(ctx, in.Out, in.cfg, c) || unwell
	}
	if unwell {
		return errUnwell
	}
	return nil
}

// report runs one check, and tells whether something needed is missing.
func report(ctx context.Context, out io.Writer, cfg config.Config, c check) (unwell bool) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	found, err := c.look(ctx, cfg)
	if err == nil {
		fmt.Fprintf(out, "ok    %-15s %s\n", c.name, found)
		return false
	}
	f := &fault{what: err.Error(), needed: true}
	errors.As(err, &f)
	mark := "note "
	if f.needed {
		mark = "FAULT"
	}
	line := strings.Join(strings.Fields(f.what), " ")
	if f.mend != "" {
		line += " — " + f.mend
	}
	fmt.Fprintf(out, "%s %-15s %s\n", mark, c.name, line)
	return f.needed
}

func lookData(_ context.Context, cfg config.Config) (string, error) {
	info, err := os.Stat(cfg.Data)
	if errors.Is(err, os.ErrNotExist) {
		return cfg.Data + " will be made at the first start", nil
	}
	if err != nil {
		return "", &fault{err.Error(), "set FLOWDECK_DATA to a folder of your own", true}
	}
	if !info.IsDir() {
		return "", &fault{cfg.Data + " is no folder", "set FLOWDECK_DATA to a folder of your own", true}
	}
	probe, err := os.CreateTemp(cfg.Data, ".doctor-*")
	if err != nil {
		return "", &fault{"cannot write: " + err.Error(), fmt.Sprintf("chown the folder to user %d", os.Getuid()), true}
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return "", &fault{what: err.Error(), needed: true}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", &fault{
			fmt.Sprintf("%s can be entered by others (%v)", cfg.Data, info.Mode().Perm()),
			"chmod 700 " + cfg.Data, false,
		}
	}
	return cfg.Data, nil
}

func lookDatabase(ctx context.Context, cfg config.Config) (string, error) {
	url := cfg.DatabaseURL.Reveal()
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return "SQLite, will be made at the first start", nil
		}
	}
	mend := "see that FLOWDECK_DATABASE_URL is right and the server runs"
	st, err := store.Open(ctx, url)
	if err != nil {
		return "", &fault{err.Error(), mend, true}
	}
	if err := closeAfter(st.Ping(ctx), st); err != nil {
		return "", &fault{err.Error(), mend, true}
	}
	kind, _, _ := strings.Cut(url, ":")
	return kind + " answers, its tables are up to date", nil
}

func lookSRT(context.Context, config.Config) (string, error) {
	library, err := srt.Load()
	if err != nil {
		return "", &fault{err.Error(), "flows cannot start without it; all the rest works", true}
	}
	return fmt.Sprintf("%s (%s)", library.Version(), library.Name()), nil
}

func lookFFmpeg(ctx context.Context, _ config.Config) (string, error) {
	out, err := exec.CommandContext(ctx, "ffmpeg", "-hide_banner", "-protocols").Output()
	if err != nil {
		return "", &fault{"not found", "apt install ffmpeg; a gateway needs it for channels and pictures, all else works", false}
	}
	for word := range strings.FieldsSeq(string(out)) {
		if word == "srt" {
			return "found, with SRT", nil
		}
	}
	return "", &fault{"found, but built without SRT", "apt install ffmpeg; SRT in it is needed for the demo and the tests only", false}
}

// ffmpegGone tells what there is not without ffmpeg.
func ffmpegGone(what string) *fault {
	return &fault{what + ": ffmpeg is not installed", "apt install ffmpeg", false}
}

// lookChannels tells what channels take of this machine, as far as it was measured.
func lookChannels(_ context.Context, cfg config.Config) (string, error) {
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		return "", ffmpegGone("none can be turned on")
	}
	found := fmt.Sprintf("may use %.1f cores together", packager.Budget())
	var takes []string
	for _, c := range packager.Measured(cfg.ChannelDir()) {
		takes = append(takes, fmt.Sprintf("%s %.2f", c.Template, c.Cores))
	}
	if len(takes) == 0 {
		return found + "; what a template takes is measured when it is first used", nil
	}
	return found + "; of these take, measured here: " + strings.Join(takes, ", "), nil
}

// lookPictures tells how often pictures are made, or why there are none.
func lookPictures(_ context.Context, cfg config.Config) (string, error) {
	if cfg.Pictures == 0 {
		return "turned off by FLOWDECK_PICTURES", nil
	}
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		return "", ffmpegGone("there are none")
	}
	return fmt.Sprintf("every %v, of what somebody looks at", cfg.Pictures), nil
}

func lookDashboardPort(ctx context.Context, cfg config.Config) (string, error) {
	return lookPort(ctx, cfg, dashboardRole, cfg.Listen, "FLOWDECK_LISTEN")
}

func lookGatewayPort(ctx context.Context, cfg config.Config) (string, error) {
	return lookPort(ctx, cfg, gatewayRole, cfg.GatewayListen, "FLOWDECK_GATEWAY_LISTEN")
}

// lookPort tries to listen where a role will, unless it does so already.
func lookPort(ctx context.Context, cfg config.Config, r role, address, variable string) (string, error) {
	if pid := holder(cfg.RunDir(), r); pid != 0 {
		return fmt.Sprintf("%s, held by the running %s (process %d)", readRunFile(cfg.RunDir(), r).Address, r, pid), nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return "", &fault{address + " is taken by another program", "end that program, or set " + variable, true}
	}
	if err != nil {
		return "", &fault{err.Error(), "set " + variable, true}
	}
	if err := l.Close(); err != nil {
		return "", &fault{what: err.Error(), needed: true}
	}
	return address + " is free", nil
}

// lookSRTPorts counts the free ports of the range, unless flows may hold some.
func lookSRTPorts(ctx context.Context, cfg config.Config) (string, error) {
	ports, where := cfg.GatewaySRTPorts, cfg.GatewaySRTAddress
	if pid := holder(cfg.RunDir(), relayRole); pid != 0 {
		return fmt.Sprintf("%v on %s, in use by the running relay (process %d)", ports, where, pid), nil
	}
	var lc net.ListenConfig
	free := 0
	for port := ports.First; port <= ports.Last; port++ {
		l, err := lc.ListenPacket(ctx, "udp4", net.JoinHostPort(where, fmt.Sprint(port)))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return "", &fault{err.Error(), "set FLOWDECK_GATEWAY_SRT_ADDRESS to an address of this machine", true}
		}
		free++
		if err := l.Close(); err != nil {
			return "", &fault{what: err.Error(), needed: true}
		}
	}
	total := ports.Last - ports.First + 1
	if free < total {
		return "", &fault{
			fmt.Sprintf("%d of %d ports on %s are taken by other programs", total-free, total, where),
			"set FLOWDECK_GATEWAY_SRT_PORTS to a free range", free == 0,
		}
	}
	return fmt.Sprintf("%v on %s are free", ports, where), nil
}
