package definition

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
	"github.com/tap-rest/tap-rest/sources/expr"
)

// TestKinds proves what each kind of value reads, and what it says of others.
func TestKinds(t *testing.T) {
	for _, tt := range []struct {
		kind *kind
		yaml string
		want string // what is read, or "! " and the message
	}{
		{aText, "data", "data"},
		{aText, "12", "12"},
		{aText, "''", "! is empty"},
		{aText, "[a]", "! wants text, not a list"},
		{aText, "'{{ now }}'", "! wants plain text; there is no template here"},
		{aBool, "true", "true"},
		{aBool, "FALSE", "false"},
		{aBool, "on", "! wants true or false; on is text"},
		{aBool, "N", "! wants true or false; N is text"},
		{aBool, "'true'", `! wants true or false, not "true"`},
		{aCount, "7", "7"},
		{aCount, "0", "! wants at least 1, not 0"},
		{aCount, "-1", "! wants at least 1, not -1"},
		{aCount, "1.0", `! wants a whole number, not "1.0"`},
		{aCount, "'7'", `! wants a whole number, not "7"`},
		{aCount, "9007199254740993", `! wants a whole number, not "9007199254740993"`},
		{aCount, "99999999999999999999", `! wants a whole number, not "99999999999999999999"`},

		{aDuration, "90s", "1m30s"},
		{aDuration, "1d", "24h0m0s"},
		{aDuration, "2w", "336h0m0s"},
		{aDuration, "PT5M", "5m0s"},
		{aDuration, "0", "0s"},
		{aDuration, "90", "! wants a duration, as 90s or 3d; 90 has no unit"},
		{aDuration, "-1s", "! is negative"},
		{aDuration, "1mo", `! wants a duration, as 90s or 3d: "1mo" has months or years, which have no fixed length`},
		{aDuration, "true", `! wants a duration, as 90s or 3d, not "true"`},
		{aWait, "1ms", "1ms"},
		{aWait, "0s", `! wants a duration above 0, as 90s or 3d, not "0s"`},
		{aPeriod, "1mo", "P1M"},
		{aPeriod, "1y", "P1Y"},
		{aPeriod, "3d", "72h0m0s"},
		{aPeriod, "soon", `! wants a duration, as 3d or 1mo, not "soon"`},
		{aSpan, "90", "1m30s"},
		{aSpan, "0.5", "500ms"},
		{aSpan, "1m", "1m0s"},
		{aSpan, "-1", `! wants a duration, as 90s or 3d, or a number of seconds, not "-1"`},
		{aSpan, "1e300", `! wants a duration, as 90s or 3d, or a number of seconds, not "1e300"`},
		{aSize, "1MB", "1000000"},
		{aSize, "8MiB", "8388608"},
		{aSize, "1.5 kib", "1536"},
		{aSize, "100", "100"},
		{aSize, "10b", "10"},
		{aSize, "1 PB", `! wants a size, as 1MB or 8MiB, or a number of bytes, not "1 PB"`},
		{aSize, "NaN", `! wants a size, as 1MB or 8MiB, or a number of bytes, not "NaN"`},
		{aSize, "0B", `! wants a size, as 1MB or 8MiB, or a number of bytes, not "0B"`},
		{aSize, "9999999TB", `! wants a size, as 1MB or 8MiB, or a number of bytes, not "9999999TB"`},
		{aZone, "UTC", "UTC"},
		{aZone, "Europe/Berlin", "Europe/Berlin"},
		{aZone, "PST", `! wants a time zone, as Europe/Berlin, not "PST"`},
		{aZone, "1", `! wants a time zone, as Europe/Berlin, not "1"`},
		{aFormat, "epoch_ms", "epoch_ms"},
		{aFormat, "'%Y-%m'", "%Y-%m"},
		{aFormat, "epoc", `! unknown format "epoc"; did you mean "epoch"?`},
		{aStrftime, "'%Y'", "%Y"},
		{aStrftime, "date", `! wants strftime text, as "%Y%m%d", not "date"`},
		{aCharset, "latin1", "windows-1252"},
		{aCharset, "UTF-8", ""},
		{aCharset, "shift-jis", "shift_jis"},
		{aChoice, "b", "b"},
		{aChoice, "B", `! unknown value "B"; did you mean "b"?`},
		{aChoice, "[a]", "! wants one of its values, not a list"},

		{aPath, "data.rows.0", "data.rows.0"},
		{aPath, "7", "7"},
		{aPath, "'@this'", "@this"},
		{aPath, "'data.#.id'", "data.#.id"},
		{aPath, "'a\\.b'", `a\.b`},
		{aPath, "''", `! is empty; "@this" is the whole body`},
		{aPath, "$", `! "$": the whole body is "@this"`},
		{aPath, "$.a", `! "$.a" is JSONPath; the gjson path is "a"`},
		{aPath, "a[*].b", `! "a[*].b": a gjson path has no brackets; write "a.#.b"`},
		{aPath, "a[]", `! "a[]": a gjson path has no brackets; write "a.#"`},
		{aPath, "a.", `! "a.": a path neither begins nor ends with a point`},
		{aPath, "'@nope'", `! "@nope": unknown gjson modifier "@nope"; a key of that name is written '\@nope'`},
		{aPath, "header:X", "! wants a path into the body; a header cannot stand here"},
		{aRef, "next", "path next"},
		{aRef, "'header: x-next '", "header X-Next"},
		{aRef, "'{{ response.next }}'", "template {{ response.next }}"},
		{aRef, "'header:'", `! "" is not the name of a header`},
		{aRef, "[a]", "! wants a path, header:Name or a template, not a list"},
		{steps, "data", "[data]"},
		{steps, "[data, lines]", "[data lines]"},
		{steps, "[data, $.a]", `! "$.a" is JSONPath; the gjson path is "a"`},
		{columns, "meta.columns", "meta.columns"},
		{columns, "[ts, value]", "[ts value]"},
		{columns, "[]", "! wants a list of names, or the path to them, not a list"},
		{aNameList, "[id, 2]", "[id 2]"},
		{aNameList, "[]", "[]"},
		{aNameList, "[id, id]", `! "id" stands here twice`},
		{aNameList, "['']", "! wants a list of names, as [id], not a list"},
		{aStatus, "409", "[{409 409}]"},
		{aStatus, "5xx", "[{500 599}]"},
		{aStatus, "[404, 4XX]", "[{404 404} {400 499}]"},
		{aStatus, "600", `! wants a status, as 409, 5xx or timeout, or a list of them, not "600"`},
		{aStatus, "40", `! wants a status, as 409, 5xx or timeout, or a list of them, not "40"`},
		{aStatus, "[]", "! wants a status, as 409, 5xx or timeout, or a list of them, not a list"},
		{aTemplate, "'{{ now }}'", "template {{ now }}"},
		{aTemplate, "1", "template 1"},
		{aTemplate, "{a: 1}", "! wants text or a template, not a map"},
		{aTemplate, "'{{ nowt }}'", `! unknown name "nowt", did you mean "now"?`},
		{aCondition, "'{{ now }}'", "template {{ now }}"},
		{aCondition, "true", `! wants a template, as "{{ response.done }}", not "true"`},
	} {
		t.Run(tt.yaml, func(t *testing.T) {
			text := []byte("k: " + tt.yaml)
			r := &reader{Document: document.New("t.yaml", text), templates: sources.NewTemplates(nil)}
			n := r.Root(text).Get("k")
			scope := sources.InRequest
			if tt.kind == aRef {
				scope = sources.InResponse
			}
			got := described(tt.kind.read(r, n, key{name: "k", kind: tt.kind, min: 1, enum: []string{"a", "b"}, scope: scope}))
			if len(r.Problems) > 0 {
				got = "! " + r.Problems[0].Msg
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func described(read any) string {
	switch v := read.(type) {
	case *expr.Template:
		return "template " + v.Source()
	case sources.Ref:
		switch {
		case v.Template != nil:
			return described(v.Template)
		case v.Header != "":
			return "header " + v.Header
		}
		return "path " + v.Path
	case *time.Location:
		return v.String()
	}
	return strings.TrimSpace(fmt.Sprint(read))
}
