package certificate

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// Former is what the last finished pass of a stream came to that read all there
// was.
type Former struct {
	Shape   string    `json:"shape"` // of its requests
	Records int64     `json:"records"`
	AsOf    time.Time `json:"as_of"`
}

// Keep keeps it in a file, for the next run.
func (f Former) Keep(name string) error {
	text, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return workdir.Replace(name, text)
}

// EmptyNow is the key of the doubt of a pass that has no records, where the last
// one had some.
const EmptyNow = "the number of records"

// Emptied is the doubt of a pass that has read all there is and found nothing, where
// the file says that the last one found something with such requests; nil where that
// is as it was. A file that cannot be read is none.
func Emptied(name, shape string) *paging.Doubt {
	var f Former
	if text, err := os.ReadFile(name); err != nil || json.Unmarshal(text, &f) != nil || f.Shape != shape || f.Records == 0 {
		return nil
	}
	return &paging.Doubt{
		Key: EmptyNow, Value: fmt.Sprintf("0, and was %d in the last finished pass, of %s", f.Records, f.AsOf.UTC().Format(time.RFC3339)),
		Advice: "if there is nothing any more, that is right, and the next run says it no more; else compare path, settings and rights of the login with what they were", Keep: true,
	}
}
