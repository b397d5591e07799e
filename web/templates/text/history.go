package text

// History are the texts of the charts of a flow's history.
type History struct {
	Title string
}

var englishHistory = History{
	Title: "History",
}

var chineseHistory = History{
	Title: "历史",
}
