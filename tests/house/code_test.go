package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// longest is the most lines a function may have.
const longest = 80

// source is one hand-written Go file of the project.
type source struct {
	path string
	test bool
	set  *token.FileSet
	file *ast.File
}

// skipped are folders without hand-written Go of ours.
func skipped(name string) bool {
	return name == ".git" || name == "bin" || name == "data" || name == "node_modules" || name == "testdata"
}

// sources parses every hand-written Go file.
func sources(t *testing.T) []source {
	t.Helper()
	var all []source
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && skipped(entry.Name()) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_templ.go") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{path, strings.HasSuffix(path, "_test.go"), set, file})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("only %d files found: the walk goes astray", len(all))
	}
	return all
}

func TestFunctions(t *testing.T) {
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if f.Name.Name == "init" && f.Recv == nil {
				t.Errorf("%s: no init functions here", s.set.Position(f.Pos()))
			}
			lines := s.set.Position(f.End()).Line - s.set.Position(f.Pos()).Line + 1
			if lines > longest && !s.test {
				t.Errorf("%s: %s has %d lines, more than %d", s.set.Position(f.Pos()), f.Name.Name, lines, longest)
			}
		}
	}
}

func TestNoSleepNoSkip(t *testing.T) {
	banned := map[string]string{
		"time.Sleep": "wait for a condition, with a deadline",
		"t.Skip":     "a test that does not run proves nothing",
		"t.Skipf":    "a test that does not run proves nothing",
		"b.Skip":     "a benchmark that does not run proves nothing",
	}
	for _, s := range sources(t) {
		if !s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := selector.X.(*ast.Ident)
			if !ok {
				return true
			}
			why, found := banned[x.Name+"."+selector.Sel.Name]
			if found && !(x.Name == "time" && s.fakesTime()) {
				t.Errorf("%s: %s.%s: %s", s.set.Position(n.Pos()), x.Name, selector.Sel.Name, why)
			}
			return true
		})
	}
}

// fakesTime tells a file whose time is a bubble's, where sleeping takes none.
func (s source) fakesTime() bool {
	for _, imported := range s.file.Imports {
		if imported.Path.Value == `"testing/synctest"` {
			return true
		}
	}
	return false
}

func TestPackageComments(t *testing.T) {
	comments := map[string]int{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		dir := filepath.Dir(s.path)
		comments[dir] += 0
		if s.file.Doc != nil {
			comments[dir]++
		}
	}
	for dir, n := range comments {
		if n != 1 {
			t.Errorf("%s has %d package comments, want one", dir, n)
		}
	}
}

func TestNoUnfinishedBusiness(t *testing.T) {
	marker := regexp.MustCompile(`\b(TODO|FIXME|XXX|HACK)\b`)
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			if marker.MatchString(group.Text()) {
				t.Errorf("%s: unfinished: %s", s.set.Position(group.Pos()), strings.TrimSpace(group.Text()))
			}
		}
	}
}

func TestNoRawMarkup(t *testing.T) {
	raw := regexp.MustCompile(`templ\.Raw\b|templ\.Unsafe|hx-on|javascript:`)
	err := filepath.WalkDir("../../web/templates", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".templ") {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if found := raw.FindString(string(content)); found != "" {
			t.Errorf("%s uses %s", path, found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := selector.X.(*ast.Ident); ok && x.Name == "templ" && selector.Sel.Name == "Raw" {
				t.Errorf("%s: templ.Raw", s.set.Position(n.Pos()))
			}
			return true
		})
	}
}
