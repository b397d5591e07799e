package ui

// Words are the labels that explanations of errors need, in the reader's language.
type Words struct {
	Said, Code, RequestID, Retry string
}
