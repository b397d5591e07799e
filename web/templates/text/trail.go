package text

// Trail are the texts of the page of the activity trail, and how fresh pages are.
type Trail struct {
	Title string
}

var englishTrail = Trail{
	Title: "Activity",
}

var chineseTrail = Trail{
	Title: "活动记录",
}
