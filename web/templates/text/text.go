// Package text has every word that Flowdeck shows, once for each language, as a
// typed struct: a text that is missing does not compile or fails a test.
package text

// The languages, as BCP 47 names them.
const (
	EN = "en"
	ZH = "zh-CN"
)

// For gives the strings of a language, English for one that is not spoken here.
func For(lang string) *Strings {
	if lang == ZH {
		return Chinese()
	}
	return English()
}
