package pages

import (
	"github.com/flowdeck/flowdeck/web/templates/layout"
	"github.com/flowdeck/flowdeck/web/templates/ui"
)

// Roles is the page of who has which role.
type Roles struct {
	Shell   layout.Shell
	Problem *ui.Problem
	Admins  string // who are admins whatever the rules say: patterns; empty: nobody is set
	Rules   []RuleRow
	Else    string // role of whom no rule fits
	Free    bool   // there are no rules
	People  []PersonRow
}

// RuleRow is a rule; an empty pattern fits everybody.
type RuleRow struct {
	Number, Region, Account, User, Group, Role string
	What                                       string // in a line
	Edit, Move, Delete                         string // URLs
	First, Last                                bool
}

// PersonRow is somebody who is signed in, with what the rules give.
type PersonRow struct {
	User, Account, Groups string
	Told                  bool   // IAM told the groups
	Now                   string // the role
	By                    string // why: "rule 2"
	Then                  string // by the rules that are proposed
	Less                  bool   // that is less
	Other                 bool   // that is another
}

// RuleForm is the form of a rule.
type RuleForm struct {
	Shell  layout.Shell
	Title  string
	Error  string
	Fields []ui.Field
	Role   ui.Choice
	Post   string
}

// RuleAsk shows whose role would change, before it does.
type RuleAsk struct {
	Shell    layout.Shell
	Title    string
	What     string // the rule in a line
	Problem  *ui.Problem
	Yourself string // told where one's own role shrinks
	People   []PersonRow
	Post     string
	Ticket   string
	Hidden   []ui.Hidden
}
