package sources

import (
	"fmt"

	"github.com/tap-rest/tap-rest/catalog/schema/model"
	"github.com/tap-rest/tap-rest/sources/document"
)

// SchemaWarnings returns what the schemas of a definition say without being
// checked, as keywords of drafts later than 7.
func (d *Definition) SchemaWarnings() document.Problems {
	var all document.Problems
	for i, s := range d.Streams {
		if s.Schema.Text == nil {
			continue
		}
		where := "JSON Schema: "
		if s.Schema.File != "" {
			where += s.Schema.File + ": "
		}
		ignored, err := model.IgnoredIn(s.Schema.Text)
		if err != nil {
			continue // that it is no schema at all is said elsewhere
		}
		for _, what := range ignored {
			all = append(all, document.Problem{
				File: d.File, Line: s.Loaded.Line, Column: 1, Place: fmt.Sprintf("streams[%d] (%s).schema", i, s.Name),
				Msg: where + what.String(),
			})
		}
	}
	return all
}
