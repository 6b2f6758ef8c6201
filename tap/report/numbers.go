package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/tap-rest/tap-rest/sources/pattern"
)

// Numbered is a text about a number of things. %s in it is the number, and
// [one|many] is what stands there for one thing, and for another number:
//
//	Numbered(1, "%s [record was|records were] left out") // 1 record was left out
func Numbered(n int64, text string) string {
	chosen := "$2"
	if n == 1 {
		chosen = "$1"
	}
	return strings.ReplaceAll(eitherForm().ReplaceAllString(text, chosen), "%s", count(n))
}

var eitherForm = pattern.New(`\[([^|\]]*)\|([^|\]]*)\]`)

// count writes a number with its thousands apart: 20,000.
func count(n int64) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func seconds(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	return d.Round(100 * time.Millisecond).String()
}

// size writes a number of bytes: 11.3 MB.
func size(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	case n >= 1e3:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	}
	return fmt.Sprintf("%d B", n)
}
