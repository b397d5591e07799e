package store

import (
	"fmt"
	"strconv"
	"strings"
)

// query gathers conditions with their arguments.
type query struct {
	conditions []string
	args       []any
}

// arg adds an argument and gives its place in the text.
func (q *query) arg(v any) string {
	q.args = append(q.args, v)
	return "$" + strconv.Itoa(len(q.args))
}

// and adds a condition; each %s in it is the place of the next argument.
func (q *query) and(condition string, args ...any) {
	places := make([]any, len(args))
	for i, v := range args {
		places[i] = q.arg(v)
	}
	q.conditions = append(q.conditions, fmt.Sprintf(condition, places...))
}

// unless adds a condition, but not where the filter's field is empty.
func (q *query) unless(empty bool, condition string, args ...any) {
	if !empty {
		q.and(condition, args...)
	}
}

func (q *query) where() string {
	if len(q.conditions) == 0 {
		return ""
	}
	return "WHERE " + strings.Join(q.conditions, " AND ")
}

// limit is how many rows are asked for.
func limit(n int) int {
	if n <= 0 {
		return 100
	}
	return n
}
