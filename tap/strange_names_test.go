package tap_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStrangeNames: whatever definitions and streams are called, what is kept of
// them lies in the run's folder, and no two share a file.
func TestStrangeNames(t *testing.T) {
	long := strings.Repeat("long ", 100)
	for _, name := range []string{"../../../evil", "/evil", `..\evil`, "..", ".", "con", "a:b", long, "Orders", "ördérs"} {
		t.Run(name[:min(len(name), 20)], func(t *testing.T) {
			top := t.TempDir()
			s := setup{
				head:       strings.Replace(head, "name: t\n", "name: '"+name+"'\n", 1),
				definition: namedStreams(name),
				api:        rowsAPI(`{"id":1}`, `{"id":"x"}`), workDir: filepath.Join(top, "a", "b", "c", "d", "work"),
			}
			if got := s.run(t); got.err != nil {
				t.Fatalf("%v\n%s", got.err, got.log)
			}
			kept := filesIn(t, top, s.workDir)
			if len(kept["quarantine"]) != 2 || len(kept["schemas"]) != 1 || len(kept["journal"]) < 1 {
				t.Errorf("kept %v", kept)
			}
			if got := s.run(t); got.err != nil || len(filesIn(t, top, s.workDir)["schemas"]) != 1 {
				t.Errorf("again: %v\n%s", got.err, got.log)
			}
		})
	}
}

// namedStreams are two streams that refuse a record, whose names differ in
// capitals, and one whose schema is inferred.
func namedStreams(name string) string {
	stream := func(name, more string) string {
		return "  - {name: '" + name + "', path: /items, records: data, pagination: {type: page, param: page}, " + more + "}\n"
	}
	refuse := "schema: {properties: {id: {type: integer}}}, on_invalid: quarantine"
	return "streams:\n" + stream(name, refuse) + stream(name+"X", refuse) + stream(name+"-inferred", "on_invalid: pass")
}

// filesIn are the files by the name of the folder that they lie in. All of them
// must lie in work.
func filesIn(t *testing.T, top, work string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !strings.HasPrefix(path, work+string(os.PathSeparator)) {
			t.Errorf("%s lies outside", path)
		}
		part := filepath.Base(filepath.Dir(path))
		if strings.HasSuffix(path, ".journal") {
			part = "journal"
		}
		found[part] = append(found[part], filepath.Base(path))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
