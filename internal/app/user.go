package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"github.com/flowdeck/flowdeck/internal/gateway/iam"
	"github.com/flowdeck/flowdeck/internal/trail"
)

func disableFlags(fs *flag.FlagSet) {
	fs.Bool("enable", false, "take the user back")
}

func totpFlags(fs *flag.FlagSet) {
	fs.Bool("off", false, "ask for no code any more")
}

// withLocal runs a command on the gateway's users and keys.
func withLocal(ctx context.Context, in invocation, do func(*local) error) error {
	l, err := openLocal(ctx, in.cfg, in.log)
	if err != nil {
		return err
	}
	made, err := l.bootstrap(ctx, in.cfg)
	if err != nil {
		return closeAfter(err, l.store)
	}
	if made != "" {
		fmt.Fprintf(in.Err, "The first user is %s, with the password %s. It is shown this once.\n", iam.AdminName, made)
	}
	return closeAfter(do(l), l.store)
}

// change is withLocal for a command that changes something: the trail has it
// before it is done, and what cannot be written there is not done.
func change(ctx context.Context, in invocation, verb, target string, do func(*local) error) error {
	return withLocal(ctx, in, func(l *local) error {
		line := trail.Line{
			At: time.Now(), Kind: trail.Access, ID: uuid.NewString(), Verb: verb, Target: target,
			Actor: "command line", Detail: strings.Join(in.args[min(1, len(in.args)):], " "),
		}
		if err := l.store.AppendTrail(ctx, line); err != nil {
			return fmt.Errorf("nothing was changed, since it cannot be recorded: %w", err)
		}
		err := do(l)
		if err == nil {
			return nil
		}
		line.At, line.Outcome, line.Message = time.Now(), "refused", err.Error()
		return errors.Join(err, l.store.AppendTrail(ctx, line))
	})
}

func userAdd(ctx context.Context, in invocation) error {
	password, err := readPassword(ctx, in)
	if err != nil {
		return err
	}
	return change(ctx, in, "user_add", in.args[0], func(l *local) error { return l.iam.AddUser(ctx, in.args[0], password) })
}

func userPasswd(ctx context.Context, in invocation) error {
	password, err := readPassword(ctx, in)
	if err != nil {
		return err
	}
	return change(ctx, in, "user_passwd", in.args[0], func(l *local) error { return l.iam.SetPassword(ctx, in.args[0], password) })
}

func userDisable(ctx context.Context, in invocation) error {
	verb := "user_disable"
	if in.flag("enable") {
		verb = "user_enable"
	}
	return change(ctx, in, verb, in.args[0], func(l *local) error { return l.iam.SetDisabled(ctx, in.args[0], !in.flag("enable")) })
}

func userPolicy(ctx context.Context, in invocation) error {
	return change(ctx, in, "user_policy", in.args[0], func(l *local) error { return l.iam.SetPolicy(ctx, in.args[0], in.args[1:]) })
}

func userTOTP(ctx context.Context, in invocation) error {
	if in.flag("off") {
		return change(ctx, in, "user_totp_off", in.args[0], func(l *local) error { return l.iam.ClearTOTP(ctx, in.args[0]) })
	}
	return change(ctx, in, "user_totp", in.args[0], func(l *local) error {
		address, err := l.iam.SetTOTP(ctx, in.args[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(in.Out, address)
		return err
	})
}

func userList(ctx context.Context, in invocation) error {
	return withLocal(ctx, in, func(l *local) error {
		users, err := l.iam.Users(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(in.Out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "USER\tSTATE\tCODE\tMAY")
		for _, u := range users {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", u.Name, enabled(!u.Disabled), asked(u.TOTP), strings.Join(u.Allow, " "))
		}
		return table.Flush()
	})
}

func userGroupAdd(ctx context.Context, in invocation) error {
	return change(ctx, in, "user_group_add", in.args[0], func(l *local) error { return l.iam.AddToGroup(ctx, in.args[0], in.args[1]) })
}

func userGroupRemove(ctx context.Context, in invocation) error {
	return change(ctx, in, "user_group_remove", in.args[0], func(l *local) error { return l.iam.RemoveFromGroup(ctx, in.args[0], in.args[1]) })
}

func userGroupList(ctx context.Context, in invocation) error {
	return withLocal(ctx, in, func(l *local) error {
		groups, err := l.iam.Groups(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(in.Out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "GROUP\tUSERS")
		for _, g := range groups {
			fmt.Fprintf(table, "%s\t%s\n", g.Name, strings.Join(g.Users, " "))
		}
		return table.Flush()
	})
}

func keyAdd(ctx context.Context, in invocation) error {
	return change(ctx, in, "key_add", in.args[0], func(l *local) error {
		ak, sk, err := l.iam.AddKey(ctx, in.args[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(in.Out, "AK=%s\nSK=%s\n", ak, sk)
		return err
	})
}

func keyRevoke(ctx context.Context, in invocation) error {
	return change(ctx, in, "key_revoke", in.args[0], func(l *local) error { return l.iam.RevokeKey(ctx, in.args[0]) })
}

func keyList(ctx context.Context, in invocation) error {
	return withLocal(ctx, in, func(l *local) error {
		keys, err := l.iam.Keys(ctx)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(in.Out, 0, 4, 2, ' ', 0)
		fmt.Fprintln(table, "AK\tUSER\tMADE")
		for _, k := range keys {
			fmt.Fprintf(table, "%s\t%s\t%s\n", k.Access, k.UserName, k.CreatedAt.UTC().Format("2006-01-02 15:04Z"))
		}
		return table.Flush()
	})
}

func asked(yes bool) string {
	if yes {
		return "asked"
	}
	return "-"
}

func enabled(yes bool) string {
	if yes {
		return "enabled"
	}
	return "disabled"
}
