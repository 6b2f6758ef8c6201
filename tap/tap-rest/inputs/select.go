package inputs

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/catalog/selection"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/tap-rest/console"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// FieldsFrom says which fields streams have: [tap.Discover], which may ask the API, or
// [tap.Known], which does not.
type FieldsFrom func(stop context.Context, o tap.Options) ([]catalog.Described, error)

// choose makes a catalog of --select.
func (in *ChoiceFlags) choose(rt *program.Runtime, o *tap.Options, fields FieldsFrom) error {
	if in.Select == nil {
		return nil
	}
	s, err := selection.Parse(in.Select)
	if err != nil {
		return inSelect(err)
	}
	names, err := s.Streams(o.Definition.Names())
	if err != nil {
		return inSelect(err)
	}
	c := &catalog.Catalog{Digest: s.Digest()}
	asked := &catalog.Catalog{}
	for _, name := range names {
		c.Streams = append(c.Streams, selection.Stream(name))
		if s.HasFields(name) {
			asked.Streams = append(asked.Streams, selection.Stream(name))
		}
	}
	o.Catalog = c
	if asked.Streams == nil {
		return nil
	}
	ask := *o
	ask.Catalog, ask.Log = asked, console.Quieter(o.Log)
	described, err := fields(rt.Stop, ask)
	if err != nil {
		return rt.Printed(err)
	}
	return chooseFields(s, c, described)
}

// chooseFields puts into a catalog which fields are selected of the streams that are
// described.
func chooseFields(s *selection.Selection, c *catalog.Catalog, described []catalog.Described) error {
	for _, d := range described {
		keys := slices.Clone(d.KeyProperties)
		if d.ReplicationKey != "" {
			keys = append(keys, d.ReplicationKey)
		}
		entry, err := s.Fields(d.Name, d.Schema, keys)
		if err != nil {
			return inSelect(err)
		}
		*c.Stream(d.Name) = *entry
	}
	if err := s.Check(); err != nil {
		return inSelect(err)
	}
	return nil
}

func inSelect(err error) error {
	return &tap.InputError{Err: fmt.Errorf("--select: %w", err)}
}

// KnownOnly is [tap.Known] for a run that makes no call, and needs all of them.
func KnownOnly(stop context.Context, o tap.Options) ([]catalog.Described, error) {
	described, err := tap.Known(stop, o)
	for _, s := range o.Catalog.Streams {
		if err == nil && !slices.ContainsFunc(described, func(d catalog.Described) bool { return d.Name == s.Name }) {
			err = inSelect(errors.New("which fields " + s.Name + " has is not known without a call: select whole streams"))
		}
	}
	return described, err
}
