package odata_test

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/draft/odata"
	"github.com/tap-rest/tap-rest/testshare"
)

func edmx(inner string) []byte {
	return []byte(`<edmx:Edmx Version="4.0" xmlns:edmx="e"><edmx:DataServices><Schema Namespace="N">` + inner + `</Schema></edmx:DataServices></edmx:Edmx>`)
}

// many writes a text so many times, with the number of each.
func many(n int, format string) string {
	var b strings.Builder
	for i := range n {
		before, after, numbered := strings.Cut(format, "#")
		for numbered {
			b.WriteString(before)
			b.WriteString(strconv.Itoa(i))
			before, after, numbered = strings.Cut(after, "#")
		}
		b.WriteString(before)
	}
	return b.String()
}

// TestHostile: a document that would become much more than it is, is refused for little, with
// the place and the way out; or what is made of it is bounded, and said.
func TestHostile(t *testing.T) {
	const set = `<EntityContainer Name="C"><EntitySet Name="Rows" EntityType="N.T0"/></EntityContainer>`
	chain := []byte(`<EntityType Name="T0"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.Int32"/></EntityType>`)
	types, sets := 20_000, 60_000
	if testing.Short() {
		types, sets = 4_000, 12_000
	}
	for i := range types {
		chain = fmt.Appendf(chain, `<EntityType Name="T%d" BaseType="N.T%d"/>`, i+1, i)
	}
	for _, test := range []struct {
		name, text string
		want       []string // in the error; nil: there is none
		left       string   // in the definition
		most       int64    // bytes that may be allocated for one of the document
	}{
		{"elements nested", strings.Repeat("<a>", 300_000), []string{"m.xml:1:", "nested deeper than 200", "take the parts out"}, "", 10},
		{"more elements than a service has", many(2_000_100, "<a/>"), []string{"m.xml:1:", "more than 2000000 elements and attributes", "take the parts out"}, "", 300},
		{"attributes", "<a " + many(2_000_100, `b="" `) + "/>", []string{"m.xml:1:", "more than 2000000 elements and attributes"}, "", 300},
		{"types based on types", string(chain) + strings.ReplaceAll(set, "T0", fmt.Sprint("T", types)), []string{fmt.Sprint("m.xml: type N.T", types), "more than 60 types", "take the parts out"}, "", 100},
		{"properties of a base that all types have", `<EntityType Name="B">` + many(4_500, `<Property Name="p#" Type="Edm.String"/>`) + "</EntityType>" + many(3_000, `<EntityType Name="T#" BaseType="N.B"/>`) +
			`<EntityContainer Name="C">` + many(3_000, `<EntitySet Name="S#" EntityType="N.T#"/>`) + "</EntityContainer>", []string{"m.xml: type N.T", "more than 1000000 properties", "take the parts out"}, "", 600},
		{"a type of very many properties", `<EntityType Name="T0">` + many(20_000, `<Property Name="p#" Type="Edm.String"/>`) + "</EntityType>" + set, []string{"m.xml: type N.T0", "more than 5000 properties"}, "", 100},
		{"a key of very many properties", `<EntityType Name="T0"><Key>` + many(4_500, `<PropertyRef Name="p#"/>`) + "</Key>" + many(4_500, `<Property Name="p#" Type="Edm.String"/>`) + "</EntityType>" + set, nil, "Which fields tell records apart?", 400},
		{"sets without number", `<EntityType Name="T0"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.Int32"/></EntityType><EntityContainer Name="C">` + many(sets, `<EntitySet Name="Rows" EntityType="N.T0"/>`) + "</EntityContainer>", nil, fmt.Sprint("entity sets: ", (sets-8_001)/1000), 400},
		{"sets without a name", `<EntityType Name="T0"><Property Name="id" Type="Edm.Int32"/></EntityType><EntityContainer Name="C"><EntitySet Name="Rows" EntityType="N.T0"/>` + many(sets, `<EntitySet Name="a b" EntityType="N.T0"/>`) + "</EntityContainer>", nil, "have no name that a path can have", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			if testing.Short() && len(test.text) > 4<<20 {
				t.Skip("a document of many megabytes")
			}
			text := edmx(test.text)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			d, err := odata.Read("m.xml", text)
			runtime.ReadMemStats(&after)
			if n := int64(after.TotalAlloc - before.TotalAlloc); !testshare.Race && n > test.most*int64(len(text))+8<<20 { // pools keep nothing with the detector
				t.Errorf("%d bytes were allocated for a document of %d, want %d for each of these at most", n, len(text), test.most)
			}
			if (err != nil) != (test.want != nil) {
				t.Fatalf("error %v, want one: %v", err, test.want != nil)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%.300v, want %q in it", err, want)
				}
			}
			if err == nil {
				if yaml := string(d.AppendYAML(nil)); !strings.Contains(yaml, test.left) || len(yaml) > 9<<20 {
					t.Errorf("%d bytes of YAML, want %q in them", len(yaml), test.left)
				}
			}
		})
	}
}

// TestChangedPerSet: which type a time has is asked of the set's own type, not of all types for
// each set.
func TestChangedPerSet(t *testing.T) {
	d, err := odata.Read("m.xml", edmx(`<EntityType Name="A"><Property Name="ModifiedOn" Type="Edm.Date"/></EntityType><EntityType Name="B"><Key><PropertyRef Name="id"/></Key><Property Name="id" Type="Edm.Int32"/><Property Name="ModifiedOn" Type="Edm.DateTimeOffset"/></EntityType>`+
		`<EntityContainer Name="C"><EntitySet Name="As" EntityType="N.A"/><EntitySet Name="Bs" EntityType="N.B"/></EntityContainer>`))
	if err != nil {
		t.Fatal(err)
	}
	if yaml := string(d.AppendYAML(nil)); strings.Count(yaml, "ModifiedOn ge {{ window.start }}") != 1 {
		t.Errorf("want the filter for Bs alone:\n%s", yaml)
	}
}
