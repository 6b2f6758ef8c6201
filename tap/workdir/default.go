package workdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// Default is the folder of this user, by the XDG base directory specification.
// A user without a home has one in the temporary folder, where others may have
// made one of its name: it is refused unless it is this user's alone.
func Default() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "tap-rest"), nil
	}
	if home, err := os.UserHomeDir(); err == nil {
		return filepath.Join(home, ".local", "state", "tap-rest"), nil
	}
	dir := filepath.Join(os.TempDir(), "tap-rest-"+strconv.Itoa(os.Getuid()))
	if err := private(dir); err != nil {
		return "", fmt.Errorf("there is no HOME, and the temporary folder %s is not to be trusted: %w: set HOME, or XDG_STATE_HOME, to a folder of your own", dir, err)
	}
	return dir, nil
}

// private makes a folder, or proves that the one that is there is this user's
// alone.
func private(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return errors.New("it is a link or a file")
	case !own(info):
		return errors.New("it is another user's")
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("others have access to it (mode %#o)", info.Mode().Perm())
	}
	return nil
}
