package text

// Notify are the texts of the page of settings: webhooks and their deliveries.
type Notify struct {
	Title string
}

var englishNotify = Notify{
	Title: "Settings",
}

var chineseNotify = Notify{
	Title: "设置",
}
