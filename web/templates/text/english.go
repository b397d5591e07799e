package text

// English gives the English texts.
func English() *Strings { return &Strings{Lang: EN} }
