package truth_test

import (
	"math/rand/v2"
	"strings"
	"time"
)

// era is a time to live in, and zones whose clocks change then.
type era struct {
	begins time.Time
	zones  []string
}

// eras are those that lives are in.
var eras = []era{
	{time.Date(2025, 3, 20, 11, 17, 13, 250e6, time.UTC), []string{"UTC", "Europe/Berlin", "America/New_York"}},
	{time.Date(2025, 10, 24, 21, 40, 1, 0, time.UTC), []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"}},
	{time.Date(2018, 11, 1, 5, 0, 0, 0, time.UTC), []string{"America/Sao_Paulo", "UTC"}},            // a day begins at one
	{time.Date(2011, 12, 27, 16, 30, 7, 0, time.UTC), []string{"Pacific/Apia", "Europe/Berlin"}},    // a day is left out
	{time.Date(2024, 2, 26, 23, 59, 59, 999e6, time.UTC), []string{"Asia/Kathmandu", "Etc/GMT+12"}}, // a leap day
}

// span is a length of windows.
type span struct {
	months int
	time.Duration
}

// before is a time that lies so much earlier, at least.
func (s span) before(t time.Time) time.Time { return t.AddDate(0, 0, -31*s.months).Add(-s.Duration) }

// spans are the lengths of windows.
var spans = map[string]span{
	"6h": {0, 6 * time.Hour}, "36h": {0, 36 * time.Hour}, "1d": {0, 24 * time.Hour}, "2d": {0, 48 * time.Hour}, "3d": {0, 72 * time.Hour},
	"1w": {0, 7 * 24 * time.Hour}, "2w": {0, 14 * 24 * time.Hour}, "1mo": {months: 1}, "1y": {months: 12},
}

// newStream draws a stream.
func newStream(chance *rand.Rand, name string, start time.Time, zones []string) *stream {
	pick := func(all ...string) string { return all[chance.IntN(len(all))] }
	s := &stream{name: name, start: start, zone: time.UTC, settle: 10 * time.Minute, limit: 3 + chance.IntN(6), lost: 404}
	s.paging = pick("keyset", "keyset", "cursor", "offset", "page")
	s.format = pick("rfc3339", "rfc3339", "epoch", "epoch_ms", "date", "%Y-%m-%d %H:%M")
	s.grain = []time.Duration{time.Second, time.Millisecond, time.Minute}[chance.IntN(3)]
	s.numeric = chance.IntN(4) == 0
	s.after, s.upTo = chance.IntN(5) == 0, chance.IntN(5) == 0
	if chance.IntN(3) == 0 {
		s.full, s.after, s.upTo = true, false, false
		if s.moves() { // what comes while another goes is not seen by anybody
			s.paging = "keyset"
		}
	}
	if chance.IntN(3) == 0 {
		s.settle = []time.Duration{0, time.Minute, time.Hour}[chance.IntN(3)]
	}
	if chance.IntN(2) == 0 {
		s.look = time.Duration(1+chance.IntN(72)) * time.Hour
	}
	s.settle = max(s.settle, s.grain)
	s.accounts = chance.IntN(3) == 0
	if !s.full && chance.IntN(2) == 0 {
		s.drawWindow(chance)
	}
	s.sorted = !s.full && s.paging == "cursor" && chance.IntN(2) == 0
	zone, err := time.LoadLocation(pick(zones...))
	if err != nil {
		panic(err)
	}
	s.zone = zone
	return s
}

// drawWindow draws the length of windows.
func (s *stream) drawWindow(chance *rand.Rand) {
	lengths := "6h 36h 1d 1d 2d 3d 1w 2w 1mo 1y"
	switch {
	case len(s.parents) > 0: // hundreds of contexts, each with its windows
		lengths = "2w 1mo 1y"
	case s.format == "date":
		lengths = "1d 2d 3d 1w 1mo 1y"
	}
	all := strings.Fields(lengths)
	s.window = all[chance.IntN(len(all))]
	s.whole = chance.IntN(4) == 0
}
