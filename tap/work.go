package tap

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/tap-rest/tap-rest/catalog/schema"
)

// workFolder is where a run keeps what is worth keeping between runs: schemas
// that it inferred, records that it refused. Folders are 0700, files 0600.
type workFolder struct{ dir string }

// path returns the file of a name in a part of the folder. Names of streams
// are strangers' text: they are escaped.
func (w *workFolder) path(part, name string) string {
	return filepath.Join(w.dir, part, url.PathEscape(name))
}

// appendFile appends lines to a file, in one write, and makes them last. What a
// full disk or a crash broke off before stays a line of its own.
func (w *workFolder) appendFile(part, name string, lines []byte) (err error) {
	path := w.path(part, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if !endsLine(f) {
		lines = append([]byte{'\n'}, lines...)
	}
	if _, err := f.Write(lines); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// endsLine reports whether a file is empty or ends in a line break.
func endsLine(f *os.File) bool {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return true
	}
	var last [1]byte
	_, err = f.ReadAt(last[:], info.Size()-1)
	return err != nil || last[0] == '\n'
}

// writeFile replaces a file whole: a crash leaves the old or the new one.
func (w *workFolder) writeFile(part, name string, data []byte) error {
	path := w.path(part, name)
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return syncFolder(dir)
}

// syncFolder makes a rename last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// cachedSchema returns the schema inferred for a stream's requests, nil if
// none was.
func (w *workFolder) cachedSchema(stream, shape string) ([]byte, error) {
	name := stream + "-" + shape + ".json"
	doc, err := os.ReadFile(w.path("schemas", name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cached schema: %w", err)
	}
	if _, err := schema.Compile(doc); err != nil {
		return nil, fmt.Errorf("cached schema %s: %w (delete the file to have it inferred anew)", w.path("schemas", name), err)
	}
	return doc, nil
}

func (w *workFolder) cacheSchema(stream, shape string, doc []byte) error {
	return w.writeFile("schemas", stream+"-"+shape+".json", doc)
}
