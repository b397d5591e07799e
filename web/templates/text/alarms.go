package text

// Alarms are the texts of the alarm line, the page of alarms, and the settings of their sound.
type Alarms struct {
	Title string
}

var englishAlarms = Alarms{
	Title: "Alarms",
}

var chineseAlarms = Alarms{
	Title: "告警",
}
