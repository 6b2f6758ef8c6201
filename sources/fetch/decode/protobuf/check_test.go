//go:build !small

package protobuf_test

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/protobuf"
)

func TestCheck(t *testing.T) {
	const head = "syntax = \"proto3\";\npackage shop;\n"
	for _, tt := range []struct {
		name, message string
		files         map[string]string
		want          string // "": nothing is wrong
	}{
		{"right", "shop.M", map[string]string{"m.proto": head + "message M { int32 x = 1; }"}, ""},
		{"with a dot before it", ".shop.M", map[string]string{"m.proto": head + "message M { int32 x = 1; }"}, ""},
		{"in a message", "shop.M.N", map[string]string{"m.proto": head + "message M { message N { int32 x = 1; } }"}, ""},
		{"imports", "shop.M", map[string]string{
			"a/m.proto": head + "import \"a/n.proto\";\nimport \"google/protobuf/timestamp.proto\";\nmessage M { N n = 1; google.protobuf.Timestamp at = 2; }",
			"a/n.proto": head + "message N { M2 m = 1; } message M2 { N n = 1; }",
		}, ""},
		{"without its package", "M", map[string]string{"m.proto": head + "message M { int32 x = 1; }"}, `no message is called "M": did you mean "shop.M"?`},
		{"mistyped", "shop.Oder", map[string]string{"m.proto": head + "message Order { int32 x = 1; }"}, `no message is called "shop.Oder": did you mean "shop.Order"?`},
		{"another one", "x.Different", map[string]string{"m.proto": head + "message M { int32 x = 1; }"}, `no message is called "x.Different": there are shop.M`},
		{"no message", "shop.M", map[string]string{"m.proto": head + "enum E { A = 0; }"}, "there is no message at all"},
		{"syntax", "shop.M", map[string]string{"m.proto": head + "message M { int32 x = ; }"}, "m.proto:3:23: syntax error"},
		{"a type that is not there", "shop.M", map[string]string{"m.proto": head + "message M { Gone x = 1; }"}, "m.proto:3:13: "},
		{"a missing import", "shop.M", map[string]string{"m.proto": head + "import \"gone.proto\";\nmessage M { int32 x = 1; }"}, `m.proto:3:8: the file "gone.proto" is missing: there are m.proto and those of google/protobuf`},
		{"an import by another name", "shop.M", map[string]string{
			"m.proto": head + "import \"n.proto\";\nmessage M { N n = 1; }", "a/n.proto": head + "message N {}",
		}, `m.proto:3:8: the file "n.proto" is missing: did you mean "a/n.proto"?`},
		{"imports in a circle", "shop.M", map[string]string{
			"m.proto": head + "import \"n.proto\";\nmessage M {}", "n.proto": head + "import \"m.proto\";\n",
		}, "cycle"},
		{"a bare value", "google.protobuf.Timestamp", map[string]string{"m.proto": head + "import \"google/protobuf/timestamp.proto\";\nmessage M { google.protobuf.Timestamp at = 1; }"}, "a record has to be an object"},
		{"a message set", "shop.M", map[string]string{"m.proto": "syntax = \"proto2\"; package shop; message M { option message_set_wire_format = true; extensions 4 to max; }"}, "message_set_wire_format"},
		{"another Struct", "google.protobuf.Struct", map[string]string{"m.proto": "syntax = \"proto3\"; package google.protobuf; message Struct { int32 x = 1; }"}, "has other fields than Google's"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &sources.Protobuf{Message: tt.message, Sources: map[string][]byte{}}
			for name, text := range tt.files {
				p.Sources[name] = []byte(text)
			}
			err := protobuf.Check(p)
			if tt.want == "" {
				if err != nil || p.Compiled == nil {
					t.Errorf("%v (compiled: %v), want nothing", err, p.Compiled != nil)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// Only the files that the definition names are compiled, and those that they import.
func TestRoots(t *testing.T) {
	p := &sources.Protobuf{Message: "M", Roots: []string{"m.proto"}, Sources: map[string][]byte{
		"m.proto": []byte(`syntax = "proto3"; message M {}`), "broken.proto": []byte(`message`),
	}}
	if err := protobuf.Check(p); err != nil {
		t.Error(err)
	}
	p.Compiled, p.Roots = nil, []string{"gone.proto"}
	if err := protobuf.Check(p); err == nil || !strings.Contains(err.Error(), `the file "gone.proto" is missing`) {
		t.Errorf("%v, want that gone.proto is missing", err)
	}
}

func TestCheckDescriptor(t *testing.T) {
	whole := read(t, "testdata", "types.pb")
	without := func(prefix string) []byte {
		var set descriptorpb.FileDescriptorSet
		if err := proto.Unmarshal(whole, &set); err != nil {
			t.Fatal(err)
		}
		var files []*descriptorpb.FileDescriptorProto
		for _, f := range set.File {
			if !strings.HasPrefix(f.GetName(), prefix) {
				files = append(files, f)
			}
		}
		set.File = files
		b, err := proto.Marshal(&set)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, tt := range []struct {
		name, message string
		descriptor    []byte
		want          string
	}{
		{"right", "shop.All", whole, ""},
		{"without google/protobuf", "shop.All", without("google/protobuf/"), ""},
		{"without an import", "shop.All", without("shop/base"), `the descriptor lacks "shop/base.proto", which its "shop/all.proto" imports: write it with protoc --include_imports`},
		{"not there", "shop.Al", whole, `did you mean "shop.All"?`},
		{"empty", "shop.All", []byte{}, "no FileDescriptorSet"},
		{"text", "shop.All", []byte(`syntax = "proto3";`), "no FileDescriptorSet"},
		{"a file twice", "shop.All", append(bytes.Clone(whole), whole...), "the descriptor has a fault"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := protobuf.Check(&sources.Protobuf{Message: tt.message, Descriptor: tt.descriptor})
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// A descriptor that is damaged is an error, or something that can be read.
func TestDamagedDescriptors(t *testing.T) {
	b, m := read(t, "testdata", "types.pb"), messages(t, "shop.All")
	step := 7
	if testing.Short() {
		step = 71
	}
	for i := 0; i < len(b); i += step {
		b[i] ^= 0xff
		p := &sources.Protobuf{Message: "shop.All", Descriptor: b}
		if err := protobuf.Check(p); err == nil {
			_, _ = all(t, p, bytes.NewReader(delimited(m...))) // no panic is what is wanted
		} else if strings.Contains(err.Error(), "runtime error") {
			t.Errorf("byte %d: %v", i, err)
		}
		b[i] ^= 0xff
	}
}

// Without a check before it, Open finds what is wrong.
func TestOpenChecks(t *testing.T) {
	_, err := protobuf.Open(stream{}, &file.Options{Decode: &sources.Decode{Protobuf: sources.Protobuf{Message: "M", Descriptor: read(t, "testdata", "types.pb")}}})
	if err == nil || !strings.Contains(err.Error(), `protobuf: no message is called "M"`) {
		t.Error(err)
	}
}
