package text

// Care are the texts of what people put on a flow: protection, notes, labels, last-known-good.
type Care struct {
	Title string
}

var englishCare = Care{
	Title: "Protect",
}

var chineseCare = Care{
	Title: "保护",
}
