package text

// Chinese gives the Simplified Chinese texts.
func Chinese() *Strings { return &Strings{Lang: ZH} }
