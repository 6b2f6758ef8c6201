package tap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/catalog/schema/model"
	"github.com/tap-rest/tap-rest/sources/fetch"
	"github.com/tap-rest/tap-rest/tap/message"
)

// Discover returns what there is to read: every stream with its schema. Streams
// whose schema cannot be told are left out, and the error, Failures, says why. A
// schema that the definition does not give is inferred from a sample of the
// stream's records and cached, so that the next discovery makes no call.
func Discover(stop context.Context, o Options) ([]catalog.Described, error) {
	var all []catalog.Described
	err := eachProbe(stop, o, func(w *probe) error {
		d, err := w.describe(stop)
		if err == nil {
			all = append(all, d)
		}
		return err
	})
	if failed := (Failures)(nil); stop.Err() != nil && (err == nil || errors.As(err, &failed)) {
		return nil, context.Cause(stop)
	}
	return all, err
}

// Known is Discover without a call: of the streams whose schema the definition gives, or
// an earlier run has inferred.
func Known(stop context.Context, o Options) ([]catalog.Described, error) {
	var all []catalog.Described
	err := eachProbe(stop, o, func(w *probe) error {
		if !w.pass.schema.Known() {
			return nil
		}
		d, err := w.describe(stop)
		all = append(all, d)
		return err
	})
	return all, err
}

func (w *probe) describe(ctx context.Context) (catalog.Described, error) {
	d := catalog.Described{
		Name: w.stream.Name, KeyProperties: w.stream.Keys, ReplicationKey: w.stream.ReplicationKey,
		ReplicationMethod: catalog.FullTable, SelectedByDefault: true,
	}
	if !w.stream.FullTable() {
		d.ReplicationMethod = catalog.Incremental
	}
	if known := w.pass.schema; known.Known() {
		w.warnIgnored()
		if w.stream.Definition.Schema.Text == nil {
			w.run.Log.Info("the schema is the one that an earlier run inferred: the API was not asked", "stream", w.stream.Name)
		}
		d.Schema = w.shown(known.Doc())
		return d, nil
	}
	doc, s, err := w.inferSchema(ctx)
	if err != nil {
		return d, err
	}
	d.Schema = w.shown(doc)
	switch {
	case s.Told():
		w.run.Log.Info("the schema is the one that the file says itself", "stream", w.stream.Name)
	case s.Records == 0:
		w.run.Log.Warn("the stream has no records to infer a schema from", "stream", w.stream.Name)
	}
	if s.Records == 0 { // what add says is still unknown
		return d, nil
	}
	if err := w.run.work.CacheSchema(w.stream.Definition, w.stream.Shape, doc); err != nil {
		w.run.Log.Warn("the inferred schema could not be cached: the next run infers it again", "stream", w.stream.Name, "why", err.Error())
	}
	return d, nil
}

// warnIgnored logs what the stream's schema says without being checked.
func (w *probe) warnIgnored() {
	ignored, err := model.IgnoredIn(w.pass.schema.Doc())
	if err != nil {
		return // that it is no schema at all is said elsewhere
	}
	for _, what := range ignored {
		w.run.Log.Warn("JSON Schema: "+what.String(), "stream", w.stream.Name)
	}
}

// shown is the schema as a catalog shows it: where that is all a destination sees,
// with the field of records that are gone.
func (w *worker) shown(doc json.RawMessage) json.RawMessage {
	if w.stream.MarksDeleted() && w.run.Protocol.AppendSchema(nil, &message.Schema{}) == nil {
		return catalog.WithDeletedAt(doc, w.run.Protocol.DeletedAt(), w.stream.Keys)
	}
	return doc
}

// Test reads the first page of every selected stream and checks its records,
// as a sync would. It writes nothing.
func Test(stop context.Context, o Options) error {
	return eachProbe(stop, o, func(w *probe) error {
		records := int64(0)
		err := w.firstPages(stop, func(page *fetch.Page) (bool, error) {
			n, err := w.renderer.Try(page)
			records += n
			w.tellNotes(page)
			return page.Partial, err
		})
		switch {
		case err != nil:
		case records == 0:
			w.run.Log.Warn("the first page holds no record: the API answers, but whether its records are found is not proven. "+
				"Is there data, and do path, params and records lead to it?", "stream", w.stream.Name)
		default:
			w.run.Log.Info("test passed", "stream", w.stream.Name, "records", records)
		}
		return err
	})
}

// TestSchema writes the SCHEMA message of every selected stream.
func TestSchema(stop context.Context, o Options) error {
	return eachProbe(stop, o, func(w *probe) error {
		if !w.pass.schema.Known() {
			doc, _, err := w.inferSchema(stop)
			if err != nil {
				return err
			}
			if err := w.pass.schema.Use(doc); err != nil {
				return fmt.Errorf("%s: %w", w.stream.Name, err)
			}
		}
		_, err := o.Out.Write(w.pass.schema.Now().Line(w.run.Protocol, 0))
		return err
	})
}
