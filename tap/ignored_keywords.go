package tap

import (
	"fmt"

	"github.com/tap-rest/tap-rest/catalog/schema/model"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/document"
)

// SchemaWarnings returns what the schemas of a definition say without being
// checked, as keywords of drafts later than 7.
func SchemaWarnings(d *sources.Definition) document.Problems {
	var all document.Problems
	for i, s := range d.Streams {
		if s.Schema.Text == nil {
			continue
		}
		where := "JSON Schema: "
		if s.Schema.File != "" {
			where += s.Schema.File + ": "
		}
		for _, what := range ignoredIn(s.Schema.Text) {
			all = append(all, document.Problem{
				File: d.File, Line: s.Loaded.Line, Column: 1, Place: fmt.Sprintf("streams[%d] (%s).schema", i, s.Name),
				Msg: where + what.String(),
			})
		}
	}
	return all
}

// ignoredIn returns the keywords that are ignored in a schema. What makes it
// none at all is said elsewhere.
func ignoredIn(doc []byte) []model.Ignored {
	all, err := model.IgnoredIn(doc)
	if err != nil {
		return nil
	}
	return all
}

// warnIgnored logs them for the stream's schema.
func (w *probe) warnIgnored() {
	for _, what := range ignoredIn(w.pass.schema.Doc()) {
		w.run.Log.Warn("JSON Schema: "+what.String(), "stream", w.stream.Name)
	}
}
