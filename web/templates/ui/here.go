package ui

import "context"

// FieldAt is the form field that says of which place its page is.
const FieldAt = "at"

type placeKey struct{}

// InPlace gives a context in which what is rendered belongs to a place, named by
// its key.
func InPlace(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, placeKey{}, key)
}

// placeOf is the key of the place that is rendered; empty: of none.
func placeOf(ctx context.Context) string {
	key, _ := ctx.Value(placeKey{}).(string)
	return key
}
