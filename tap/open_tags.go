package tap

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/tap-rest/tap-rest/catalog"
	"github.com/tap-rest/tap-rest/tap/message"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/tags"
)

// openTags opens the tags of the streams that have etag. That there are none, or
// that they cannot be read, costs calls and nothing else.
func (k keeper) openTags() {
	for _, p := range k.passes {
		if !p.stream.Definition.Known.ETag || p.feed || p.decision.Way == plan.Replay || p.decision.Backfill {
			continue
		}
		if err := k.openTagsOf(p); err != nil {
			k.Log.Warn("what the API said of the last answers cannot be kept in the work folder: everything is asked for, and the next run asks for it again",
				"stream", p.stream.Name, "why", err.Error())
		}
	}
}

func (k keeper) openTagsOf(p *pass) error {
	dir, err := k.work.Tags(p.stream.Name)
	if err != nil {
		return err
	}
	looks, err := looksOf(p.stream)
	if err != nil {
		return err
	}
	p.kept.tags, err = tags.Open(tags.Options{
		Stream: p.stream.Name, Dir: dir, Pass: p.decision.Pass.ID, Before: k.tagged(p), Looks: looks, Now: k.now, Log: k.Log,
	})
	return err
}

// tagged is the pass whose tags may be used: the last one, where the
// state says that all of it was stored, and nothing needs the records that would
// not come. "": everything is asked for.
func (k keeper) tagged(p *pass) string {
	b := p.decision.Bookmark
	if b == nil || b.Pass == nil || b.Resume != nil || p.decision.Foreign || len(p.children) > 0 || p.activates() || k.overwrites(p.stream.Entry) {
		return ""
	}
	return b.Pass.ID
}

// overwrites reports whether a destination of Airbyte may replace what it has by
// what comes now, and nothing says whether it does.
func (k keeper) overwrites(e *catalog.Stream) bool {
	_, airbyte := k.Protocol.(message.Airbyte)
	return airbyte && e != nil && e.ReplicationMethod == catalog.FullTable && e.Generation == nil
}

// looksOf is a digest of what decides how the records of an answer leave: where that
// changes, those that did not change must leave again.
func looksOf(s *plan.Stream) (string, error) {
	d := s.Definition
	parts := []any{s.Shape, s.Keys, s.ReplicationKey, s.Entry, d.Records, d.Schema.Text, d.Schema.OnInvalid, d.Schema.OnNewField}
	for _, add := range d.Records.Add {
		parts = append(parts, add.Name)
	}
	text, err := json.Marshal(parts)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16]), err
}

// finishTags puts the tags of passes that are over in the place of those before;
// well says that all of the run is written.
func (k keeper) finishTags(well bool) {
	for _, p := range k.passes {
		t := p.track
		over := well && t.ended && t.failure == nil && t.bookmark.Resume == nil
		if err := p.kept.tags.Finish(over); err != nil {
			k.Log.Warn("what the API said of the answers could not be kept in the work folder: the next run asks for all of them", "stream", p.stream.Name, "why", err.Error())
		}
		p.kept.tags = nil
	}
}
