package house

import (
	"fmt"
	"go/ast"
	"go/parser"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	templ "github.com/a-h/templ/parser/v2"
)

// place is a node of a template, with what stands around it.
type place struct {
	file    string
	templ   string
	element string // the nearest one
	island  bool   // within an element that htmx leaves alone
	brittle bool   // within an element that a block of another would end
}

func (p place) String() string { return p.file + ": " + p.templ + ": <" + p.element + ">" }

// walker goes through templates.
type walker struct {
	attribute func(place, templ.Attribute)
	text      func(place, string) // an expression that is shown
	element   func(place)
}

// templates walks through all .templ files.
func templates(t *testing.T, w walker) {
	t.Helper()
	files := 0
	err := filepath.WalkDir("../../web/templates", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".templ") {
			return err
		}
		files++
		file, err := templ.Parse(path)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for _, n := range file.Nodes {
			if component, ok := n.(*templ.HTMLTemplate); ok {
				w.nodes(place{file: filepath.Base(path), templ: component.Expression.Value}, component.Children)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 15 {
		t.Fatalf("only %d templates found", files)
	}
}

func (w walker) nodes(at place, nodes []templ.Node) {
	for _, n := range nodes {
		w.node(at, n)
	}
}

func (w walker) node(at place, n templ.Node) {
	switch n := n.(type) {
	case *templ.Element:
		at.element = n.Name
		at.brittle = at.brittle || slices.Contains([]string{"p", "button"}, n.Name)
		w.attributes(&at, n.Attributes)
		w.element(at)
		w.nodes(at, n.Children)
	case *templ.ScriptElement:
		at.element = "script"
		w.attributes(&at, n.Attributes)
		w.element(at)
	case *templ.RawElement:
		at.element = n.Name
		w.attributes(&at, n.Attributes)
		w.element(at)
	case *templ.StringExpression:
		w.text(at, n.Expression.Value)
	case *templ.IfExpression:
		w.nodes(at, n.Then)
		for _, e := range n.ElseIfs {
			w.nodes(at, e.Then)
		}
		w.nodes(at, n.Else)
	case *templ.ForExpression:
		w.nodes(at, n.Children)
	case *templ.SwitchExpression:
		for _, c := range n.Cases {
			w.nodes(at, c.Children)
		}
	case *templ.TemplElementExpression:
		w.nodes(at, n.Children)
	}
}

func (w walker) attributes(at *place, all []templ.Attribute) {
	for _, a := range all {
		switch a := a.(type) {
		case *templ.ConditionalAttribute:
			w.attributes(at, a.Then)
			w.attributes(at, a.Else)
			continue
		case *templ.BoolConstantAttribute:
			at.island = at.island || a.Key.String() == "hx-ignore" && !at.brittle
		}
		w.attribute(*at, a)
	}
}

// ours are functions and methods that make an address or a selector of ours
// from whatever they are given.
var ours = []string{
	"Local", "ui.Local", "ui.Target", "flowPath", "OutputPath", "DisplayPath", "url.QueryEscape", "url.PathEscape", "static.URL",
	"post", "effectPost", "live", "origin", "place",
}

// isOurs tells an expression that leads nowhere else: a constant path, a helper
// of ours, or a sum that begins with one and has nothing raw.
func isOurs(e ast.Expr, first bool) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return err == nil && (!first || !strings.HasPrefix(text, "//") && (strings.HasPrefix(text, "/") || strings.HasPrefix(text, "#")))
	case *ast.BinaryExpr:
		if begin, ok := e.X.(*ast.BasicLit); ok && begin.Value == `"#"` { // a place in this page, whatever follows
			return true
		}
		return isOurs(e.X, first) && isOurs(e.Y, false)
	case *ast.ParenExpr:
		return isOurs(e.X, first)
	case *ast.CallExpr:
		return slices.Contains(ours, called(e))
	}
	return false
}

// called is the function of a call: pkg.Name, Name, or a method's name.
func called(e *ast.CallExpr) string {
	switch f := e.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if x, ok := f.X.(*ast.Ident); ok && (x.Name == "ui" || x.Name == "url" || x.Name == "static" || x.Name == "templ") {
			return x.Name + "." + f.Sel.Name
		}
		return f.Sel.Name
	}
	return ""
}

// spreads are functions that give attributes of constant names.
var spreads = []string{"changes", "checks"}

// refused are attributes that no template has: they run, load or change what
// attributes mean.
var refused = []string{"style", "srcdoc", "hx-vals", "hx-vars", "hx-headers", "hx-ext", "hx-boost", "hx-swap-oob", "hx-inherit", "hx-config", "ping", "srcset"}

// attributeFault tells what is wrong with an attribute.
func attributeFault(a templ.Attribute) string {
	var key, value string
	switch a := a.(type) {
	case *templ.ConstantAttribute:
		key = a.Key.String()
		if constant, ok := a.Key.(templ.ConstantAttributeKey); !ok {
			return fmt.Sprintf("the name of an attribute is computed (%T, %s)", a.Key, constant.Name)
		}
	case *templ.BoolConstantAttribute:
		key = a.Key.String()
	case *templ.BoolExpressionAttribute:
		key = a.Key.String()
	case *templ.ExpressionAttribute:
		if _, computed := a.Key.(templ.ExpressionAttributeKey); computed {
			return "the name of an attribute is computed"
		}
		key, value = a.Key.String(), a.Expression.Value
	case *templ.SpreadAttributes:
		if e, err := parser.ParseExpr(a.Expression.Value); err == nil {
			if call, ok := e.(*ast.CallExpr); ok && slices.Contains(spreads, called(call)) {
				return ""
			}
		}
		return "attributes are spread from " + a.Expression.Value
	}
	if strings.HasPrefix(key, "on") || strings.HasPrefix(key, "hx-on") || strings.HasPrefix(key, "data-hx-") || slices.Contains(refused, key) {
		return "has " + key
	}
	if value != "" && (strings.HasPrefix(key, "hx-") || slices.Contains([]string{"href", "src", "action", "formaction", "data-hold", "data-page"}, key)) {
		return addressFault(key, value)
	}
	return ""
}

// addressFault tells what is wrong with an expression that leads somewhere, or
// that htmx reads.
func addressFault(key, value string) string {
	e, err := parser.ParseExpr(value)
	if err != nil {
		return err.Error()
	}
	if call, ok := e.(*ast.CallExpr); ok && called(call) == "templ.SafeURL" && len(call.Args) == 1 {
		e = call.Args[0]
	}
	if !isOurs(e, true) {
		return key + " is " + value + ", and not made by ui.Local or another helper"
	}
	return ""
}

// pictures are the templates that may show pictures: only those that come from
// our own addresses.
var pictures = map[string][]string{
	"video": {"player.templ"},
	"img":   {"still.templ", "tile.templ"},
}

func TestTemplatesAttributes(t *testing.T) {
	seen := 0
	templates(t, walker{
		attribute: func(at place, a templ.Attribute) {
			seen++
			if fault := attributeFault(a); fault != "" {
				t.Errorf("%s %s", at, fault)
			}
		},
		text: func(at place, expression string) {
			for _, banned := range []string{"templ.Raw", "templ.Unsafe", "templ.JS", "templ.SafeCSS", "templ.SafeURL", "unsafe"} {
				if strings.Contains(expression, banned) {
					t.Errorf("%s shows %s", at, expression)
				}
			}
		},
		element: func(at place) {
			foreign := slices.Contains([]string{"iframe", "object", "embed", "base", "style", "img", "video", "audio"}, at.element)
			if foreign && !slices.Contains(pictures[at.element], at.file) {
				t.Errorf("%s is no element of ours", at)
			}
		},
	})
	if seen < 1000 {
		t.Errorf("only %d attributes seen", seen)
	}
}

// TestTemplatesAttributeFault proves that the rule can be broken.
func TestTemplatesAttributeFault(t *testing.T) {
	for source, broken := range map[string]bool{
		`<a href={ templ.SafeURL(ui.Local(x.URL)) }>x</a>`: false, `<a href={ templ.SafeURL(x.URL) }>x</a>`: true, `<a href={ x.URL }>x</a>`: true,
		`<a href={ templ.SafeURL("/flows?q=" + url.QueryEscape(x)) }>x</a>`: false, `<a href={ templ.SafeURL("/flows?q=" + x) }>x</a>`: true, `<a href={ templ.SafeURL("//" + flowPath(x)) }>x</a>`: true,
		`<p hx-get={ ui.Local(x) }>x</p>`: false, `<p hx-get={ x }>x</p>`: true, `<p hx-vals="{}">x</p>`: true, `<p hx-trigger={ x }>x</p>`: true, `<p { x.All... }>x</p>`: true, `<p onclick="x">x</p>`: true,
		`<p hx-target={ "#" + x.ID }>x</p>`: false, `<p class={ x }>x</p>`: false, `<p { x }={ y }>x</p>`: true,
	} {
		file, err := templ.ParseString("package x\n\ntempl x() {\n\t" + source + "\n}\n")
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		fault := ""
		w := walker{attribute: func(_ place, a templ.Attribute) { fault += attributeFault(a) }, text: func(place, string) {}, element: func(place) {}}
		for _, n := range file.Nodes {
			if component, ok := n.(*templ.HTMLTemplate); ok {
				w.nodes(place{}, component.Children)
			}
		}
		if (fault != "") != broken {
			t.Errorf("%s: %q", source, fault)
		}
	}
}

// TestUnsafeInGo: what says that a text is safe stands in templates alone,
// where the rules above see it.
func TestUnsafeInGo(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := selector.X.(*ast.Ident)
			if ok && x.Name == "templ" && slices.Contains([]string{"Raw", "SafeURL", "SafeCSS", "SafeCSSProperty", "SafeScript", "JSExpression", "JSUnsafeFuncCall", "ComponentScript"}, selector.Sel.Name) {
				t.Errorf("%s: templ.%s", s.set.Position(n.Pos()), selector.Sel.Name)
			}
			return true
		})
	}
}

// foreign are fields of view models that hold what others than we have written.
var foreign = []string{
	"Name", "Reason", "Description", "Message", "FarEnd", "StreamID", "Region", "Project", "User", "Account", "By", "Owner", "Actor", "Address", "Peer", "Who", "Group", "Groups", "Agent", "Theirs", "YoursNow", "Was",
}

// TestForeignTextIsAnIsland: htmx reads no attribute within what others have
// written, even if it came through as markup.
func TestForeignTextIsAnIsland(t *testing.T) {
	shown := 0
	templates(t, walker{
		attribute: func(place, templ.Attribute) {}, element: func(place) {},
		text: func(at place, expression string) {
			e, err := parser.ParseExpr(expression)
			if err != nil {
				t.Fatalf("%s: %v", at, err)
			}
			selector, ok := e.(*ast.SelectorExpr)
			if !ok || !slices.Contains(foreign, selector.Sel.Name) {
				return
			}
			if strings.Contains(expression, ".T.") || at.file == "shell.templ" && slices.Contains([]string{"s.Name", "t.Keys.Note"}, expression) {
				return // a word of ours
			}
			shown++
			wall := at.file == "page.templ" || at.file == "tile.templ" // where there is no htmx
			if !at.island && !wall && at.element != "title" && at.element != "option" && at.element != "textarea" {
				t.Errorf("%s shows %s outside an hx-ignore, or in one within a p or a button, which would end before it", at, expression)
			}
		},
	})
	if shown < 30 {
		t.Errorf("only %d foreign texts seen", shown)
	}
}
