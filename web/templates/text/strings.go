package text

// Strings are all texts of one language, by the page that shows them.
type Strings struct {
	Lang string // BCP 47
}
