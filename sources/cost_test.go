package sources_test

import (
	"encoding/json"
	"testing"

	"github.com/tap-rest/tap-rest/sources"
)

func TestCost(t *testing.T) {
	for text, want := range map[string]string{
		"5": "5", "0": "0", "0.0025": "0.0025", " 1.50 ": "1.5", "1e3": "1000", "2.5e-3": "0.0025", "1000000000": "1000000000",
		"0.0000001": "0.000001", "0.1234567": "0.123457", "1e-300": "0", "1e-29": "0.000001", "-0": "0",
	} {
		c, ok := sources.ParseCost(text)
		raw, err := json.Marshal(c)
		if !ok || c.String() != want || err != nil || string(raw) != want {
			t.Errorf("ParseCost(%q) = %v, %v, as JSON %s", text, c, ok, raw)
		}
	}
	for _, text := range []string{"", "-1", "-0.001", "much", "NaN", "Inf", "1e10", "1/3", "0x10", "1_000", "1000000000.5", "--1", "1e"} {
		if c, ok := sources.ParseCost(text); ok {
			t.Errorf("ParseCost(%q) = %v, want none", text, c)
		}
	}
	sum, tenth := sources.Cost(0), sources.OneCost/10
	for range 10 {
		sum += tenth
	}
	if sum != sources.OneCost || tenth.Times(30).String() != "3" || sources.OneCost.Times(1<<62) < 0 {
		t.Errorf("ten tenths are %v, thirty %v", sum, tenth.Times(30))
	}
}
