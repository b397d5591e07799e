package main

import "github.com/flowdeck/flowdeck/web/templates/pages"

// sessionSamples are the pages of sessions, and the question for the password.
func (s studio) sessionSamples() []sample {
	asked := pages.LoginForm{T: s.t, Account: "flowdeck", User: "op-1", PasswordFirst: true, FieldErrors: map[string]string{}}
	wrong := asked
	wrong.Error, wrong.NeedPasscode = s.t.Sessions.StepWrong, true
	question := func(f pages.LoginForm, typed bool) pages.StepUp {
		return pages.StepUp{Shell: s.shell(s.t.Sessions.StepTitle), Form: pages.StepUpForm{LoginForm: f, Kept: "sealed", Typed: typed, Back: "/flows/x"}}
	}
	return []sample{
		{"sessions", s.sessions(false, 3).View()},
		{"sessions-1", s.sessions(false, 1).View()},
		{"sessions-all", s.sessions(true, 9).View()},
		{"step-up", question(asked, false).View()},
		{"step-up-wrong", question(wrong, true).View()},
	}
}

func (s studio) sessions(everybody bool, n int) pages.Sessions {
	w, names := s.t.Sessions, s.t.Roles.Names
	p := pages.Sessions{Shell: s.shell(w.Title), Title: w.Title, Lead: w.Lead, EverybodyURL: "/settings/sessions/everybody"}
	p.Shell.Section = "settings"
	if everybody {
		p.Title, p.Lead, p.Everybody, p.EverybodyURL, p.EndAllURL = w.Everybody, w.EverybodyLead, true, "", "/settings/sessions/everybody/end"
	} else if n > 1 {
		p.EndOthers = "/settings/sessions/others"
	}
	for i := range n {
		row := pages.SessionRow{
			User: "op-1", Account: "flowdeck", Browser: "Chrome 138 · Windows", Agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", Address: "192.0.2.14",
			Since: "08:02", Seen: "18:44", Places: []string{"ap-southeast-3 · live-prod"}, Role: names.Engineer,
			This: i == 0, End: "/settings/sessions/0123456789abcdef/end",
		}
		switch i % 3 {
		case 1:
			row.User, row.Browser, row.Address, row.Role = longOwner, w.Unknown, "2001:db8:85a3::8a2e:370:7334", names.Operator
			row.Agent, row.Since = `<script>alert("an agent may say anything")</script>`, "2026-11-21 22:41"
		case 2:
			row.User, row.Browser, row.Places, row.Role = "guest", "Safari 18 · iPhone", []string{"berlin", "ap-southeast-3 · live-prod"}, names.Viewer
		}
		if !everybody {
			row.User = "op-1"
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}
