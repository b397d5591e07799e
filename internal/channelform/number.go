package channelform

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// errNumber tells that a text is no number.
var errNumber = errors.New("not a whole number")

// factors are what may stand behind a number: of bit rates, and of times in
// seconds.
var factors = []struct {
	unit   string
	factor float64
}{
	{"kb/s", 1e3},
	{"Mb/s", 1e6},
	{"bit/s", 1},
	{"k", 1e3},
	{"M", 1e6},
	{"min", 60},
	{"h", 3600},
	{"d", 86400},
	{"ms", 1},
	{"px", 1},
	{"s", 1},
}

// ParseNumber reads a number as people type it: 4500000, 4 500 000, 4.5M,
// 4500k, 12h, 7d. It must come out whole, at least 0, and fit 31 bits.
func ParseNumber(typed string) (int, error) {
	digits, factor := strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "_", "").Replace(typed), 1.0
	for _, f := range factors {
		if rest, ok := strings.CutSuffix(digits, f.unit); ok {
			digits, factor = rest, f.factor
			break
		}
	}
	if digits == "" || strings.Trim(digits, "0123456789.") != "" {
		return 0, errNumber
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, errNumber
	}
	n = math.Round(n*factor*1e3) / 1e3 // 4.1 of a million is none of a binary fraction
	if n != math.Trunc(n) || n > math.MaxInt32 {
		return 0, errNumber
	}
	return int(n), nil
}
