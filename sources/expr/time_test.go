package expr_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources/expr"
)

func TestNowWithoutAName(t *testing.T) {
	template := compile(t, expr.NewScope("config"), "{{ now_utc().timestamp() }}")
	before := float64(time.Now().Unix())
	v, err := template.Eval(nil)
	got, _ := v.Float64()
	if err != nil || got < before || got > before+60 {
		t.Errorf("got %v, error %v, want the clock's time", got, err)
	}
}

// TestGoldenTimes reads the golden cases of package times by templates, those
// that need the zone of a stream apart.
func TestGoldenTimes(t *testing.T) {
	data, err := os.ReadFile("../times/testdata/times.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Cases [][2]json.RawMessage }
	if err := json.Unmarshal(data, &golden); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, c := range golden.Cases {
		if strings.Contains(string(c[0]), "record_timezone") {
			continue
		}
		read++
		for _, text := range []string{"{{ str_to_datetime(v) }}", "{{ v | str_to_datetime }}", "{{ v | format_datetime('%Y-%m-%dT%H:%M:%S.%fZ') }}"} {
			v, err := compile(t, expr.NewScope("v"), text).Eval(expr.Vars{expr.JSONBytes(c[0])})
			if string(c[1]) == "null" {
				if err == nil || !strings.Contains(err.Error(), "the value is no time: ") {
					t.Errorf("%s of %s: got %s, error %v, want one that says why", text, c[0], v.Text(), err)
				}
				continue
			}
			got, ok := v.Instant()
			var want time.Time
			if jerr := json.Unmarshal(c[1], &want); jerr != nil {
				t.Fatal(jerr)
			}
			if err != nil || !ok || !got.Truncate(time.Microsecond).Equal(want.Truncate(time.Microsecond)) {
				t.Errorf("%s of %s: got %s, error %v, want %s", text, c[0], v.Text(), err, c[1])
			}
		}
	}
	if read != 20 {
		t.Errorf("%d cases were read, want 20", read)
	}
}

func TestZonesOfTemplates(t *testing.T) {
	if _, err := expr.NewScope("now").Compile("{{ today_with_timezone('Europe/Belin') }}"); err == nil || !strings.Contains(err.Error(), "the time zone is not known") {
		t.Errorf("a constant: got %v", err)
	}
	template := compile(t, expr.NewScope("now", "zone"), "{{ today_with_timezone(zone) }}")
	if _, err := template.Eval(expr.Vars{expr.Time(time.Now()), expr.String("JST")}); err == nil || !strings.Contains(err.Error(), "the time zone is not known") {
		t.Errorf("a variable: got %v", err)
	}
	if v, err := template.Eval(expr.Vars{expr.Time(time.Date(2017, 10, 15, 12, 0, 0, 0, time.UTC)), expr.String("America/Sao_Paulo")}); err != nil || v.Text() != "2017-10-15" {
		t.Errorf("a day without midnight: got %s, error %v", v.Text(), err)
	}
	if v, err := template.Eval(expr.Vars{expr.Time(time.Date(2024, 1, 10, 16, 0, 0, 0, time.UTC)), expr.String("Asia/Tokyo")}); err != nil || v.Text() != "2024-01-11" {
		t.Errorf("got %s, error %v", v.Text(), err)
	}
}
