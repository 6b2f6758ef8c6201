package expr_test

import (
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
