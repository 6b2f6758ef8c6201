package tap

import (
	"encoding/json"
	"fmt"

	"github.com/tap-rest/tap-rest/tap/known"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

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

// certify keeps what was proven of the streams: in the journal, for later runs,
// and in the file that was asked for. Its error is that of the file.
func (k keeper) certify(account *report.Account) error {
	for _, p := range k.passes {
		p.track.remember()
		k.journal.Certify(p.recorded, p.track.account.Record(k.Config.Hider.Line))
	}
	name := k.Config.Run.Certificate
	if name == "" {
		return nil
	}
	text, err := json.MarshalIndent(account.Certificate(k.Version, k.Config.Hider.Line), "", "  ")
	if err == nil {
		err = workdir.Write(name, append(text, '\n'))
	}
	if err != nil {
		err = fmt.Errorf("run.certificate: write %s: %w", name, err)
		k.Log.Error("what was proven of the streams could not be written: everything else is as it should be", "file", name, "why", err.Error())
	}
	return err
}

// openNoted opens what is known of the records of streams that leave out what did
// not change, or mark what is gone.
func (k keeper) openNoted() error {
	for _, p := range k.passes {
		rules := p.stream.Definition.Known
		if p.feed || !rules.SkipUnchanged && !rules.MarkDeleted {
			continue
		}
		dir, err := k.work.Rows(p.stream.Name, known.Named(p.decision))
		if err == nil {
			p.kept.noted, err = known.Open(known.Options{Stream: p.stream, Decision: p.decision, Dir: dir, Now: k.now, Log: k.Log})
		}
		if err != nil {
			return unusable("stream %s: what is known of its records cannot be kept in the work folder: %w", p.stream.Name, err)
		}
	}
	return nil
}

func (k keeper) closeNoted() {
	for _, p := range k.passes {
		p.kept.noted.Close(k.Log)
	}
}
