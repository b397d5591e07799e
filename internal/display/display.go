package display

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a bare box has no zones, and a clock must not depend on the box
	"unicode"
	"unicode/utf8"
)

// Mode is which flows a display is about.
type Mode string

// The modes.
const (
	All      Mode = "all"      // all that the filter leaves
	Chosen   Mode = "chosen"   // some flows, in an order
	Abnormal Mode = "abnormal" // of all that the filter leaves, those that are not as they should be
)

// Shows is what a display shows.
type Shows struct {
	Mode     Mode     `json:"mode"`
	Query    string   `json:"query,omitempty"`    // in the flow's name, whatever the case
	Status   string   `json:"status,omitempty"`   // "ACTIVE", "STANDBY" or empty
	Protocol string   `json:"protocol,omitempty"` // a medialive.Protocol, or empty
	Flows    []string `json:"flows,omitempty"`    // of Chosen: ids of flows and channels, in order
	Kind     Kind     `json:"kind,omitempty"`     // of all but Chosen
}

// Look is how a display looks.
type Look struct {
	Layout   int    `json:"layout"` // one of Layouts
	Tally    bool   `json:"tally"`
	Zone     string `json:"zone,omitempty"`   // IANA name of the second clock's zone; empty: none
	Rotate   int    `json:"rotate,omitempty"` // seconds for each page; 0: one page, of what is not as it should be where not all fit
	Language string `json:"language"`         // "en" or "zh-CN"
	Theme    string `json:"theme"`            // "dark" or "light"
	Scale    int    `json:"scale"`            // percent
}

// Display is a read-only wall.
type Display struct {
	ID        string
	Endpoint  string
	ProjectID string
	Name      string
	Shows     Shows
	Look      Look
	CIDRs     []string  // from where it may be opened; empty: from anywhere
	ExpiresAt time.Time // zero: never
	Paused    bool
	Linked    bool // there is a link that opens it
	By        string
	At        time.Time
	Version   int64 // grows with each change
}

// Layouts gives the ladder of how many tiles a page may have.
func Layouts() []int { return []int{1, 4, 9, 16, 25, 36} }

// Scales gives the sizes that the text may have, in percent.
func Scales() []int { return []int{75, 90, 100, 110, 125} }

// The limits of a display.
const (
	MaxName   = 64   // characters
	MaxFlows  = 360  // chosen ones
	MaxCIDRs  = 20   //
	MaxQuery  = 128  // characters
	MinRotate = 5    // seconds
	MaxRotate = 3600 // seconds
	MaxOf     = 100  // displays of a project
	MaxOpen   = 1000 // screens of a display
)

// The faults of what was typed.
var (
	ErrName   = errors.New("the name needs 1 to 64 printable characters")
	ErrShows  = errors.New("there is nothing like that to show")
	ErrFlows  = errors.New("choose 1 to 360 flows")
	ErrLayout = errors.New("a page has 1, 4, 9, 16, 25 or 36 tiles")
	ErrZone   = errors.New("there is no such time zone")
	ErrRotate = errors.New("a page stays for 5 to 3600 seconds, or for good")
	ErrLook   = errors.New("there is no such language or theme")
	ErrScale  = errors.New("the text has 75, 90, 100, 110 or 125 percent of its size")
	ErrExpiry = errors.New("the end has to lie ahead")
	ErrCIDR   = errors.New("up to 20 networks like 192.0.2.0/24")
	ErrLimit  = errors.New("there are 100 displays already, which is as many as there can be")
)

// Faults gives all that is wrong with what was typed; none is fine.
func (d Display) Faults(now time.Time) []error {
	var faults []error
	for _, check := range []struct {
		fine  bool
		fault error
	}{
		{nameFine(d.Name), ErrName},
		{d.Shows.fine(), ErrShows},
		{d.Shows.Mode != Chosen || len(d.Shows.Flows) > 0 && len(d.Shows.Flows) <= MaxFlows, ErrFlows},
		{slices.Contains(Layouts(), d.Look.Layout), ErrLayout},
		{zoneFine(d.Look.Zone), ErrZone},
		{d.Look.Rotate == 0 || d.Look.Rotate >= MinRotate && d.Look.Rotate <= MaxRotate, ErrRotate},
		{d.Look.Language == "en" || d.Look.Language == "zh-CN", ErrLook},
		{d.Look.Theme == "dark" || d.Look.Theme == "light", ErrLook},
		{slices.Contains(Scales(), d.Look.Scale), ErrScale},
		{d.ExpiresAt.IsZero() || d.ExpiresAt.After(now), ErrExpiry},
		{cidrsFine(d.CIDRs), ErrCIDR},
	} {
		if !check.fine {
			faults = append(faults, check.fault)
		}
	}
	return faults
}

func nameFine(name string) bool {
	n := utf8.RuneCountInString(name)
	return utf8.ValidString(name) && n >= 1 && n <= MaxName && strings.TrimSpace(name) == name &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

func (s Shows) fine() bool {
	mode := s.Mode == All || s.Mode == Chosen || s.Mode == Abnormal
	status := s.Status == "" || s.Status == "ACTIVE" || s.Status == "STANDBY"
	if !slices.Contains(Kinds(), s.Kind) {
		return false
	}
	protocol := s.Protocol == "" || s.Protocol == "srt-listener" || s.Protocol == "srt-caller"
	return mode && status && protocol && utf8.RuneCountInString(s.Query) <= MaxQuery
}

// zoneFine tells whether a zone is known. What would name a file outside of the
// zones' is not looked for.
func zoneFine(zone string) bool {
	if zone == "" {
		return true
	}
	if zone == "Local" {
		return false
	}
	_, err := time.LoadLocation(zone)
	return err == nil
}

func cidrsFine(list []string) bool {
	return len(list) <= MaxCIDRs && !slices.ContainsFunc(list, func(c string) bool {
		_, err := netip.ParsePrefix(c)
		return err != nil
	})
}

// ParseCIDR gives a network in its one form; an address alone is a network of
// one.
func ParseCIDR(typed string) (string, error) {
	if a, err := netip.ParseAddr(typed); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()).String(), nil
	}
	p, err := netip.ParsePrefix(typed)
	if err != nil {
		return "", ErrCIDR
	}
	return p.Masked().String(), nil
}

// admits tells whether the display may be opened from an address.
func (d Display) admits(address string) bool {
	if len(d.CIDRs) == 0 {
		return true
	}
	at, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	at = at.Unmap().WithZone("")
	return slices.ContainsFunc(d.CIDRs, func(c string) bool {
		p, err := netip.ParsePrefix(c)
		return err == nil && p.Contains(at)
	})
}
