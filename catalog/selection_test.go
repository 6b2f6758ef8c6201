package catalog_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/catalog/selection"
)

var streams = []string{"orders", "shops", "shop.items"}

const schema = `{"type": "object", "properties": {"id": {}, "note": {}, "total": {}, "address": {"properties": {"city": {}, "zip": {}}},
	"lines": {"type": "array", "items": {"properties": {"sku": {}, "price": {}}}}, "x": {"anyOf": [{"type": "null"}, {"properties": {"y": {}}}]}}}`

// TestSelection proves which streams and fields are left by a selection, or what is said
// of it. Fields are those of orders, whose key is id.
func TestSelection(t *testing.T) {
	for _, tt := range []struct {
		patterns string
		streams  string
		dropped  string // of orders
		closed   bool
	}{
		{"orders", "[orders]", "", false},
		{" orders , shops ", "[orders shops]", "", false},
		{"orders.*", "[orders]", "", false},
		{"*", "[orders shops shop.items]", "", false},
		{"shop*", "[shops shop.items]", "", false},
		{"!shops", "[orders shop.items]", "", false},
		{"*,!shop*", "[orders]", "", false},
		{"!shop*,*", "[orders]", "", false},
		{"!orders.note", "[orders shops shop.items]", "note", false},
		{"orders,!orders.note", "[orders]", "note", false},
		{"orders,orders.note", "[orders]", "", false},
		{"orders.note", "[orders]", "address id lines total x", true},
		{"orders.address", "[orders]", "id lines note total x", true},
		{"orders.address.city", "[orders]", "address.zip id lines note total x", true},
		{"orders.lines.sku,orders.total", "[orders]", "address id lines.price note x", true},
		{"orders.x.y", "[orders]", "address id lines note total", true},
		{"orders.*o*", "[orders]", "address id lines x", true},
		{"*.note", "[orders shops shop.items]", "address id lines total x", true},
		{"orders,!orders.lines.*", "[orders]", "lines.price lines.sku", false},
		{"orders.address,!orders.address.zip", "[orders]", "address.zip id lines note total x", true},
		{"orders,!orders.*", "[orders]", "address id lines note total x", false},
		{"shop.items", "[shop.items]", "", false},

		{"order", `! unknown stream "order"; did you mean "orders"?`, "", false},
		{"ordrs.note,shps", "! unknown stream \"ordrs\"; did you mean \"orders\"?\nunknown stream \"shps\"; did you mean \"shops\"?", "", false},
		{"!ordrs", `! unknown stream "ordrs"; did you mean "orders"?`, "", false},
		{"orders.nte", `! orders.nte: unknown field "nte"; did you mean "note"?`, "", false},
		{"orders,!orders.adress.zip", `! orders.adress.zip: unknown field "adress.zip"; did you mean "address.zip"?`, "", false},
		{"!*", "! it leaves no stream, so there is nothing to read: select one of orders, shops, shop.items", "", false},
		{"orders,", `! "" is no selection: it wants STREAM or STREAM.FIELD, with ! before what is left out`, "", false},
		{"orders..a", `! "orders..a" is no selection: it wants STREAM or STREAM.FIELD, with ! before what is left out`, "", false},
	} {
		t.Run(tt.patterns, func(t *testing.T) {
			got, dropped, closed := selected(strings.Split(tt.patterns, ","), []string{"id"})
			if got != tt.streams || dropped != tt.dropped || closed != tt.closed {
				t.Errorf("got  %s, without %q, closed %t\nwant %s, without %q, closed %t", got, dropped, closed, tt.streams, tt.dropped, tt.closed)
			}
		})
	}
}

func selected(patterns, keys []string) (streamsLeft, dropped string, closed bool) {
	s, err := selection.Parse(patterns)
	if err != nil {
		return "! " + err.Error(), "", false
	}
	names, err := s.Streams(streams)
	if err != nil {
		return "! " + err.Error(), "", false
	}
	if slices.Contains(names, "orders") && s.HasFields("orders") {
		entry, err := s.Fields("orders", []byte(schema), keys)
		if err == nil {
			err = s.Check()
		}
		if err != nil {
			return "! " + err.Error(), "", false
		}
		var paths []string
		for _, path := range entry.Mask.Paths() {
			paths = append(paths, strings.Join(path, "."))
		}
		slices.Sort(paths)
		dropped, closed = strings.Join(paths, " "), entry.Closed
	}
	return fmt.Sprint(names), dropped, closed
}

// TestNothingLeft: a stream without a key of which no field is left is refused.
func TestNothingLeft(t *testing.T) {
	got, _, _ := selected([]string{"orders", "!orders.*"}, nil)
	if want := "! it leaves no field of orders, which has no key: leave the stream out by !orders"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestUnknownSchema: where no field is known, what is named is left out all the same, and
// nothing is said of it.
func TestUnknownSchema(t *testing.T) {
	s, err := selection.Parse([]string{"orders.id", "!orders.a.b", "!orders.c*"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Streams(streams); err != nil {
		t.Fatal(err)
	}
	entry, err := s.Fields("orders", []byte(`{"type": "object"}`), nil)
	if err != nil || s.Check() != nil {
		t.Fatal(err, s.Check())
	}
	if got := fmt.Sprint(entry.Mask.Paths(), entry.Closed); got != "[[a b]] false" {
		t.Errorf("got %s", got)
	}
}

// TestDigest: selections that say the same have one digest.
func TestDigest(t *testing.T) {
	digest := func(patterns ...string) string {
		s, err := selection.Parse(patterns)
		if err != nil {
			t.Fatal(err)
		}
		return s.Digest()
	}
	if digest("a", "!b", "a") != digest("! b", " a ") || digest("a") == digest("!a") {
		t.Error("digests are not those of what is said")
	}
}
