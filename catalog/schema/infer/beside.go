package infer

import (
	"github.com/tap-rest/tap-rest/catalog/schema/kinds"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
)

// WithInferred returns a schema that somebody says of records, with those fields of an
// inferred one besides that it does not name. Fields named in required may not be null,
// unless they were when the other one was inferred.
func WithInferred(doc, inferred []byte, required []string) ([]byte, error) {
	d, err := model.Parse(doc)
	if err != nil {
		return nil, err
	}
	seen, err := model.Parse(inferred)
	if err != nil {
		return nil, err
	}
	fields, more := d.Root.Object("properties"), seen.Root.Object("properties")
	if fields == nil {
		return inferred, nil
	}
	if more == nil {
		more = &model.Node{Raw: []byte("{}")}
	}
	for _, m := range more.Members() {
		if fields.Get(m.Name) == nil {
			fields.Set(m.Name, m.Value)
		}
	}
	for _, name := range required {
		field, was := fields.Object(name), more.Object(name)
		if field != nil && was != nil && was.Types().Kinds() != 0 && was.Types().Kinds()&kinds.Null == 0 {
			if listed := field.Get("type"); listed != nil && listed.IsArray() {
				field.Types().Set(field.Types().Without("null"))
			}
		}
	}
	return d.Root.Append(nil), nil
}
