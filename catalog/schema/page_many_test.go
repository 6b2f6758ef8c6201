package schema_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/schema"
)

// TestScanMany: a body of more records than a page holds comes in pieces, which
// hold few each, whatever the records are made of.
func TestScanMany(t *testing.T) {
	const count = 3 * schema.MaxRecords / 2
	member := func(i int) string { return fmt.Sprintf(`"k%d":{}`, i) }
	same := func(text string) func(int) string { return func(int) string { return text } }
	for _, test := range []struct {
		path          schema.RecordPath
		before, after string
		unit          func(int) string
		third         string
	}{
		{pageAt("data"), `{"data":[`, `]}`, same(`{"a":1}`), `{"a":1}`},
		{pageAt("data", "lines"), `{"data":[{"lines":[`, `]}]}`, same(`{}`), `{}`},
		{pageAt("data.@this"), `{"data":[`, `]}`, same(`{}`), `{}`},
		{pageAt("data.#(a>0)#"), `{"data":[`, `]}`, same(`{"a":1}`), `{"a":1}`},
		{pageAt("@fromstr", "lines"), `"[{\"lines\":[`, `]}]"`, same(`{}`), `{}`},
		{schema.RecordPath{Steps: []string{"data"}, Keyed: "id"}, `{"data":{`, `}}`, member, `{"id":"k2"}`},
		{schema.RecordPath{Steps: []string{"data"}, Columns: []string{"a"}}, `{"data":[`, `]}`, same(`1`), `{"a":1}`},
		{schema.RecordPath{Steps: []string{"data"}, ColumnsPath: "names"}, `{"data":[`, `],"names":["x"]}`, same(`[1]`), `{"x":1}`},
		{schema.RecordPath{Steps: []string{"data", "rows"}, Columns: []string{"a"}}, `{"data":[{"rows":[`, `]}]}`, same(`1`), `{"a":1}`},
	} {
		units := make([]string, count)
		for i := range units {
			units[i] = test.unit(i)
		}
		body := []byte(test.before + strings.Join(units, ",") + test.after)
		scanner, err := schema.NewPageScanner(test.path)
		if err != nil {
			t.Fatal(err)
		}
		var page schema.Page
		if err := scanner.Scan(body, &page); !errors.Is(err, schema.ErrMany) || cap(page.Records) > 2*schema.MaxRecords {
			t.Errorf("%+v: got %v and room for %d records", test.path, err, cap(page.Records))
		}
		page = schema.Page{}
		records, third := 0, ""
		err = scanner.ScanMany(body, &page, func(p *schema.Page) error {
			if records == 0 {
				third = string(p.Record(2))
			}
			records += len(p.Records)
			return nil
		})
		if err != nil || records != count || third != test.third || cap(page.Records) > schema.MaxRecords/4 {
			t.Errorf("%+v: got %d records of %d, room for %d, the third is %s, %v", test.path, records, count, cap(page.Records), third, err)
		}
	}
}

// TestScanManyEnds: an error of the piece ends a scan; the next scan is not
// marked by it.
func TestScanManyEnds(t *testing.T) {
	scanner, err := schema.NewPageScanner(pageAt("data"))
	if err != nil {
		t.Fatal(err)
	}
	scanner.SetPiece(1)
	var page schema.Page
	enough, pieces := errors.New("enough"), 0
	err = scanner.ScanMany([]byte(`{"data":[{},{},{}]}`), &page, func(*schema.Page) error { pieces++; return enough })
	if !errors.Is(err, enough) || pieces != 1 {
		t.Errorf("got %v after %d pieces, want the piece's own error after one", err, pieces)
	}
	if err := scanner.Scan([]byte(`{"data":[{},{},{}]}`), &page); err != nil || len(page.Records) != 3 {
		t.Errorf("then: got %d records, %v", len(page.Records), err)
	}
}

// TestStreamOfOneParent: records of one parent are handed out before its end.
func TestStreamOfOneParent(t *testing.T) {
	const count = 1 << 17
	s := newStream(t, pageAt("data", "lines"), 1<<10)
	records, most := 0, 0
	_, err := s.Scan(strings.NewReader(`{"data":[{"id":1,"lines":[{}`+strings.Repeat(`,{}`, count-1)+`]}]}`), func(p *schema.Page) error {
		records, most = records+len(p.Records), max(most, len(p.Records))
		if !strings.HasPrefix(string(p.Parent(0)), `{"id":1,`) {
			t.Fatalf("the parent is %.20s", p.Parent(0))
		}
		return nil
	})
	if err != nil || records != count || most > schema.MaxRecords {
		t.Errorf("got %d records of %d, %d at once, %v", records, count, most, err)
	}
}
