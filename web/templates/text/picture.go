package text

// Pictures are the texts of pictures of streams, for who does not see them.
type Pictures struct {
	Of string // "Picture of {}"
}

var englishPictures = Pictures{Of: "Picture of {}"}

var chinesePictures = Pictures{Of: "{} 的画面"}
