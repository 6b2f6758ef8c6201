//go:build !small

package parquet_test

import (
	"path/filepath"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// Repetitions.
const (
	required = 0
	optional = 1
	repeated = 2
)

// Converted types.
const (
	isMap         = 1
	isMapKeyValue = 2
	isList        = 3
)

// oldLists are the lists and maps of old writers, as the format's rules for them have
// examples.
var oldLists = map[string]struct {
	file []byte
	want string
}{
	"two_levels": {
		build(3, []*thrift{group("root", required, 1), annotated("l", optional, 1, isList), leaf(1, "element", repeated)},
			column{physical: 1, repetitions: []byte{0, 1, 0, 0}, definitions: []byte{2, 2, 1, 0}, plain: plain32(7, 8)}),
		"{\"l\":[7,8]}\n{\"l\":[]}\n{\"l\":null}\n",
	},
	"two_levels_structs": {
		build(2, []*thrift{group("root", required, 1), annotated("l", optional, 1, isList), group("element", repeated, 2), text("s", required), leaf(1, "n", required)},
			column{physical: 6, repetitions: []byte{0, 1, 0}, definitions: []byte{2, 2, 0}, plain: plainText("a", "b")},
			column{physical: 1, repetitions: []byte{0, 1, 0}, definitions: []byte{2, 2, 0}, plain: plain32(1, 2)}),
		`{"l":[{"s":"a","n":1},{"s":"b","n":2}]}` + "\n" + `{"l":null}` + "\n",
	},
	"array": {
		build(1, []*thrift{group("root", required, 1), annotated("l", optional, 1, isList), group("array", repeated, 1), text("s", required)},
			column{physical: 6, repetitions: []byte{0, 1}, definitions: []byte{2, 2}, plain: plainText("a", "b")}),
		`{"l":[{"s":"a"},{"s":"b"}]}` + "\n",
	},
	"tuple": {
		build(1, []*thrift{group("root", required, 1), annotated("l", optional, 1, isList), group("l_tuple", repeated, 1), text("s", required)},
			column{physical: 6, repetitions: []byte{0, 1}, definitions: []byte{2, 2}, plain: plainText("a", "b")}),
		`{"l":[{"s":"a"},{"s":"b"}]}` + "\n",
	},
	"other_names": {
		build(1, []*thrift{group("root", required, 1), annotated("l", optional, 1, isList), group("bag", repeated, 1), text("item", optional)},
			column{physical: 6, repetitions: []byte{0, 1}, definitions: []byte{3, 2}, plain: plainText("a")}),
		`{"l":["a",null]}` + "\n",
	},
	"two_levels_twice": {
		build(2, []*thrift{group("root", required, 1), annotated("l", optional, 1, isList), annotated("array", repeated, 1, isList), leaf(1, "array", repeated)},
			column{physical: 1, repetitions: []byte{0, 2, 1, 1, 0}, definitions: []byte{3, 3, 2, 3, 1}, plain: plain32(1, 2, 3)}),
		`{"l":[[1,2],[],[3]]}` + "\n" + `{"l":[]}` + "\n",
	},
	"no_annotation": {
		build(3, []*thrift{group("root", required, 2), leaf(1, "n", repeated), text("after", optional)},
			column{physical: 1, repetitions: []byte{0, 1, 0, 0}, definitions: []byte{1, 1, 0, 1}, plain: plain32(1, 2, 3)},
			column{physical: 6, definitions: []byte{1, 0, 1}, plain: plainText("x", "z")}),
		`{"n":[1,2],"after":"x"}` + "\n" + `{"n":[],"after":null}` + "\n" + `{"n":[3],"after":"z"}` + "\n",
	},
	"repeated_groups": {
		build(2, []*thrift{group("root", required, 1), group("g", repeated, 2), leaf(1, "a", optional), leaf(1, "b", repeated)},
			column{physical: 1, repetitions: []byte{0, 1, 0}, definitions: []byte{2, 1, 0}, plain: plain32(1)},
			column{physical: 1, repetitions: []byte{0, 2, 1, 0}, definitions: []byte{2, 2, 1, 0}, plain: plain32(5, 6)}),
		`{"g":[{"a":1,"b":[5,6]},{"a":null,"b":[]}]}` + "\n" + `{"g":[]}` + "\n",
	},
	"map_key_value": {
		build(2, []*thrift{group("root", required, 1), annotated("m", optional, 1, isMapKeyValue), group("map", repeated, 2), text("key", required), leaf(1, "value", optional)},
			column{physical: 6, repetitions: []byte{0, 1, 0}, definitions: []byte{2, 2, 1}, plain: plainText("a", "b")},
			column{physical: 1, repetitions: []byte{0, 1, 0}, definitions: []byte{3, 2, 1}, plain: plain32(1)}),
		`{"m":{"a":1,"b":null}}` + "\n" + `{"m":{}}` + "\n",
	},
	"map_in_old_names": {
		build(1, []*thrift{group("root", required, 1), annotated("m", required, 1, isMap), annotated("map", repeated, 2, isMapKeyValue), leaf(1, "k", required), text("v", required)},
			column{physical: 1, repetitions: []byte{0, 1}, definitions: []byte{1, 1}, plain: plain32(1, 2)},
			column{physical: 6, repetitions: []byte{0, 1}, definitions: []byte{1, 1}, plain: plainText("x", "y")}),
		`{"m":[{"key":1,"value":"x"},{"key":2,"value":"y"}]}` + "\n",
	},
}

func TestOldLists(t *testing.T) {
	for name, test := range oldLists {
		t.Run(name, func(t *testing.T) {
			got, err := lines(test.file)
			if err != nil || string(got) != test.want {
				t.Errorf("got %s and %v, want %s", got, err, test.want)
			}
		})
	}
}

// TestInteropOldLists compares what pyarrow reads of the same files.
func TestInteropOldLists(t *testing.T) {
	dir := t.TempDir()
	for name, test := range oldLists {
		testrig.Write(t, filepath.Join(dir, name+".parquet"), test.file)
	}
	testrig.Python(t, "testdata/write_parquet.py", dir, "read")
	compareFolder(t, dir, len(oldLists))
}
