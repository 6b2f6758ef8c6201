package planfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/sources"
)

// Inputs are what a run reads by, and what is to be the same in all that read a plan.
type Inputs struct {
	Program    string // version of the program
	Definition *sources.Definition
	Config     *sources.Config
	Catalog    *catalog.Catalog // nil: all streams
}

// NewHead is the first line of a plan that is made from these inputs, of which no stream
// is known yet.
func (in *Inputs) NewHead() Head {
	return Head{
		Plan: version, Catalog: in.catalogDigest(), Program: in.Program, Source: in.Definition.Name, Digest: in.Definition.Digest,
		Settings: in.Config.Digests(), Shapes: map[string]string{}, Rest: map[string]string{}, Children: map[string][]string{},
	}
}

// catalogDigest tells catalogs apart.
func (in *Inputs) catalogDigest() string {
	if in.Catalog == nil {
		return ""
	}
	return in.Catalog.Digest
}

// Check refuses a plan of something else than these inputs would read; a nil Share is
// none, and fits.
func (s *Share) Check(in *Inputs) error {
	if s == nil {
		return nil
	}
	if in.Config.Run.Start != "" || in.Config.Run.End != "" {
		return fmt.Errorf("plan %s: run.start and run.end read a range of time again, which no plan is for: leave them out, or leave --plan out", s.File)
	}
	if s.Head.Program != in.Program {
		return fmt.Errorf("plan %s: it was made by tap-rest %s, and this is %s: plan and read with the same version", s.File, s.Head.Program, in.Program)
	}
	if why := s.Head.differs(in); why != "" {
		return fmt.Errorf("plan %s: %s, so nothing was fetched; read with the config, the catalog and the --select of the plan, or make another plan", s.File, why)
	}
	return nil
}

// differs says what of a plan is other in this run; "": nothing.
func (h *Head) differs(in *Inputs) string {
	digests := in.Config.Digests()
	var all []string
	if h.Source != in.Definition.Name {
		return fmt.Sprintf("it is of the source %q, and the config names %q", h.Source, in.Definition.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(digests)) {
		if h.Settings[name] != digests[name] {
			all = append(all, "the setting "+name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.Settings)) {
		if _, ok := digests[name]; !ok {
			all = append(all, "the setting "+name+", which is missing here")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h.Shapes)) {
		d := in.Definition.Stream(name)
		switch {
		case d == nil:
			all = append(all, "the stream "+name+", which the definition does not have")
		case len(all) == 0 && in.Config.Shape(d) != h.Shapes[name]:
			all = append(all, "the requests of the stream "+name)
		}
	}
	if len(all) == 0 && h.Catalog != in.catalogDigest() {
		all = append(all, "the catalog")
	}
	if len(all) == 0 && h.Digest != in.Definition.Digest {
		all = append(all, "the definition (in what decides no request of the plan)")
	}
	if len(all) > 0 {
		return strings.Join(all, ", ") + " is not what it was when the plan was made"
	}
	return ""
}
