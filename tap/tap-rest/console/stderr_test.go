package console

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// dam is a writer that takes nothing until it is opened.
type dam struct {
	open chan struct{}
	out  bytes.Buffer
}

func (d *dam) Write(p []byte) (int, error) {
	<-d.open
	return d.out.Write(p)
}

// TestBlockedStderr: whoever writes waits once, for a moment; what waits is
// bounded; once stderr is read, the newest lines are there, and a line in the
// place of the others says how many they were.
func TestBlockedStderr(t *testing.T) {
	for _, json := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			d := &dam{open: make(chan struct{})}
			c := &Console{json: json}
			s := &stderr{out: d, leftOut: c.leftOut}
			began := time.Now()
			const lines = 100_000
			for i := range lines {
				fmt.Fprintf(s, "INFO this is the line of number %d\n", i)
				if len(s.waiting) > mostWaiting {
					t.Fatalf("%d bytes wait", len(s.waiting))
				}
			}
			s.flush()
			if took := time.Since(began); took != patience+lastWords {
				t.Errorf("it took %s", took)
			}
			close(d.open)
			s.flush()
			got := strings.SplitAfter(d.out.String(), "\n")
			kept := 0
			for _, line := range got {
				if strings.HasPrefix(line, "INFO ") {
					kept++
				}
			}
			left := regexp.MustCompile(`(\d+) lines of the log are left out here`).FindStringSubmatch(d.out.String())
			if left == nil {
				t.Fatalf("it does not say what is missing: %q…", got[:3])
			}
			if n, _ := strconv.Atoi(left[1]); n+kept != lines || kept < lines/10 {
				t.Errorf("%d lines are kept and %d left out of %d", kept, n, lines)
			}
			if last := got[len(got)-2]; last != fmt.Sprintf("INFO this is the line of number %d\n", lines-1) {
				t.Errorf("the last line is %q", last)
			}
			s.Write([]byte("INFO again\n"))
			if !strings.HasSuffix(d.out.String(), "INFO again\n") {
				t.Error("it is not written at once again")
			}
		})
	}
}

// TestLongLine: a line that is longer than what may wait is left out, and nobody is said to
// have blocked stderr.
func TestLongLine(t *testing.T) {
	var out bytes.Buffer
	s := &stderr{out: &out, leftOut: (&Console{}).leftOut}
	s.Write([]byte("INFO " + strings.Repeat("x", mostWaiting) + "\n"))
	s.flush()
	if want := "WARN a line of the log is left out here"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("got %.200q before the next line, want %q", out.String(), want)
	}
	s.Write([]byte("INFO next\n"))
	s.flush()
	if want := "WARN a line of the log is left out here: no more than 1048576 bytes of it wait for stderr\nINFO next\n"; out.String() != want {
		t.Errorf("got %d bytes, %.200q", out.Len(), out.String())
	}
}

// TestNoBytesOfAnswers: what net/http says by itself of an answer that nobody
// asked for is not printed.
func TestNoBytesOfAnswers(t *testing.T) {
	name := filepath.Join(t.TempDir(), "stderr")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read, said := make(chan struct{}), make(chan struct{})
	c := New(f, false, "debug")
	c.QuietLibraries()
	log.SetOutput(io.MultiWriter(log.Writer(), closing(said)))
	t.Cleanup(func() {
		log.SetOutput(os.Stderr)
		log.SetFlags(log.LstdFlags)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		io.ReadAtLeast(conn, make([]byte, 4<<10), 1)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
		<-read
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nX-Secret: hunter2\r\n\r\n")
		<-said // net/http has logged it
	}()
	client := &http.Client{Transport: &http.Transport{}}
	resp, err := client.Get("http://" + l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	close(read)
	<-said
	c.Flush()
	text, err := os.ReadFile(name)
	if err != nil || !strings.HasPrefix(string(text), "DEBUG net/http says something") || strings.Contains(string(text), "HTTP/1.1") {
		t.Errorf("%v: %s", err, text)
	}
}

// closing is closed by the first write to it.
type closing chan struct{}

func (c closing) Write(p []byte) (int, error) {
	close(c)
	return len(p), nil
}
