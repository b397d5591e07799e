package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/flowdeck/flowdeck/internal/auth"
	"github.com/flowdeck/flowdeck/internal/role"
	"github.com/flowdeck/flowdeck/web/templates/pages"
	"github.com/flowdeck/flowdeck/web/templates/text"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// roleRules shows and changes who has which role.
type roleRules struct{ *desk }

const (
	rolesPath    = "/settings/roles"
	fieldRegion  = "region"
	fieldAccount = "account"
	fieldUser    = "user"
	fieldGroup   = "group"
	fieldRole    = "role"
	fieldTo      = "to" // of a move: up or down
	verbRoles    = "change_roles"
)

func rulePath(id string) string { return rolesPath + "/" + url.PathEscape(id) }

// page lists the rules, and what they give to who is signed in.
// GET /settings/roles
func (h *roleRules) page(c echo.Context) error { return h.list(c, http.StatusOK, nil) }

func (h *roleRules) list(c echo.Context, status int, problem *ui.Problem) error {
	v := visitOf(c)
	policy, err := h.Auth.Policy(c.Request().Context())
	if err != nil {
		return err
	}
	people, err := h.Auth.People(c.Request().Context())
	if err != nil {
		return err
	}
	names := v.t.Roles.Names
	m := pages.Roles{Shell: h.shell(c, v, v.t.Roles.Page.Title), Problem: problem, Admins: policy.Admins.People(), Else: names.Of(policy.Of(role.Who{}).String())}
	m.Free = len(policy.Rules) == 0
	for i, r := range policy.Rules {
		row := pages.RuleRow{
			Number: strconv.Itoa(i + 1), Region: r.Region, Account: r.Account, User: r.User, Group: r.Group, Role: names.Of(r.Role.String()),
			What: ruleWords(v.t, r), Edit: rulePath(r.ID), Move: rulePath(r.ID) + "/move", Delete: rulePath(r.ID) + "/delete",
			First: i == 0, Last: i == len(policy.Rules)-1,
		}
		m.Rules = append(m.Rules, row)
	}
	for _, who := range people {
		m.People = append(m.People, personRow(v.t, who, policy, policy))
	}
	return h.print.page(c, status, m)
}

// ruleWords are a rule in a line, with its role in the reader's language.
func ruleWords(t *text.Strings, r role.Rule) string {
	return r.People() + ": " + t.Roles.Names.Of(r.Role.String())
}

// ruleTold is a rule as the trail has it, with its role in the reader's language.
func (v teller) ruleTold(rule string) string {
	i := strings.LastIndex(rule, ": ")
	if i < 0 {
		return rule
	}
	if _, known := role.Parse(rule[i+2:]); !known {
		return rule
	}
	return rule[:i+2] + v.t.Roles.Names.Of(rule[i+2:])
}

// personRow is somebody with the role of now, and the one that other rules would
// give.
func personRow(t *text.Strings, who role.Who, now, then role.Policy) pages.PersonRow {
	is, will := now.Of(who), then.Of(who)
	row := pages.PersonRow{
		User: who.User, Account: who.Account, Groups: strings.Join(who.Groups, ", "), Told: who.Groups != nil,
		Now: t.Roles.Names.Of(is.String()), Then: t.Roles.Names.Of(will.String()), Less: will < is, Other: will != is,
	}
	switch i := then.Rules.First(who); {
	case then.Admins.First(who) >= 0:
		row.By = t.Roles.Page.BySetting
	case i >= 0:
		row.By = fill(t.Roles.Page.ByRule, strconv.Itoa(i+1))
	default:
		row.By = t.Roles.Page.ByNone
	}
	return row
}

// newForm shows the form that adds a rule. GET /settings/roles/new
func (h *roleRules) newForm(c echo.Context) error {
	return h.form(c, http.StatusOK, role.Rule{Role: role.Operator}, nil)
}

// editForm shows the form of a rule. GET /settings/roles/:id
func (h *roleRules) editForm(c echo.Context) error {
	policy, i, err := h.find(c)
	if err != nil {
		return err
	}
	return h.form(c, http.StatusOK, policy.Rules[i], nil)
}

// find gives the rules with the place of the one that the path names.
func (h *roleRules) find(c echo.Context) (role.Policy, int, error) {
	policy, err := h.Auth.Policy(c.Request().Context())
	if err != nil {
		return policy, 0, err
	}
	i := policy.Rules.Find(c.Param("id"))
	if i < 0 {
		return policy, 0, errNotFound
	}
	return policy, i, nil
}

// form shows the form of a rule, with what was typed and what is wrong with it.
func (h *roleRules) form(c echo.Context, status int, r role.Rule, fault error) error {
	v := visitOf(c)
	w := v.t.Roles.Page
	m := pages.RuleForm{Shell: h.shell(c, v, v.t.Roles.Page.Title), Title: w.AddTitle, Post: rolesPath}
	if r.ID != "" {
		m.Title, m.Post = w.EditTitle, rulePath(r.ID)
	}
	if errors.Is(fault, role.ErrLimit) {
		m.Error = w.TooMany
	}
	pattern := func(name, label, help, value string) ui.Field {
		f := ui.Field{Name: name, Label: label, Help: help, MaxLen: strconv.Itoa(role.MaxPattern), Value: ui.Value{Text: cut(value, role.MaxPattern)}}
		if fault != nil && role.CheckPattern(value) != nil {
			f.Value.Error = w.BadPattern
		}
		return f
	}
	m.Fields = []ui.Field{
		pattern(fieldUser, w.User, w.UserHelp, r.User), pattern(fieldGroup, w.Group, w.GroupHelp, r.Group),
		pattern(fieldAccount, w.Account, w.AccountHelp, r.Account),
	}
	if len(h.Auth.Backend().Regions()) > 1 || r.Region != "" {
		m.Fields = append(m.Fields, pattern(fieldRegion, w.Region, w.RegionHelp, r.Region))
	}
	m.Fields[0].Focus = r.ID == ""
	m.Role = ui.Choice{Name: fieldRole, Label: w.Role, Radio: true}
	for may := role.Viewer; may <= role.Admin; may++ {
		m.Role.Options = append(m.Role.Options, ui.Option{
			Value: may.String(), Label: v.t.Roles.Names.Of(may.String()) + ": " + w.May.Of(may.String()), Selected: r.Role == may,
		})
	}
	if errors.Is(fault, role.ErrRole) {
		m.Role.Error = w.BadRole
	}
	return h.print.page(c, status, m)
}

// parseRule reads the form of a rule.
func parseRule(c echo.Context) role.Rule {
	may, _ := role.Parse(c.FormValue(fieldRole)) // none is found by the check
	return role.Rule{
		Region: strings.TrimSpace(c.FormValue(fieldRegion)), Account: strings.TrimSpace(c.FormValue(fieldAccount)), User: strings.TrimSpace(c.FormValue(fieldUser)),
		Group: strings.TrimSpace(c.FormValue(fieldGroup)), Role: may,
	}
}

// add adds a rule after all others.
// POST /settings/roles (region, account, user, group, role, ticket)
func (h *roleRules) add(c echo.Context) error {
	policy, err := h.Auth.Policy(c.Request().Context())
	if err != nil {
		return err
	}
	r := parseRule(c)
	if slices.ContainsFunc(policy.Rules, func(have role.Rule) bool { have.ID = ""; return have == r }) {
		h.flash(c, flashNothing, "") // sent twice, or meant twice: the first decides
		return seeOther(c, rolesPath)
	}
	now := append(slices.Clone(policy.Rules), r)
	if fault := now.Check(); fault != nil {
		return h.form(c, http.StatusUnprocessableEntity, r, fault)
	}
	now[len(now)-1].ID = uuid.NewString()
	return h.change(c, policy, auth.RuleChange{Verb: auth.VerbRuleAdded, Rule: r, Were: policy.Rules, Now: now})
}

// save changes a rule. POST /settings/roles/:id (region, account, user, group, role, ticket)
func (h *roleRules) save(c echo.Context) error {
	policy, i, err := h.find(c)
	if err != nil {
		return err
	}
	r := parseRule(c)
	r.ID = policy.Rules[i].ID
	now := slices.Clone(policy.Rules)
	now[i] = r
	if fault := now.Check(); fault != nil {
		return h.form(c, http.StatusUnprocessableEntity, r, fault)
	}
	return h.change(c, policy, auth.RuleChange{Verb: auth.VerbRuleChanged, Rule: r, Were: policy.Rules, Now: now})
}

// move puts a rule before the one before it, or after the one after it.
// POST /settings/roles/:id/move (to, ticket)
func (h *roleRules) move(c echo.Context) error {
	policy, i, err := h.find(c)
	if err != nil {
		return err
	}
	j := i + 1
	if c.FormValue(fieldTo) == "up" {
		j = i - 1
	}
	if j < 0 || j >= len(policy.Rules) {
		return seeOther(c, rolesPath)
	}
	now := slices.Clone(policy.Rules)
	now[i], now[j] = now[j], now[i]
	return h.change(c, policy, auth.RuleChange{Verb: auth.VerbRuleMoved, Rule: policy.Rules[i], Were: policy.Rules, Now: now})
}

// remove deletes a rule. POST /settings/roles/:id/delete (ticket)
func (h *roleRules) remove(c echo.Context) error {
	policy, i, err := h.find(c)
	if err != nil {
		return err
	}
	now := slices.Delete(slices.Clone(policy.Rules), i, i+1)
	return h.change(c, policy, auth.RuleChange{Verb: auth.VerbRuleRemoved, Rule: policy.Rules[i], Were: policy.Rules, Now: now})
}

// change changes the rules: at once where nobody's role changes by it, else for
// who has the ticket of the question that shows whose does.
func (h *roleRules) change(c echo.Context, policy role.Policy, change auth.RuleChange) error {
	v, then := visitOf(c), role.Policy{Admins: policy.Admins, Rules: change.Now}
	affected, err := h.affected(c, policy, then)
	if err != nil {
		return err
	}
	state := rulesState(change)
	may, err := h.redeemed(c, v, verbRoles, change.Verb, state)
	if err != nil {
		return err
	}
	if !may && (len(affected) > 0 || change.Verb == auth.VerbRuleRemoved) {
		return h.ask(c, policy, then, change, affected)
	}
	err = h.Auth.ChangeRules(c.Request().Context(), v.session, change)
	if errors.Is(err, auth.ErrRulesChanged) {
		return h.list(c, http.StatusConflict, &ui.Problem{Title: v.t.Roles.Page.Changed, Meaning: v.t.Roles.Page.ChangedText})
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUnrecorded, err)
	}
	h.flash(c, flashRules, "")
	return seeOther(c, rolesPath)
}

// affected are those signed in whose role would change, and everybody else where
// theirs would.
func (h *roleRules) affected(c echo.Context, now, then role.Policy) ([]pages.PersonRow, error) {
	people, err := h.Auth.People(c.Request().Context())
	if err != nil {
		return nil, err
	}
	t := visitOf(c).t
	var rows []pages.PersonRow
	for _, who := range people {
		if row := personRow(t, who, now, then); row.Other {
			rows = append(rows, row)
		}
	}
	if nobody := (role.Who{}); now.Of(nobody) != then.Of(nobody) {
		row := personRow(t, nobody, now, then)
		row.User, row.Told = t.Roles.Page.EverybodyElse, true
		rows = append(rows, row)
	}
	return rows, nil
}

// ask shows whose role would change, before it does.
func (h *roleRules) ask(c echo.Context, now, then role.Policy, change auth.RuleChange, affected []pages.PersonRow) error {
	v := visitOf(c)
	ticket, err := h.issue(c, v, verbRoles, change.Verb, rulesState(change), askedLife)
	if err != nil {
		return err
	}
	w := v.t.Roles.Page
	m := pages.RuleAsk{
		Shell: h.shell(c, v, v.t.Roles.Page.Title), What: ruleWords(v.t, change.Rule), Post: rulePostOf(change), Ticket: ticket, People: affected,
		Title: map[string]string{
			auth.VerbRuleAdded: w.AskAdd, auth.VerbRuleChanged: w.AskSave, auth.VerbRuleMoved: w.AskMove, auth.VerbRuleRemoved: w.AskRemove,
		}[change.Verb],
	}
	if me := v.session.Who(); then.Of(me) < role.Admin && now.Of(me) >= role.Admin {
		m.Yourself = w.Yourself
	}
	for _, name := range []string{fieldRegion, fieldAccount, fieldUser, fieldGroup, fieldRole, fieldTo} {
		if value := c.FormValue(name); value != "" {
			m.Hidden = append(m.Hidden, ui.Hidden{Name: name, Value: value})
		}
	}
	status := http.StatusOK
	if c.FormValue(fieldTicket) != "" {
		status, m.Problem = http.StatusConflict, &ui.Problem{Title: v.t.Guard.Used}
	}
	return h.print.page(c, status, m)
}

// rulePostOf is where a change is given.
func rulePostOf(change auth.RuleChange) string {
	switch change.Verb {
	case auth.VerbRuleChanged:
		return rulePath(change.Rule.ID)
	case auth.VerbRuleMoved:
		return rulePath(change.Rule.ID) + "/move"
	case auth.VerbRuleRemoved:
		return rulePath(change.Rule.ID) + "/delete"
	}
	return rolesPath
}

// rulesState is what the question about a change rests on: which rules there
// were, and which there would be.
func rulesState(change auth.RuleChange) string {
	sum := sha256.New()
	for _, rs := range []role.Rules{change.Were, change.Now} {
		for _, r := range rs {
			fmt.Fprintf(sum, "%q %q %q %q %q\n", r.Region, r.Account, r.User, r.Group, r.Role)
		}
		fmt.Fprintln(sum)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
