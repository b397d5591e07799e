package handlers

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"time"
)

// When a stream breaks its page comes back. Where all break at once, as when the
// dashboard is started anew, the pages are spread over a time that grows with
// how many look on; somebody who looks on with few others waits about a second.
const (
	comeBackRate  = 150 // pages a second
	comeBackSoon  = 250 * time.Millisecond
	comeBackFirst = time.Second      // the least span
	comeBackLast  = 12 * time.Second // the largest; htmx varies what is drawn by a third
	comeBackEvery = 2 * time.Second  // how often each page is told anew
)

const (
	beatEvent = "event: hb\n"            // begins a heartbeat
	byeEvent  = "event: bye\ndata: \n\n" // ends a stream that the page may not follow any more
)

// comeBack draws how long a page is to wait before it comes back.
func comeBack(viewers int) time.Duration {
	span := min(max(time.Duration(viewers)*time.Second/comeBackRate, comeBackFirst), comeBackLast)
	return comeBackSoon + rand.N(span-comeBackSoon)
}

func isBeat(frame []byte) bool { return bytes.HasPrefix(frame, []byte(beatEvent)) }

// hinted is a frame with the hint of when to come back, in the words of SSE.
// htmx takes it only from an event that has more.
func hinted(frame []byte, after time.Duration) []byte {
	b := strconv.AppendInt([]byte("retry: "), after.Milliseconds(), 10)
	return append(append(b, '\n'), frame...)
}
