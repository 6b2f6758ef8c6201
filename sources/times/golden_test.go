package times_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/times"
)

// A goldenCase is a replication value as JSON has it, the zone of times that
// name none, and the instant; "" where the value is refused.
type goldenCase struct {
	raw  json.RawMessage
	zone *time.Location
	want string
}

// readGolden reads testdata/times.json. A case may say "VALUE in
// record_timezone ZONE (why)".
func readGolden(t *testing.T) []goldenCase {
	t.Helper()
	data, err := os.ReadFile("testdata/times.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases [][2]json.RawMessage }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	var all []goldenCase
	for _, c := range file.Cases {
		g := goldenCase{raw: c[0], zone: time.UTC}
		_ = json.Unmarshal(c[1], &g.want) // null leaves it empty
		if text, more, ok := strings.Cut(string(c[0]), " in record_timezone "); ok {
			name, _, _ := strings.Cut(strings.Trim(more, `"`), " ")
			g.raw = json.RawMessage(text + `"`)
			if g.zone, err = times.Zone(name); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, g)
	}
	return all
}

func TestGolden(t *testing.T) {
	all := readGolden(t)
	if len(all) != 23 {
		t.Errorf("got %d cases, want 23", len(all))
	}
	for _, c := range all {
		t.Run(string(c.raw), func(t *testing.T) {
			got, err := times.Reader{Zone: c.zone}.ReadJSON(c.raw)
			switch {
			case c.want == "" && err == nil:
				t.Errorf("got %v, want an error", got.At)
			case c.want != "" && (err != nil || got.At.Format(time.RFC3339Nano) != c.want):
				t.Errorf("got %v, error %v, want %s", got.At.Format(time.RFC3339Nano), err, c.want)
			}
		})
	}
}

// TestRefusals checks that a refusal says which spelling it is, and shows no
// more of it.
func TestRefusals(t *testing.T) {
	for raw, want := range map[string]string{
		`"Fri, 20 Jan 2023 10:00:00 JST"`:  "JST is an abbreviation",
		`"Friday, 20-Jan-23 10:00:00 EST"`: "EST is an abbreviation",
		`"2023-01-20 10:00:00 PST"`:        "PST is an abbreviation",
		`"2023-01-20T10:00:00CEST"`:        "CEST is an abbreviation",
		`"0000-00-00 00:00:00"`:            "0000-00-00 is no day",
		`""`:                               "it is empty",
		`"2023-02-30"`:                     "no such day",
		`"2023-01-20T25:00:00Z"`:           "no such day or time of day",
		`"yesterday"`:                      "not written in a way that is recognised",
		`99999999999999999999`:             "too large",
		`{"a":1}`:                          "neither text nor a number",
		`true`:                             "neither text nor a number",
	} {
		_, err := times.Reader{}.ReadJSON([]byte(raw))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q in it", raw, err, want)
		} else if strings.Contains(err.Error(), "2023") || strings.Contains(err.Error(), "yesterday") {
			t.Errorf("%s: the error shows what was read: %v", raw, err)
		}
	}
	if _, err := times.Strptime("%Y-%m-%d %Z", "2023-01-20 JST"); err == nil || !strings.Contains(err.Error(), "JST is an abbreviation") {
		t.Errorf("by a layout: got %v", err)
	}
}

// TestEpochs checks the units that sizes stand for, at their bounds.
func TestEpochs(t *testing.T) {
	for raw, want := range map[string]string{
		"0": "1970-01-01T00:00:00Z", "-1": "1969-12-31T23:59:59Z", "17": "1970-01-01T00:00:17Z", "99999999999": "5138-11-16T09:46:39Z",
		"100000000000": "1973-03-03T09:46:40Z", "99999999999999": "5138-11-16T09:46:39.999Z", "-99999999999": "",
		"100000000000000": "1973-03-03T09:46:40Z", "99999999999999999": "5138-11-16T09:46:39.999999Z",
		"100000000000000000": "1973-03-03T09:46:40Z", "9223372036854775807": "2262-04-11T23:47:16.854775807Z", "9223372036854775808": "",
		"1674208800.5": "2023-01-20T10:00:00.5Z", "-0.5": "1969-12-31T23:59:59.5Z", "1674208800.123456789123": "2023-01-20T10:00:00.123456789Z",
		"1674208800000.5": "2023-01-20T10:00:00.0005Z", "1.6742088e9": "2023-01-20T10:00:00Z", "1.6742088E+12": "2023-01-20T10:00:00Z", "1e300": "",
		"20230120": "2023-01-20T00:00:00Z", "20230230": "1970-08-23T03:30:30Z", "20230120103000": "2023-01-20T10:30:00Z", "1e5": "1970-01-02T03:46:40Z",
	} {
		for _, raw := range []string{raw, `"` + raw + `"`} {
			got, err := times.Reader{}.ReadJSON([]byte(raw))
			if (err == nil) != (want != "") || err == nil && got.At.Format(time.RFC3339Nano) != want {
				t.Errorf("%s: got %s, error %v, want %s", raw, got.At.Format(time.RFC3339Nano), err, want)
			}
		}
	}
}

// TestZones checks times that clocks skip, and those that they show twice.
func TestZones(t *testing.T) {
	for _, c := range []struct {
		zone, text, want string
		again            time.Duration
	}{
		{"Europe/Berlin", "2024-03-31T01:59:59", "2024-03-31T00:59:59Z", 0},
		{"Europe/Berlin", "2024-03-31T02:00:00", "2024-03-31T01:00:00Z", 0},
		{"Europe/Berlin", "2024-03-31T03:00:00", "2024-03-31T01:00:00Z", 0},
		{"Europe/Berlin", "2024-10-27T01:59:59", "2024-10-26T23:59:59Z", 0},
		{"Europe/Berlin", "2024-10-27T02:00:00", "2024-10-27T00:00:00Z", time.Hour},
		{"Europe/Berlin", "2024-10-27T02:59:59", "2024-10-27T00:59:59Z", time.Hour},
		{"Europe/Berlin", "2024-10-27T03:00:00", "2024-10-27T02:00:00Z", 0},
		{"Europe/Berlin", "2024-10-27", "2024-10-26T22:00:00Z", 0},
		{"Europe/Berlin", "20241027", "2024-10-26T22:00:00Z", 0},
		{"Europe/Berlin", "2024-01-10T12:00:00Z", "2024-01-10T12:00:00Z", 0},
		{"Europe/Berlin", "2024-01-10T12:00:00+05:00", "2024-01-10T07:00:00Z", 0},
		{"Europe/Berlin", "Wed, 10 Jan 2024 12:00:00", "2024-01-10T11:00:00Z", 0},
		{"Europe/Berlin", "Wed Jan 10 12:00:00 2024", "2024-01-10T11:00:00Z", 0},
		{"Europe/Berlin", "1704884400", "2024-01-10T11:00:00Z", 0},
		{"America/New_York", "2024-03-10T02:30:00", "2024-03-10T07:30:00Z", 0},
		{"America/New_York", "2024-11-03T01:30:00", "2024-11-03T05:30:00Z", time.Hour},
		{"Australia/Lord_Howe", "2024-04-07T01:45:00", "2024-04-06T14:45:00Z", 30 * time.Minute},
		{"Asia/Kolkata", "2024-04-07T01:45:00", "2024-04-06T20:15:00Z", 0},
		{"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00Z", 0}, // the day does not exist there
	} {
		zone, err := times.Zone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		got, err := times.Reader{Zone: zone}.Read(c.text)
		if err != nil || got.At.Format(time.RFC3339) != c.want || got.Again != c.again {
			t.Errorf("%s in %s: got %s, again after %v, error %v, want %s, %v", c.text, c.zone, got.At.Format(time.RFC3339), got.Again, err, c.want, c.again)
		}
	}
	for _, name := range []string{"", "Local", "Europe/Belin", "JST", "+02:00", "../etc/passwd"} {
		if zone, err := times.Zone(name); err == nil {
			t.Errorf("%q: got %v, want an error", name, zone)
		}
	}
}

// TestMidnight checks days whose midnight clocks skip, or show twice.
func TestMidnight(t *testing.T) {
	for _, c := range [][3]string{
		{"UTC", "2017-10-15T12:00:00Z", "2017-10-15T00:00:00Z"},
		{"America/Sao_Paulo", "2017-10-15T12:00:00Z", "2017-10-15T01:00:00-02:00"},
		{"Asia/Beirut", "2022-03-27T12:00:00Z", "2022-03-27T01:00:00+03:00"},
		{"America/Havana", "2023-11-05T12:00:00Z", "2023-11-05T00:00:00-04:00"},
		{"Europe/Berlin", "2024-03-31T22:30:00Z", "2024-04-01T00:00:00+02:00"},
	} {
		zone, err := times.Zone(c[0])
		if err != nil {
			t.Fatal(err)
		}
		at, err := times.Parse(c[1])
		if got := times.Midnight(at, zone).Format(time.RFC3339); err != nil || got != c[2] {
			t.Errorf("%s in %s: got %s, error %v, want %s", c[1], c[0], got, err, c[2])
		}
	}
}

// TestZoneSweep reads every half hour of years without a zone, and wants what
// the zone's own clock shows.
func TestZoneSweep(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Gaza", "America/Sao_Paulo"} {
		zone, err := times.Zone(name)
		if err != nil {
			t.Fatal(err)
		}
		for at := time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2018; at = at.Add(30 * time.Minute) {
			text := at.In(zone).Format("2006-01-02T15:04:05")
			got, err := times.Reader{Zone: zone}.Read(text)
			if err != nil || !got.At.Equal(at) && !got.At.Add(got.Again).Equal(at) {
				t.Fatalf("%s %s: got %v, again %v, error %v, want %v", name, text, got.At, got.Again, err, at)
			}
			if back := got.At.In(zone).Format("2006-01-02T15:04:05"); back != text {
				t.Fatalf("%s %s: the clock shows %s", name, text, back)
			}
		}
	}
}

// TestLike checks that a time is written as a sample is, and never later than
// it is.
func TestLike(t *testing.T) {
	berlin, err := times.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 3, 5, 23, 2, 3, 456_789_123, time.UTC)
	for _, c := range []struct {
		layout       string
		zone         *time.Location
		sample, want string
	}{
		{"", nil, ``, `"2024-03-05T23:02:03Z"`},
		{"", nil, `"yesterday"`, `"2024-03-05T23:02:03Z"`},
		{"", nil, `"2020-01-01T00:00:00Z"`, `"2024-03-05T23:02:03Z"`},
		{"", nil, `"2020-01-01T00:00:00.000Z"`, `"2024-03-05T23:02:03.456Z"`},
		{"", nil, `"2020-01-01 00:00:00,000000 UTC"`, `"2024-03-05 23:02:03,456789 UTC"`},
		{"", nil, `"2020-01-01T00:00:00+02:00"`, `"2024-03-05T23:02:03+00:00"`},
		{"", nil, `"2020-01-01 00:00:00 -0800"`, `"2024-03-05 23:02:03 +0000"`},
		{"", nil, `"2020-01-01T00:00+02"`, `"2024-03-05T23:02+00"`},
		{"", berlin, `"2020-01-01T00:00:00"`, `"2024-03-06T00:02:03"`},
		{"", berlin, `"2020-01-01T00:00:00Z"`, `"2024-03-05T23:02:03Z"`},
		{"", berlin, `"2020-01-01"`, `"2024-03-06"`},
		{"", nil, `"2020-01-01"`, `"2024-03-05"`},
		{"", nil, `"Wed, 01 Jan 2020 00:00:00 GMT"`, `"Tue, 05 Mar 2024 23:02:03 GMT"`},
		{"", nil, `"20200101"`, `"20240305"`},
		{"", berlin, `20200101`, `20240306`},
		{"", nil, `20200101000000`, `20240305230203`},
		{"", nil, `1577836800`, `1709679723`},
		{"", nil, `1577836800.25`, `1709679723`},
		{"", nil, `"1577836800"`, `"1709679723"`},
		{"", nil, `1577836800000`, `1709679723456`},
		{"", nil, `1577836800000000`, `1709679723456789`},
		{"", nil, `"1577836800000000000"`, `"1709679723456789123"`},
		{"", nil, `1.5e9`, `1709679723`},
		{"%d.%m.%Y", berlin, `"01.01.2020"`, `"06.03.2024"`},
		{"%Y%m%d", nil, `20200101`, `20240305`},
		{"%s", nil, `1577836800`, `1709679723`},
	} {
		r := times.Reader{Layout: c.layout, Zone: c.zone}
		got := r.Like(at, []byte(c.sample))
		if string(got) != c.want {
			t.Errorf("like %s: got %s, want %s", c.sample, got, c.want)
		}
		if back, err := r.ReadJSON(got); err != nil || back.At.After(at) || at.Sub(back.At) > 24*time.Hour {
			t.Errorf("like %s: %s is read as %v, error %v", c.sample, got, back.At, err)
		}
	}
}

func TestReadAllocs(t *testing.T) {
	berlin, err := times.Zone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, raw := range []string{`"2024-03-05T01:02:03.123+01:00"`, `"2024-03-05 01:02:03"`, `1674208800123`, `20240305`, `"Fri, 20 Jan 2023 10:00:00 GMT"`} {
		raw, r := []byte(raw), times.Reader{Zone: berlin}
		n := testing.AllocsPerRun(100, func() {
			if _, err := r.ReadJSON(raw); err != nil {
				t.Fatal(err)
			}
		})
		if n > 0 {
			t.Errorf("%s: %v allocations, want none", raw, n)
		}
	}
}
