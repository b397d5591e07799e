package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// load asks for one page again and again over connections that stay open. It
// does as little as it can for each, since it shares the processors with what
// it measures.
type load struct {
	Address     string
	Path        string
	Cookie      string
	Connections int
	For         time.Duration
}

// loaded is what a load got.
type loaded struct {
	Requests int
	Took     time.Duration
}

// perSecond is the rate of answers.
func (l loaded) perSecond() float64 { return float64(l.Requests) / l.Took.Seconds() }

// runLoad is the role of the load.
func runLoad(in io.Reader, out io.Writer) error {
	var l load
	if err := json.NewDecoder(in).Decode(&l); err != nil {
		return fmt.Errorf("read the load: %w", err)
	}
	counts, faults := make([]int, l.Connections), make([]error, l.Connections)
	var work sync.WaitGroup
	began := time.Now()
	for i := range l.Connections {
		work.Go(func() { counts[i], faults[i] = l.connection(began.Add(l.For)) })
	}
	work.Wait()
	result := loaded{Took: time.Since(began)}
	for _, n := range counts {
		result.Requests += n
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(result)
}

// connection asks until the time has come, and counts the answers.
func (l load) connection(until time.Time) (n int, err error) {
	conn, err := net.Dial("tcp", l.Address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\n\r\n", l.Path, l.Address, l.Cookie)
	answers := bufio.NewReaderSize(conn, 64<<10)
	for ; time.Now().Before(until); n++ {
		if err := conn.SetDeadline(until.Add(5 * time.Second)); err != nil {
			return n, err
		}
		if _, err := conn.Write(request); err != nil {
			return n, err
		}
		if err := skipAnswer(answers); err != nil {
			return n, err
		}
	}
	return n, nil
}

// skipAnswer reads one answer of status 200 to its end, sent whole or in
// chunks.
func skipAnswer(r *bufio.Reader) error {
	status, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("answered %q", status)
	}
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return skipChunks(r)
	}
	_, err = r.Discard(length)
	return err
}

func skipChunks(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		if _, err := r.Discard(int(size) + len("\r\n")); err != nil || size == 0 {
			return err
		}
	}
}

// runStatic is the role of the reference: the simplest handler that writes the
// same bytes.
func runStatic(in io.Reader, out io.Writer) error {
	settings := json.NewDecoder(in)
	var page []byte
	if err := settings.Decode(&page); err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	go func() {
		_ = http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Length", strconv.Itoa(len(page)))
			_, _ = w.Write(page)
		}))
	}()
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in) // until the bench lets go
	return err
}
