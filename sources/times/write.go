package times

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// Like writes a time as JSON in the way in which a sample of JSON is written
// that the Reader reads: by its layout, as a count or digits in the same unit,
// in the same form. What the form has no room for is cut off, so that what is
// written is never later than t. Without a sample it is RFC 3339 in UTC.
func (r Reader) Like(t time.Time, sample []byte) []byte {
	sample = bytes.TrimSpace(sample)
	bare := bytes.Trim(sample, `"`)
	text := r.like(t, string(bare))
	if len(bare) == len(sample) && Numeric(text) && len(sample) > 0 {
		return []byte(text)
	}
	return strconv.AppendQuote(nil, text)
}

func (r Reader) like(t time.Time, sample string) string {
	if r.Layout != "" {
		if text, err := Strftime(t.In(r.zone()), r.Layout); err == nil {
			return text
		}
	}
	if _, err := r.recognise(sample); err != nil {
		return t.UTC().Format(time.RFC3339)
	}
	if Numeric(sample) {
		return r.likeNumber(t, sample)
	}
	if layout, zoned := goLayout(sample); layout != "" {
		if zoned {
			return t.UTC().Format(layout)
		}
		return t.In(r.zone()).Format(layout)
	}
	return t.UTC().Format(time.RFC3339)
}

func (r Reader) likeNumber(t time.Time, sample string) string {
	if _, ok := r.compact(sample); ok {
		return t.In(r.zone()).Format("20060102150405"[:len(sample)])
	}
	whole, _, _ := strings.Cut(sample, ".")
	n, ok := count(whole)
	if !ok || strings.ContainsAny(sample, "eE") {
		return strconv.FormatInt(t.Unix(), 10)
	}
	switch scaleOf(n) {
	case time.Millisecond:
		return strconv.FormatInt(t.UnixMilli(), 10)
	case time.Microsecond:
		return strconv.FormatInt(t.UnixMicro(), 10)
	case time.Nanosecond:
		return strconv.FormatInt(t.UnixNano(), 10)
	}
	return strconv.FormatInt(t.Unix(), 10)
}

// httpDate is http.TimeFormat: what reads times alone need not link package net/http.
const httpDate = "Mon, 02 Jan 2006 15:04:05 GMT"

// goLayout is the form of a time as package time has it, "" where it is none
// of those that are written again. It reports whether a zone is part of it.
func goLayout(sample string) (layout string, zoned bool) {
	if strings.HasSuffix(sample, " GMT") && len(sample) == len(httpDate) && sample[3] == ',' {
		return httpDate, true
	}
	var f fields
	rest, err := f.cutDate(sample)
	switch {
	case err != nil:
		return "", false
	case rest == "":
		return time.DateOnly, false
	}
	clock := rest[1:]
	if rest, err = f.cutClock(clock); err != nil || f.cutZone(rest) != nil {
		return "", false
	}
	clock = clock[:len(clock)-len(rest)]
	layout = time.DateOnly + sample[10:11] + "15:04:05"[:min(len(clock), 8)]
	if len(clock) > 8 {
		layout += clock[8:9] + strings.Repeat("0", min(len(clock)-9, 9))
	}
	return layout + zoneLayout(rest), f.zoned
}

// zoneLayout is the form of a zone as package time has it.
func zoneLayout(zone string) string {
	space := zone[:len(zone)-len(strings.TrimPrefix(zone, " "))]
	name := zone[len(space):]
	switch {
	case name == "" || utc(name):
		return zone
	case strings.Contains(name, ":"):
		return space + "-07:00"
	case len(name) == len("-0700"):
		return space + "-0700"
	}
	return space + "-07"
}

func (r Reader) zone() *time.Location {
	if r.Zone == nil {
		return time.UTC
	}
	return r.Zone
}
