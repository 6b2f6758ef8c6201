package times

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a container may have no time zones
)

// Zone returns a time zone of the IANA's database, as Europe/Berlin.
func Zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, errZone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, errZone
	}
	return zone, nil
}

var errZone = errors.New("the time zone is not known: want a name as Europe/Berlin or UTC")

// An abbreviation is a zone that text names by letters which several places
// share.
type abbreviation struct{ name string }

func (a abbreviation) Error() string {
	return fmt.Sprintf("its zone %s is an abbreviation, which stands for other places too: want UTC, GMT, Z or an offset, as +09:00", a.name)
}

// cutZone reads the zone at the end of text, and sets it. There may be a space
// before it, and there may be none at all.
func (f *fields) cutZone(text string) error {
	text = strings.TrimPrefix(text, " ")
	switch {
	case text == "":
		return nil
	case utc(text):
		f.zoned = true
		return nil
	case letters(text) == len(text) && len(text) <= 5:
		return abbreviation{strings.Clone(text)}
	}
	seconds, ok := parseOffset(text)
	if !ok {
		return errUnknown
	}
	f.offset, f.zoned = seconds, true
	return nil
}

func utc(name string) bool {
	return name == "Z" || name == "z" || strings.EqualFold(name, "UTC") || strings.EqualFold(name, "GMT")
}

// letters returns how many letters text begins with.
func letters(text string) int {
	for i := range len(text) {
		if c := text[i] | 0x20; c < 'a' || c > 'z' {
			return i
		}
	}
	return len(text)
}

// parseOffset reads +01:00, +0100 or +01: seconds east of UTC.
func parseOffset(text string) (int, bool) {
	if text == "" || text[0] != '-' && text[0] != '+' {
		return 0, false
	}
	sign := 1
	if text[0] == '-' {
		sign = -1
	}
	text = text[1:]
	if len(text) == 5 && text[2] == ':' {
		return offset(sign, text[:2], text[3:])
	}
	switch len(text) {
	case 4:
		return offset(sign, text[:2], text[2:])
	case 2:
		return offset(sign, text, "00")
	}
	return 0, false
}

func offset(sign int, hours, minutes string) (int, bool) {
	h, hok := fixed(hours)
	m, mok := fixed(minutes)
	return sign * (h*60 + m) * 60, hok && mok && h < 24 && m < 60
}

// in returns the instant of a time of day in a zone, and how much later its
// clocks show it again, 0 if they do not. wall is that time as if it were UTC.
func in(zone *time.Location, wall time.Time) (t time.Time, again time.Duration) {
	if zone == nil || zone == time.UTC {
		return wall, 0
	}
	before, after := offsetAt(zone, wall.Add(-day)), offsetAt(zone, wall.Add(day))
	first, second := wall.Add(-before), wall.Add(-after)
	if before == after {
		return first, 0
	}
	shown := offsetAt(zone, first) == before
	switch shownAgain := offsetAt(zone, second) == after; {
	case shown && shownAgain && second.After(first):
		return first, second.Sub(first)
	case !shown && shownAgain:
		return second, 0
	}
	return first, 0 // where clocks skip it, by the offset from before
}

// Midnight returns the first instant of the day that it is in a zone at t.
// Package time finds the day before where clocks skip midnight.
func Midnight(t time.Time, zone *time.Location) time.Time {
	year, month, date := t.In(zone).Date()
	midnight, _ := in(zone, time.Date(year, month, date, 0, 0, 0, 0, time.UTC))
	return midnight.In(zone)
}

func offsetAt(zone *time.Location, t time.Time) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}
