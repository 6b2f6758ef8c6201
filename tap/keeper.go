package tap

import (
	"github.com/tap-rest/tap-rest/tap/known"
	"github.com/tap-rest/tap-rest/tap/tags"
)

// keeper keeps what a run leaves for later ones besides bookmarks and the journal, in the
// work folder and beside the journal: what is known of records that left, tags of
// answers, schemas, what was proven, and what the run came to.
type keeper struct {
	*run
	passes []*pass
}

// kept is what a pass has open of that. Only the emitter's goroutine uses noted, but for
// its noters.
type kept struct {
	tags  *tags.Tags  // nil: pages are asked for whether they have changed or not
	noted *known.Rows // on disk, of its records; nil: nothing
}

// open opens what earlier runs have kept, before the first request. Its error is an
// *InputError.
func (k keeper) open() error {
	if err := k.openNoted(); err != nil {
		return err
	}
	k.openTags()
	return nil
}

// close closes what is open still.
func (k keeper) close() {
	k.finishTags(false)
	k.closeNoted()
}

// cacheSchemas keeps what was inferred, for the next run and discovery.
func (k keeper) cacheSchemas() {
	for _, p := range k.passes {
		if !p.schema.New() || p.stream.Entry != nil || p.feed {
			continue
		}
		if err := k.work.CacheSchema(p.stream.Definition, p.stream.Shape, p.schema.Doc()); err != nil {
			k.Log.Warn("the inferred schema could not be cached: the next run infers it again", "stream", p.stream.Name, "why", err.Error())
		}
	}
}
