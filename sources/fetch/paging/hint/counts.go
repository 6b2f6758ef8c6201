package hint

import "github.com/tidwall/gjson"

// recordNames are keys by which the answer that lists the files of an export counts their
// records, and fileNames those by which it counts the files, as PlainName spells them.
// What is called total or count there is often that of steps.
var (
	recordNames = set("rows records rowcount rowscount rowsexported exportedrows exportedrowcount rowstotal totalrows totalrowcount numrows numberofrows rowswritten " +
		"recordcount recordscount recordsexported exportedrecords exportedrecordcount recordstotal totalrecords totalrecordcount numrecords numberofrecords " +
		"numberrecordsprocessed totalresults totalitems itemcount itemscount exporteditems exportedcount")
	fileNames = set("filecount filescount numfiles numberoffiles totalfiles filestotal partcount partscount numparts numberofparts totalparts " +
		"chunkcount numchunks numberofchunks totalchunks totalchunkcount")
)

// Counts finds how many records and how many files the answer that lists the files of
// an export says that there are. place are the keys that lead to the list.
func Counts(body []byte, place []string) (records, files []Hint) {
	look := func(path string, key, v gjson.Result) bool {
		n, isCount := countOf(v)
		h := Hint{Key: joinPath(path, key.Str), Value: v.String(), Number: n, IsCount: true}
		switch name := PlainName(key.Str); {
		case !isCount || n == 0:
		case recordNames[name]:
			records = append(records, h)
		case fileNames[name]:
			files = append(files, h)
		}
		return false
	}
	along(body, place, func(path string, key, v gjson.Result) bool {
		if v.IsObject() && !holdsList(v) {
			v.ForEach(func(inner, value gjson.Result) bool { return !look(joinPath(path, key.Str), inner, value) })
		}
		return look(path, key, v)
	})
	return records, files
}
