package handlers

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

// writeWithin is the time for one frame; who takes longer is dropped.
const writeWithin = 5 * time.Second

// line carries the frames of a stream to a browser.
type line interface {
	// write sends one frame, or fails within writeWithin.
	write(frame []byte) error
}

// answerLine is an answer that goes on: over HTTP/2, whose connection carries
// other requests too.
type answerLine struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (l answerLine) write(frame []byte) error {
	if err := l.control.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	if _, err := l.w.Write(frame); err != nil {
		return err
	}
	return l.control.Flush()
}

// Write is write for what streams a file.
func (l answerLine) Write(p []byte) (int, error) {
	if err := l.write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// bareLine is a connection that the server has let go. All that the server
// keeps for a request, some 40 KB, is free again: a wall is open for days.
type bareLine struct{ net.Conn }

func (l bareLine) write(frame []byte) error {
	if err := l.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	_, err := l.Write(frame)
	return err
}

// takeOver takes the connection of an answer out of the server's hands. It gives
// the head of the answer, which is still to be sent, and http.ErrNotSupported
// where the connection carries more than this answer.
func takeOver(c echo.Context) (l bareLine, head []byte, err error) {
	if c.Request().ProtoMajor != 1 {
		return bareLine{}, nil, http.ErrNotSupported
	}
	conn, _, err := http.NewResponseController(c.Response().Writer).Hijack()
	if err != nil {
		return bareLine{}, nil, fmt.Errorf("take over a connection: %w", err)
	}
	c.Response().Committed = true
	h := c.Response().Header()
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	h.Set("Connection", "close") // its end is the end of the stream
	var text bytes.Buffer
	text.WriteString("HTTP/1.1 200 OK\r\n")
	_ = h.Write(&text) // into memory: it does not fail
	text.WriteString("\r\n")
	return bareLine{conn}, text.Bytes(), nil
}
