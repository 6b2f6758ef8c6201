package target_test

import (
	"bytes"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tap-rest/tap-rest/tap/target"
)

// TestSlowTarget proves that the log says once of each wait of a minute or more that the
// target takes nothing, and when that goes on, and nothing of one that is merely slow.
func TestSlowTarget(t *testing.T) {
	for _, tt := range []struct {
		name  string
		waits []time.Duration // before each piece is taken
		warns int
		again int
	}{
		{"quick", []time.Duration{0, 0, 0}, 0, 0},
		{"slow", []time.Duration{59 * time.Second, 59 * time.Second, 59 * time.Second}, 0, 0},
		{"it hangs for an hour", []time.Duration{time.Hour}, 1, 1},
		{"it hangs again and again", []time.Duration{61 * time.Second, 0, 61 * time.Second, 121 * time.Second}, 2, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				reads, writes := io.Pipe()
				to := target.Watch(writes, "target-x", slog.New(slog.NewTextHandler(&log, nil)))
				sent := bytes.Repeat([]byte("0123456789abcde\n"), len(tt.waits)*4<<10)
				got := make(chan []byte)
				go func() {
					var all []byte
					for _, wait := range tt.waits {
						time.Sleep(wait)
						piece := make([]byte, 64<<10)
						n, _ := io.ReadFull(reads, piece)
						all = append(all, piece[:n]...)
					}
					got <- all
				}()
				if n, err := to.Write(sent); n != len(sent) || err != nil {
					t.Errorf("wrote %d bytes of %d: %v", n, len(sent), err)
				}
				if all := <-got; !bytes.Equal(all, sent) {
					t.Errorf("%d bytes came of %d", len(all), len(sent))
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				warns, again := strings.Count(log.String(), "has taken nothing for"), strings.Count(log.String(), "takes lines again")
				if warns != tt.warns || again != tt.again || warns > 0 && !strings.Contains(log.String(), `the target has taken nothing for 1m0s: the run waits until it goes on" target=target-x`) {
					t.Errorf("the log says %s", log.String())
				}
			})
		})
	}
}

// TestSlowTargetIsGone proves that the error of a target that went away is handed on.
func TestSlowTargetIsGone(t *testing.T) {
	reads, writes := io.Pipe()
	reads.Close()
	if n, err := target.Watch(writes, "x", slog.New(slog.DiscardHandler)).Write(make([]byte, 200<<10)); n != 0 || err != io.ErrClosedPipe {
		t.Errorf("wrote %d bytes, and got %v", n, err)
	}
}

// TestSlowEnd proves that the log says after a minute, and then ever more seldom, that a
// target which got all of its lines does not end, and nothing once it has ended.
func TestSlowEnd(t *testing.T) {
	for _, tt := range []struct {
		name  string
		takes time.Duration
		want  []string
	}{
		{"at once", 59 * time.Second, nil},
		{"slow", 90 * time.Second, []string{"1m0s"}},
		{"it hangs for ten minutes", 10 * time.Minute, []string{"1m0s", "2m0s", "4m0s", "8m0s"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				stop := target.WatchEnd("target-x", slog.New(slog.NewTextHandler(&log, nil)))
				time.Sleep(tt.takes)
				stop()
				time.Sleep(time.Hour)
				synctest.Wait()
				for _, after := range tt.want {
					if strings.Count(log.String(), "level=WARN msg=\"the target has got all lines, and has not ended for "+after+": ") != 1 {
						t.Errorf("the log does not say once that it took %s", after)
					}
				}
				if n := strings.Count(log.String(), "target=target-x\n"); n != len(tt.want) {
					t.Errorf("the log has %d lines, want %d:\n%s", n, len(tt.want), &log)
				}
			})
		})
	}
}
