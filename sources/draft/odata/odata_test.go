package odata_test

import (
	"bytes"
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/sources/draft/drafttest"
	"github.com/tap-rest/tap-rest/sources/draft/odata"
	"github.com/tap-rest/tap-rest/testrig"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestGolden(t *testing.T) {
	for _, tt := range []struct{ name, file string }{
		{"trips", "https://trips.example/v4/(S(abc))/$metadata"},
		{"trade", "trade.xml"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := testrig.Read(t, filepath.Join("testdata", tt.name+".xml"))
			if !odata.LooksLike(data) {
				t.Error("LooksLike = false")
			}
			d, err := odata.Read(tt.file, data)
			if err != nil {
				t.Fatal(err)
			}
			drafttest.Loads(t, d)
			drafttest.Answered(t, d)
			drafttest.Golden(t, filepath.Join("testdata", tt.name+".golden"), d, *update)
		})
	}
}

// TestTypesThatContainThemselves has bases, complex types and containment that
// go round.
func TestTypesThatContainThemselves(t *testing.T) {
	const doc = `<edmx:Edmx Version="4.0"><DataServices><Schema Namespace="N">
		<ComplexType Name="C" BaseType="N.C"><Property Name="C" Type="Collection(N.C)"/></ComplexType>
		<EntityType Name="A" BaseType="N.B"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.Guid"/><Property Name="C" Type="N.C"/>
			<NavigationProperty Name="A" Type="Collection(N.A)" ContainsTarget="true"/></EntityType>
		<EntityType Name="B" BaseType="N.A"/>
		<EntityContainer><EntitySet Name="A" EntityType="N.A"/></EntityContainer></Schema></DataServices></edmx:Edmx>`
	d, err := odata.Read("m.xml", []byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	def := drafttest.Loads(t, d)
	if got := len(def.Streams); got != 1 {
		t.Errorf("%d streams, want 1: the set", got)
	}
	if text := string(d.AppendYAML(nil)); !strings.Contains(text, "1 collections lie in records of their own type") {
		t.Errorf("the cut is not said:\n%s", text)
	}
}

func TestReadErrors(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"not XML", "<edmx:Edmx>\n<a></b>", "m.xml:2: not the XML of $metadata"},
		{"something else", "<html/>", "m.xml:1: no metadata of OData: the root is html, and not edmx:Edmx"},
		{"empty", "", "m.xml:1: not the XML of $metadata"},
		{"no sets", `<edmx:Edmx Version="4.0"/>`, "m.xml: the metadata have no entity set"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := odata.Read("m.xml", []byte(tt.doc)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Read = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// TestLargeMetadata are those of a system with thousands of entity sets.
func TestLargeMetadata(t *testing.T) {
	var b bytes.Buffer
	b.WriteString(`<edmx:Edmx Version="4.0"><DataServices><Schema Namespace="N">`)
	const sets = 1000
	for i := range sets {
		fmt.Fprintf(&b, `<EntityType Name="E%d"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.Int64"/>`, i)
		for j := range 60 {
			fmt.Fprintf(&b, `<Property Name="A property of many %d" Type="Edm.String"/>`, j)
		}
		b.WriteString(`</EntityType>`)
	}
	b.WriteString(`<EntityContainer>`)
	for i := range sets {
		fmt.Fprintf(&b, `<EntitySet Name="Set%d" EntityType="N.E%[1]d"/>`, i)
	}
	b.WriteString(`</EntityContainer></Schema></DataServices></edmx:Edmx>`)
	d, err := odata.Read("m.xml", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	def := drafttest.Loads(t, d)
	if got := len(def.Streams); got != sets {
		t.Errorf("%d streams, want %d", got, sets)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"trips.xml", "trade.xml"} {
		data := testrig.Read(f, filepath.Join("testdata", name))
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := odata.Read("fuzz", data)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz:") && !strings.Contains(err.Error(), "does not fit") {
				t.Errorf("the error does not name the file: %v", err)
			}
			return
		}
		drafttest.Loads(t, d)
	})
}
