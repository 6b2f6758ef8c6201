package csv_test

import (
	stdcsv "encoding/csv"
	"github.com/tap-rest/tap-rest/sources"
	"io"
	"strings"
	"testing"
	"time"
)

func TestCPU(t *testing.T) {
	text := orders(1 << 20)
	rows := strings.Count(text, "\n")
	quoted := `"` + strings.TrimSuffix(strings.NewReplacer(`"left at door, ok"`, "left at door", ",", `","`, "\n", "\"\n\"").Replace(text), `"`)
	cases := []struct{ n, t, s string }{{"text", text, ""}, {"typed", text, ordersSchema}, {"quoted", quoted, ""}}
	best := []time.Duration{time.Hour, time.Hour, time.Hour, time.Hour}
	var dst []byte
	for range 150 {
		for k, c := range cases {
			r, _ := open(c.t, sources.CSV{}, c.s)
			var err error
			t0 := time.Now()
			for {
				if dst, err = r.Next(dst[:0]); err != nil {
					break
				}
			}
			if err != io.EOF {
				t.Fatal(err)
			}
			best[k] = min(best[k], time.Since(t0))
		}
		t0 := time.Now()
		r := stdcsv.NewReader(strings.NewReader(text))
		r.ReuseRecord = true
		for {
			if _, err := r.Read(); err != nil {
				break
			}
		}
		best[3] = min(best[3], time.Since(t0))
	}
	for k, b := range best {
		n := []string{"text", "typed", "quoted", "encoding/csv"}[k]
		size := len(text)
		if k == 2 {
			size = len(quoted)
		}
		t.Logf("%s %d MB/s %d ns/row", n, int(float64(size)/b.Seconds()/1e6), int(b.Nanoseconds())/rows)
	}
}
