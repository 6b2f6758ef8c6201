package rate

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"

	"github.com/tap-rest/tap-rest/sources"
)

// sharing lets limits share a folder, and logs to a buffer.
func sharing(dir string) (Sharing, *bytes.Buffer) {
	log := new(bytes.Buffer)
	return Sharing{Dir: dir, Key: "k", Log: slog.New(slog.NewTextHandler(log, nil))}, log
}

// file is the one file of a folder.
func file(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.rate"))
	if err != nil || len(names) != 1 {
		t.Fatalf("files: %v, %v", names, err)
	}
	return names[0]
}

// TestShared: what several clients start together keeps to the limit, whichever of them
// goes next, also where answers say what requests cost. Others have a limit of their own.
func TestShared(t *testing.T) {
	for _, varies := range []bool{false, true} {
		dir := t.TempDir()
		declared := []sources.RateLimit{{Points: points(40), Per: time.Second, Shared: true}}
		var clients []*Limits
		for range 3 {
			s, _ := sharing(dir)
			clients = append(clients, New(declared, s))
		}
		var starts []time.Time
		at := now
		for len(starts) < 400 {
			l := clients[rand.IntN(3)]
			s, wait := l.Take(Ask{Stream: "s", Cost: points(1), Varies: varies}, at)
			if s == nil {
				at = at.Add(wait.For/3 + 1)
				continue
			}
			starts = append(starts, at)
			l.Settle(s, points(1))
			l.Done(s, at)
		}
		for i := 43; i < len(starts); i++ { // three that are the first of their clients start before it is known what they cost
			most := 40
			if varies && i < 200 {
				most = 43
			}
			if d := starts[i].Sub(starts[i-most]); d < time.Second {
				t.Fatalf("varies %v: %d requests within %v, up to %d", varies, most+1, d, i)
			}
		}
		if took := at.Sub(now); took > 15*time.Second {
			t.Errorf("400 requests took %v", took)
		}
		s, _ := sharing(dir)
		s.Key = "other"
		if _, wait := New(declared, s).Take(Ask{Cost: points(40)}, at); wait.For > 0 {
			t.Errorf("a client with other credentials waits %v", wait.For)
		}
	}
}

// TestSharedIsLocked: while another process has the file, requests wait a moment; once
// it is gone, they do not.
func TestSharedIsLocked(t *testing.T) {
	dir := t.TempDir()
	s, _ := sharing(dir)
	l := New([]sources.RateLimit{{Requests: 40, Per: time.Second, Shared: true}}, s)
	if _, wait := l.Take(Ask{}, now); wait.For > 0 {
		t.Fatal(wait)
	}
	lock := flock.New(file(t, dir), flock.SetFlag(os.O_RDWR))
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	if _, wait := l.Take(Ask{}, now); wait.For != busy || !wait.Open() || wait.String() != "the file of a shared rate_limit, which another process has locked: 40 requests in every 1s" {
		t.Errorf("waits %v for %v", wait.For, wait)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	if _, wait := l.Take(Ask{}, now); wait.For > 0 {
		t.Errorf("waits %v", wait.For)
	}
}

// TestSharedFileIsBroken: a file that is broken is begun anew, and the log says so once;
// one of a later version, too. Where there can be no file, the limit is the process's
// own.
func TestSharedFileIsBroken(t *testing.T) {
	declared := []sources.RateLimit{{Requests: 2, Per: time.Second, Shared: true}}
	for name, hurt := range map[string]func(text []byte) []byte{
		"cut":          func(text []byte) []byte { return text[:len(text)-3] },
		"a bit":        func(text []byte) []byte { text[len(text)-1] ^= 1; return text },
		"another file": func([]byte) []byte { return []byte("hello") },
		"later":        func(text []byte) []byte { text[len(magic)] = 9; return text },
		"many":         func(text []byte) []byte { text[len(magic)+8], text[len(magic)+9] = 255, 255; return text },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, log := sharing(dir)
			l := New(declared, s)
			l.Take(Ask{}, now)
			text, err := os.ReadFile(file(t, dir))
			if err == nil {
				err = os.WriteFile(file(t, dir), hurt(text), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []time.Duration{0, 0, time.Second} {
				if _, wait := l.Take(Ask{}, now); wait.For != want {
					t.Errorf("request %d waits %v, want %v", i, wait.For, want)
				}
			}
			if n := strings.Count(log.String(), "it is begun anew"); n != 1 {
				t.Errorf("the log says so %d times: %s", n, log)
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(dir, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		s, log := sharing(dir)
		l := New(declared, s)
		if _, wait := l.Take(Ask{}, now); wait.For != busy {
			t.Errorf("waits %v", wait.For)
		}
		for i, want := range []time.Duration{0, 0, time.Second} {
			if _, wait := l.Take(Ask{}, now); wait.For != want {
				t.Errorf("request %d waits %v, want %v", i, wait.For, want)
			}
		}
		if !strings.Contains(log.String(), "this process keeps to the limit by itself") {
			t.Errorf("log: %s", log)
		}
	})
}

// TestSharedClockIsSetBack: what started in a time that is not there yet counts as if it
// had started now.
func TestSharedClockIsSetBack(t *testing.T) {
	s, _ := sharing(t.TempDir())
	l := New([]sources.RateLimit{{Requests: 1, Per: time.Minute, Shared: true}}, s)
	l.Take(Ask{}, now.Add(24*time.Hour))
	if _, wait := l.Take(Ask{}, now); wait.For != time.Minute {
		t.Errorf("waits %v", wait.For)
	}
}

// TestSharedSettlesAtTheEnd: what the last requests of a process cost, others know once
// it is over.
func TestSharedSettlesAtTheEnd(t *testing.T) {
	dir := t.TempDir()
	s, _ := sharing(dir)
	declared := []sources.RateLimit{{Points: points(10), Per: time.Minute, Shared: true}}
	l := New(declared, s)
	last, _ := l.Take(Ask{Stream: "s", Varies: true}, now)
	l.Settle(last, points(8))
	l.Done(last, now)
	l.Close(now)
	if _, wait := New(declared, s).Take(Ask{Cost: points(3)}, now); wait.For != time.Minute {
		t.Errorf("waits %v", wait.For)
	}
}

// FuzzSharedFile: whatever lies in the file, it is read or refused, and what is read is
// written the same.
func FuzzSharedFile(f *testing.F) {
	f.Add(encode(nil))
	f.Add(encode([]batch{{now, now.Add(time.Second), points(3)}}))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, text []byte) {
		spent, err := decode(text)
		if err != nil || len(text) == 0 {
			return
		}
		if again := encode(spent); !bytes.HasPrefix(text, again) || len(again) > page {
			t.Errorf("%d batches are written as %d bytes, which are others", len(spent), len(again))
		}
	})
}
