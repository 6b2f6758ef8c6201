package tap

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/tap-rest/tap-rest/catalog/schema"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// workFolder is where a run keeps what is worth keeping between runs of its
// definition: schemas that it inferred, records that it refused.
type workFolder struct{ dir string }

func newWorkFolder(o *Options) *workFolder {
	return &workFolder{workdir.Entry(o.WorkDir, o.Definition.Name, "", o.Definition.Name)}
}

// path returns the file of a stream in a part of the folder.
func (w *workFolder) path(part, stream, ending string) string {
	return workdir.Entry(filepath.Join(w.dir, part), stream, ending, url.PathEscape(stream+ending))
}

// identity names the source of a run among those of its definition.
func (w *workFolder) identity(o *Options) (string, error) {
	salt, err := workdir.Once(filepath.Join(w.dir, "rows", "salt"), func() []byte {
		salt := make([]byte, saltSize)
		rand.Read(salt) // never fails
		return salt
	})
	if err != nil {
		return "", err
	}
	return o.Config.Identity(o.Definition, salt), nil
}

func (w *workFolder) quarantine(stream string) string { return w.path("quarantine", stream, ".jsonl") }

func (w *workFolder) schema(stream, shape string) string {
	return w.path("schemas", stream, "-"+shape+".json")
}

// cachedSchema returns the schema inferred for a stream's requests, nil if
// none was.
func (w *workFolder) cachedSchema(stream, shape string) ([]byte, error) {
	name := w.schema(stream, shape)
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

func (w *workFolder) cacheSchema(stream, shape string, doc []byte) error {
	return workdir.Replace(w.schema(stream, shape), doc)
}
