package tap

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/tap-rest/tap-rest/tap/workdir"
)

// saltSize is the length of the salt under which secrets name a journal, in
// bytes.
const saltSize = 16

// JournalFolder is the folder of all journals: what the config says, else one
// in the work folder.
func JournalFolder(o Options) string {
	if dir := o.Config.Run.Journal.Dir; dir != "" {
		return dir
	}
	return filepath.Join(o.WorkDir, "journal")
}

// SourceFolder is the folder of the journal of one source: what is read, with
// which settings and whose secrets.
func SourceFolder(o Options) (string, error) {
	dir := JournalFolder(o)
	salt, err := salt(filepath.Join(dir, "salt"))
	if err != nil {
		return "", err
	}
	ending := "-" + o.Config.Identity(o.Definition, salt)
	return workdir.Entry(dir, o.Definition.Name, ending, url.PathEscape(o.Definition.Name)+ending), nil
}

// FindSource is the SourceFolder where there is one. It makes nothing; the
// error is fs.ErrNotExist where nothing of the source was recorded.
func FindSource(o Options) (string, error) {
	if _, err := os.Stat(filepath.Join(JournalFolder(o), "salt")); err != nil {
		return "", err
	}
	dir, err := SourceFolder(o)
	if err == nil {
		_, err = os.Stat(dir)
	}
	return dir, err
}

// salt returns the salt in a file, and makes it where there is none: one for
// all runs that start together.
func salt(file string) ([]byte, error) {
	salt, err := workdir.Once(file, func() []byte {
		salt := make([]byte, saltSize)
		rand.Read(salt) // never fails
		return salt
	})
	if err == nil && len(salt) != saltSize {
		err = fmt.Errorf("the file %s, by which journals are found, must have %d bytes: delete it; the journals in its folder are not found again then", file, saltSize)
	}
	return salt, err
}
