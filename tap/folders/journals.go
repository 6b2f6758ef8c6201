package folders

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// saltSize is the length of the salt under which secrets name a journal, in
// bytes.
const saltSize = 16

// Journals is the folder of all journals: what the config says, else one in the
// work folder.
func Journals(workDir string, c *sources.Config) string {
	if dir := c.Run.Journal.Dir; dir != "" {
		return dir
	}
	return filepath.Join(workDir, "journal")
}

// Journal is the folder of the journal of one source: what is read, with
// which settings and whose secrets, and which share of a plan of it, "" for no share.
func Journal(workDir string, d *sources.Definition, c *sources.Config, share string) (string, error) {
	dir := Journals(workDir, c)
	salt, err := Salt(filepath.Join(dir, "salt"))
	if err != nil {
		return "", err
	}
	ending := "-" + c.Identity(d, salt)
	if share != "" {
		ending += "-" + share
	}
	return workdir.Entry(dir, d.Name, ending, url.PathEscape(d.Name)+ending), nil
}

// FindJournal is the [Journal] where there is one. It makes nothing; the error is
// fs.ErrNotExist where nothing of the source was recorded.
func FindJournal(workDir string, d *sources.Definition, c *sources.Config) (string, error) {
	if _, err := os.Stat(filepath.Join(Journals(workDir, c), "salt")); err != nil {
		return "", err
	}
	dir, err := Journal(workDir, d, c, "")
	if err == nil {
		_, err = os.Stat(dir)
	}
	return dir, err
}

// Salt returns the salt in a file, and makes it where there is none: one for
// all runs that start together.
func Salt(file string) ([]byte, error) {
	salt, err := workdir.Once(file, newSalt)
	if err == nil && len(salt) != saltSize {
		err = fmt.Errorf("the file %s, by which journals are found, must have %d bytes: delete it; the journals in its folder are not found again then", file, saltSize)
	}
	return salt, err
}

func newSalt() []byte {
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	return salt
}
