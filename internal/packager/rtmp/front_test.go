package rtmp

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// open runs a front for the time of a test.
func open(t *testing.T) *Front {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	f := New(address, "live", "one_1000", slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	await(t, "the front to listen", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return f
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(20 * time.Second); !done(); <-tick.C {
		if time.Now().After(until) {
			t.Fatalf("waited for %s", what)
		}
	}
}

// push pushes a picture and a tone for some seconds, or until the end of the test.
func push(t *testing.T, f *Front, name string) (ended func() bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-loglevel", "quiet", "-re", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=10", "-f", "lavfi", "-i", "sine",
		"-t", "60", "-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-c:a", "aac", "-f", "flv", fmt.Sprintf("rtmp://%s/%s", f.address, name))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() { cancel(); <-done })
	return func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
}

// tags reads so many tags of FLV, and gives their types.
func tags(t *testing.T, from io.Reader, n int) (kinds []byte) {
	t.Helper()
	head := make([]byte, 13)
	if _, err := io.ReadFull(from, head); err != nil || string(head[:3]) != "FLV" {
		t.Fatalf("head %q, %v", head, err)
	}
	for range n {
		head := make([]byte, 11)
		if _, err := io.ReadFull(from, head); err != nil {
			t.Fatal(err)
		}
		size := int(head[1])<<16 | int(head[2])<<8 | int(head[3])
		rest := make([]byte, size+4)
		if _, err := io.ReadFull(from, rest); err != nil {
			t.Fatal(err)
		}
		if told := binary.BigEndian.Uint32(rest[size:]); int(told) != 11+size {
			t.Fatalf("a tag of %d bytes says %d", 11+size, told)
		}
		kinds = append(kinds, head[0])
	}
	return kinds
}

// refused waits until a caller was turned away.
func refused(t *testing.T, f *Front, named string, why Reason) {
	t.Helper()
	await(t, named+" to be refused: "+string(why), func() bool {
		return slices.ContainsFunc(f.Refused(), func(r Refused) bool {
			return r.Address == "127.0.0.1" && r.Named == named && r.Reason == why && r.Count > 0 && !r.First.After(r.Last)
		})
	})
}

func TestFrontLetsInWhoNamesTheStream(t *testing.T) {
	f := open(t)
	push(t, f, "live/one_1000?request_source=ott&channel_id=one")
	stream, err := f.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if kinds := tags(t, stream, 20); !slices.Contains(kinds, typeAudio) || !slices.Contains(kinds, typeVideo) {
		t.Errorf("tags %v", kinds)
	}
	second := push(t, f, "live/one_1000")
	refused(t, f, "live/one_1000", Busy)
	await(t, "the second to go", second)
	if _, err := io.ReadFull(stream, make([]byte, 1000)); err != nil {
		t.Errorf("the first suffers: %v", err)
	}
	_ = stream.Close()
	await(t, "another to be let in", func() bool {
		push(t, f, "live/one_1000")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		next, err := f.Next(ctx)
		if err == nil {
			_ = next.Close()
		}
		return err == nil
	})
}

func TestFrontTurnsAway(t *testing.T) {
	f := open(t)
	for _, name := range []string{"live/two", "other/one_1000", "live/one_1000x"} {
		ended := push(t, f, name)
		refused(t, f, name, Name)
		await(t, name+" to go", ended)
	}
	conn, err := net.Dial("tcp", f.address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_, _ = conn.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	_, _ = conn.Write(make([]byte, 2*callBytes)) // more than anybody may say
	refused(t, f, "", Unfinished)
	_, _ = io.Copy(io.Discard, conn) // ends when it is hung up on
	if problem := f.Problem(); problem != "" {
		t.Errorf("problem %q", problem)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if stream, err := f.Next(ctx); err == nil {
		t.Errorf("somebody was let in: %v", stream)
	}
}

func TestFrontHearsOnlySoManyAtOnce(t *testing.T) {
	f := open(t)
	for range callsAtOnce + 1 {
		conn, err := net.Dial("tcp", f.address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	refused(t, f, "", Busy)
}

func TestFrontSaysWhyNobodyCanPush(t *testing.T) {
	f := open(t)
	other := New(f.address, "live", "two", slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		other.Run(ctx)
	}()
	await(t, "the reason", func() bool { return other.Problem() != "" })
	cancel()
	<-done
}

func TestRefusalsAreBounded(t *testing.T) {
	var r refusals
	for i := range 3 * maxRefused {
		r.add(fmt.Sprintf("192.0.2.%d", i%maxRefused), "x", Name, time.Now())
		r.add(fmt.Sprint(i), "\xff\xfe", Name, time.Now())
	}
	if all := r.newestFirst(); len(all) != maxRefused || all[0].Named != "?" {
		t.Errorf("%d, the newest %+v", len(all), all[0])
	}
}
