//go:build !small

package xlsx

import "testing"

func TestFormats(t *testing.T) {
	for code, want := range map[string]format{
		"General": isNumber, "0.00E+00": isNumber, "#,##0.00_);[Red](#,##0.00)": isNumber, `0 "days"`: isNumber, `0\d`: isNumber, "@": isNumber, "0%": isNumber,
		`_-* #,##0.00\ "€"_-;-* #,##0.00\ "€"_-`: isNumber, `"open`: isNumber, "[open": isNumber, "0;yyyy": isNumber,
		"yyyy-mm-dd": hasDate, "DD/MM/YY": hasDate, "mmm": hasDate, "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy": hasDate, `yyyy"年"m"月"d"日"`: hasDate,
		"h:mm": hasTime, "hh:mm:ss.000": hasTime, "[$-409]h:mm AM/PM;@": hasTime, "mm:ss": hasTime,
		"yyyy-mm-dd hh:mm": hasDate | hasTime, "m/d/yy h:mm": hasDate | hasTime,
		"[h]:mm:ss": isDuration, "[mm]:ss": isDuration, "[ss].00": isDuration, "[Red][hh]:mm": isDuration,
	} {
		if got := formatOf(code); got != want {
			t.Errorf("%s: got %v, want %v", code, got, want)
		}
	}
	for id, want := range map[int]format{0: isNumber, 13: isNumber, 14: hasDate, 18: hasTime, 22: hasDate | hasTime, 45: hasTime, 46: isDuration, 47: hasTime, 49: isNumber} {
		if got := builtIn(id); got != want {
			t.Errorf("%d: got %v, want %v", id, got, want)
		}
	}
}
