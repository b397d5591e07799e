package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/store"
	"github.com/flowdeck/flowdeck/internal/trail"
)

func verifyFlags(fs *flag.FlagSet) {
	fs.String("head", "", "prove that the trail still has this `COUNT:HASH`, as an earlier verify or the log told it")
}

func exportFlags(fs *flag.FlagSet) {
	fs.String("format", "json", "`json or csv`")
	fs.String("from", "", "leave out what is older than this `TIME`: 2026-03-04 or 2026-03-04T05:06:07Z")
	fs.String("to", "", "leave out what is as old as this `TIME` or newer")
}

// errTampered is the verdict that something is wrong; what it is has been
// printed.
var errTampered = errors.New("the activity trail is not as it was written")

// auditVerify checks the trail, also while the dashboard writes to it.
func auditVerify(ctx context.Context, in invocation) error {
	var known []trail.Head
	if text := in.text("head"); text != "" {
		head, err := trail.ParseHead(text)
		if err != nil {
			return fmt.Errorf("--head: %w", err)
		}
		known = append(known, head)
	}
	head, there, err := readAnchor(anchorPath(in.cfg))
	if err != nil {
		return err
	}
	if there {
		known = append(known, head)
	}
	st, _, err := openStore(ctx, in.cfg)
	if err != nil {
		return err
	}
	verdict, err := st.VerifyTrail(ctx, known...)
	if err := closeAfter(err, st); err != nil {
		return err
	}
	return printVerdict(in, verdict)
}

func printVerdict(in invocation, v trail.Verdict) error {
	if v.Head.Lines == 0 {
		fmt.Fprintln(in.Out, "lines  0")
	} else {
		fmt.Fprintf(in.Out, "lines  %d\nfirst  %s\nlast   %s\nhead   %s\n", v.Head.Lines,
			v.First.Format(time.RFC3339Nano), v.Last.Format(time.RFC3339Nano), v.Head)
	}
	if v.OK() {
		fmt.Fprintln(in.Out, "OK     every line is as it was written, none is missing, and the commands agree")
		return nil
	}
	for _, f := range v.Findings {
		fmt.Fprintf(in.Out, "FAULT  %s\n", sentence(f))
	}
	if v.More > 0 {
		fmt.Fprintf(in.Out, "FAULT  and %d more\n", v.More)
	}
	if f := v.Findings[0]; f.Fault == trail.Changed && f.Seq == 1 && f.End == v.Head.Lines {
		fmt.Fprintln(in.Out, "Every line is wrong: is this the key file with which they were written?")
	}
	return errTampered
}

// sentence says in plain words what is wrong.
func sentence(f trail.Finding) string {
	where := fmt.Sprintf("line %d", f.Seq)
	if f.End > f.Seq {
		where = fmt.Sprintf("lines %d to %d", f.Seq, f.End)
	}
	switch f.Fault {
	case trail.Changed:
		if f.End > f.Seq {
			return where + ": changed, or not written by Flowdeck, or one before them was removed and they were renumbered"
		}
		return where + ": changed, or not written by Flowdeck"
	case trail.Moved:
		return where + ": not in the order in which they were written"
	case trail.Missing:
		return where + ": deleted"
	case trail.Cut:
		return where + ": cut off at the end"
	case trail.Extra:
		return where + ": added after the end that Flowdeck recorded"
	case trail.ForeignKey:
		return where + ": hashed with " + f.Detail + ", which the key file does not have, or which is older than that of the line before"
	case trail.HeadLost:
		return "the record of the trail's end was deleted, so lines may be missing at the end"
	case trail.HeadForged:
		return "the record of the trail's end was changed, or written with another key file, so lines may be missing at the end"
	case trail.NotOurs:
		return where + ": another one, or none, where a head told earlier says it was: the trail was cut, or an older database was put back"
	case trail.Disagrees:
		return disagreement(f, where)
	}
	return where + ": " + string(f.Fault)
}

func disagreement(f trail.Finding, where string) string {
	if f.Seq == 0 {
		return "command " + f.Detail + ": in the table of commands, but not in the trail"
	}
	return where + ": the table of commands says something else about command " + f.Detail + ", or nothing"
}

// auditAccept lets Flowdeck write again after the trail's end was changed from
// outside, or its key was lost. It says so in the trail.
func auditAccept(ctx context.Context, in invocation) error {
	st, _, err := openStore(ctx, in.cfg)
	if err != nil {
		return err
	}
	head, err := st.TrailHead(ctx)
	if err != nil {
		return closeAfter(err, st)
	}
	err = st.AcceptTrail(ctx, trail.Line{
		At: time.Now(), Kind: trail.Access, ID: uuid.NewString(), Verb: "trail_accept", Actor: "command line",
		Reason: in.args[0], Detail: "the record of the end was " + head.String(),
	})
	return closeAfter(err, st)
}

// auditExport writes the lines of the trail, oldest first, in the order of the
// chain.
func auditExport(ctx context.Context, in invocation) error {
	from, err := timeFlag(in, "from")
	if err != nil {
		return err
	}
	to, err := timeFlag(in, "to")
	if err != nil {
		return err
	}
	var out trail.Writer
	switch format := in.text("format"); format {
	case "json":
		out = trail.NewJSON(in.Out)
	case "csv":
		out = trail.NewCSV(in.Out)
	default:
		return fmt.Errorf("--format: want json or csv, not %q", format)
	}
	st, _, err := openStore(ctx, in.cfg)
	if err != nil {
		return err
	}
	return closeAfter(export(ctx, st, out, from, to), st)
}

func export(ctx context.Context, st *store.Store, out trail.Writer, from, to time.Time) error {
	err := st.EachTrail(ctx, 0, func(e trail.Entry) error {
		if e.At.Before(from) || !to.IsZero() && !e.At.Before(to) {
			return nil
		}
		return out.Entry(e)
	})
	if err != nil {
		return fmt.Errorf("export the trail: %w", err)
	}
	return out.Close()
}

// timeFlag reads a flag that is a time; empty is the zero time.
func timeFlag(in invocation, name string) (time.Time, error) {
	text := strings.TrimSpace(in.text(name))
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("--%s: %q is no time: want 2026-03-04 or 2026-03-04T05:06:07Z", name, text)
}
