// Vulndb keeps the part of Go's vulnerability database that can concern this
// program, so that govulncheck works without a network:
//
//	go run ./scripts/vulndb unpack FOLDER            for govulncheck -db
//	go run ./scripts/vulndb refresh [FOLDER or URL]  from there; default: vuln.go.dev
//
// What is kept are the entries about the modules that any build of ours knows,
// the standard library and the tools of Go.
package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	kept     = "scripts/vulndb/entries.json.gz"
	official = "https://vuln.go.dev/vulndb.zip"
	longest  = 5 * time.Minute // for the whole of a refresh
	largest  = 512 << 20       // bytes of the database
)

// entry is one of the database in the OSV format, as it was read.
type entry struct {
	ID        string    `json:"id"`
	Modified  time.Time `json:"modified"`
	Published time.Time `json:"published"`
	Affected  []struct {
		Package struct {
			Name string `json:"name"`
		} `json:"package"`
	} `json:"affected"`
	raw json.RawMessage
}

func main() {
	err := errors.New("vulndb: unpack FOLDER, or refresh [FOLDER or URL]")
	switch args := os.Args[1:]; {
	case len(args) == 2 && args[0] == "unpack":
		err = unpack(args[1])
	case len(args) >= 1 && len(args) <= 2 && args[0] == "refresh":
		err = refresh(append(args, official)[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// unpack writes the database in the form that govulncheck reads.
func unpack(dir string) error {
	file, err := os.Open(kept)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	plain, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	var all []json.RawMessage
	if err := json.NewDecoder(plain).Decode(&all); err != nil {
		return err
	}
	var entries []entry
	for _, raw := range all {
		e, err := parse(raw)
		if err != nil {
			return err
		}
		entries = append(entries, e)
		if err := write(filepath.Join(dir, "ID", e.ID+".json"), e.raw); err != nil {
			return err
		}
	}
	return index(dir, entries)
}

// index writes which module has which entries.
func index(dir string, entries []entry) error {
	type about struct {
		ID       string    `json:"id"`
		Modified time.Time `json:"modified"`
	}
	type module struct {
		Path  string  `json:"path"`
		Vulns []about `json:"vulns"`
	}
	var newest time.Time
	var last string
	var vulns []about
	byModule := map[string]*module{}
	for _, e := range entries {
		one := about{e.ID, e.Modified}
		vulns = append(vulns, one)
		last = max(last, e.ID)
		for _, at := range []time.Time{e.Modified, e.Published} {
			if at.After(newest) {
				newest = at
			}
		}
		for _, a := range e.Affected {
			m := byModule[a.Package.Name]
			if m == nil {
				m = &module{Path: a.Package.Name}
				byModule[a.Package.Name] = m
			}
			if !slices.Contains(m.Vulns, one) {
				m.Vulns = append(m.Vulns, one)
			}
		}
	}
	var modules []*module
	for _, m := range byModule {
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b *module) int { return cmp.Compare(a.Path, b.Path) })
	for name, what := range map[string]any{
		"db": map[string]time.Time{"modified": newest}, "modules": modules, "vulns": vulns,
	} {
		text, err := json.Marshal(what)
		if err != nil {
			return err
		}
		if err := write(filepath.Join(dir, "index", name+".json"), text); err != nil {
			return err
		}
	}
	fmt.Printf("vulnerability database: %d entries about our modules, the last of them %s\n", len(entries), last) // not all tell their day
	return nil
}

func write(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o600)
}

// refresh keeps what a database has about our modules now.
func refresh(source string) error {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	files := os.DirFS(source)
	if strings.HasPrefix(source, "https://") {
		archive, err := download(ctx, source)
		if err != nil {
			return err
		}
		files = archive
	}
	ours, err := modules(ctx)
	if err != nil {
		return err
	}
	var entries []json.RawMessage
	err = fs.WalkDir(files, ".", func(name string, _ fs.DirEntry, err error) error {
		if base := path.Base(name); err != nil || !strings.HasPrefix(base, "GO-") || path.Ext(base) != ".json" {
			return err
		}
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		e, err := parse(raw)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for _, a := range e.Affected {
			if ours[a.Package.Name] {
				entries = append(entries, e.raw)
				break
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		return fmt.Errorf("%s has nothing about our modules: it is no database", source)
	}
	return keep(entries)
}

func keep(entries []json.RawMessage) error {
	var packed bytes.Buffer
	out, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := errors.Join(json.NewEncoder(out).Encode(entries), out.Close()); err != nil {
		return err
	}
	fmt.Printf("%d entries kept in %s\n", len(entries), kept)
	return os.WriteFile(kept, packed.Bytes(), 0o644)
}

// download fetches the database as one archive.
func download(ctx context.Context, url string) (fs.FS, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, resp.Status)
	}
	all, err := io.ReadAll(io.LimitReader(resp.Body, largest))
	if err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(all), int64(len(all)))
}

// modules are those that any of our builds knows.
func modules(ctx context.Context) (map[string]bool, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Path}}", "all").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	ours := map[string]bool{"stdlib": true, "toolchain": true}
	for name := range strings.FieldsSeq(string(out)) {
		ours[name] = true
	}
	return ours, nil
}

// parse reads an entry and takes out the white space.
func parse(raw []byte) (e entry, err error) {
	if err := json.Unmarshal(raw, &e); err != nil {
		return e, err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil {
		return e, err
	}
	e.raw = compact.Bytes()
	return e, nil
}
