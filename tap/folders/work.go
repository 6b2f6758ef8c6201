package folders

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/state"
	"github.com/tap-rest/tap-rest/tap/rows"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// Work is where a run keeps what is worth keeping between runs of its definition:
// schemas that it inferred, records that it refused.
type Work struct {
	Dir        string
	definition *sources.Definition
	config     *sources.Config
}

// NewWork returns the folder of a definition in the work folder of all.
func NewWork(all string, d *sources.Definition, c *sources.Config) *Work {
	return &Work{workdir.Entry(all, d.Name, "", d.Name), d, c}
}

// path returns the file of a stream in a part of the folder.
func (w *Work) path(part, stream, ending string) string {
	return workdir.Entry(filepath.Join(w.Dir, part), stream, ending, url.PathEscape(stream+ending))
}

// identity names the source of a run among those of its definition.
func (w *Work) identity() (string, error) {
	salt, err := workdir.Once(filepath.Join(w.Dir, "rows", "salt"), newSalt)
	if err != nil {
		return "", err
	}
	return w.config.Identity(w.definition, salt), nil
}

// Quarantine is the file of the records of a stream that were refused.
func (w *Work) Quarantine(stream string) string { return w.path("quarantine", stream, ".jsonl") }

func (w *Work) schema(s *sources.Stream, shape string) string {
	return w.path("schemas", s.Name, "-"+shape+s.Text.Decode.Tag()+".json")
}

// CachedSchema returns the schema inferred for a stream's requests, nil if
// none was.
func (w *Work) CachedSchema(s *sources.Stream, shape string) ([]byte, error) {
	name := w.schema(s, shape)
	doc, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cached schema: %w", err)
	}
	if _, err := schema.Compile(doc); err != nil {
		return nil, fmt.Errorf("cached schema %s: %w (delete the file to have it inferred anew)", name, err)
	}
	return doc, nil
}

// CacheSchema keeps the schema inferred for a stream's requests.
func (w *Work) CacheSchema(s *sources.Stream, shape string, doc []byte) error {
	return workdir.Replace(w.schema(s, shape), doc)
}

// Finished is the file of what the last finished pass of a stream came to.
func (w *Work) Finished(stream string) (string, error) {
	return w.ofSource("finished", stream, ".json")
}

// Tags is the folder of the tags of a stream's answers.
func (w *Work) Tags(stream string) (string, error) { return w.ofSource("tags", stream, "") }

// ofSource returns what a part of the folder has of a stream of the run's source.
func (w *Work) ofSource(part, stream, ending string) (string, error) {
	identity, err := w.identity()
	if err != nil {
		return "", err
	}
	return w.path(filepath.Join(part, identity), stream, ending), nil
}

// Rows returns the folder of what is known of a stream's records: the one that a
// state leads to, whatever the settings and secrets were with which that began, or
// that of the source.
func (w *Work) Rows(stream string, named *state.Rows) (string, error) {
	own, err := w.ofSource("rows", stream, "")
	if err != nil || named == nil || (&rows.Folder{Dir: own}).Has(named) {
		return own, err
	}
	others, err := os.ReadDir(filepath.Join(w.Dir, "rows"))
	if err != nil {
		return "", err
	}
	for _, other := range others {
		if dir := w.path(filepath.Join("rows", other.Name()), stream, ""); other.IsDir() && (&rows.Folder{Dir: dir}).Has(named) {
			return dir, nil
		}
	}
	return own, nil
}
