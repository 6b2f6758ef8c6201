package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// leastFree is how much room on disk is told to be little, in bytes: that of the journal's
// spool.
const leastFree = 1 << 30

// Folder looks at a folder that runs write to. Private says that nobody else should be
// able to read it.
func Folder(check, dir string, private bool) Finding {
	there, mode := dir, fs.FileMode(0)
	for {
		info, err := os.Stat(there)
		switch {
		case err == nil && !info.IsDir():
			return found(check, Failure, "%s is no folder: remove it, or name another one", there)
		case err == nil:
			mode = info.Mode().Perm()
		case errors.Is(err, fs.ErrNotExist) && filepath.Dir(there) != there:
			there = filepath.Dir(there)
			continue
		default:
			return found(check, Failure, "%v", err)
		}
		break
	}
	text := fmt.Sprintf("%s can be written to", dir)
	if there != dir {
		text = fmt.Sprintf("%s is not there yet, and can be made", dir)
	}
	if err := writable(there); err != nil {
		return found(check, Failure, "%s cannot be written to: %v", there, err)
	}
	free, known := freeBytes(there)
	if known {
		text += fmt.Sprintf("; %.1f GiB are free", float64(free)/(1<<30))
	}
	switch {
	case private && there == dir && mode&0o077 != 0 && runtime.GOOS != "windows":
		return found(check, Warning, "%s; others may look into it (mode %04o): chmod 700", text, mode)
	case known && free < leastFree:
		return found(check, Warning, "%s, which is little: the journal and long answers take more (run.journal.max_bytes, run.spool)", text)
	}
	return found(check, OK, "%s", text)
}

// writable makes a file in a folder, and removes it.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".tap-rest-doctor-*")
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			return path.Err
		}
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
