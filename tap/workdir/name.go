package workdir

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	// longestName is how long a name may be, in bytes, that stays as it is.
	longestName = 100
	// shownName is what a made name shows of the text that it stands for, in
	// bytes.
	shownName = 40
	// madeName stands in each name that was made, and in no other.
	madeName = "~"
)

// Name is the name of a file or folder that stands for a text: the text itself,
// where every system takes that for the name of one file, in one folder; else
// what it begins with and a digest of it. No two texts have the same name, also
// where systems take capitals for small letters.
func Name(text string) string {
	if harmless(text) {
		return text
	}
	digest := sha256.Sum256([]byte(text))
	shown := strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		case plain(r) && r != '.':
			return r
		}
		return '_'
	}, text[:min(len(text), shownName)])
	return shown + madeName + hex.EncodeToString(digest[:16])
}

// harmless reports whether a text is a name everywhere.
func harmless(text string) bool {
	if text == "" || len(text) > longestName || strings.Trim(text, ".-") != text {
		return false
	}
	stem, _, _ := strings.Cut(text, ".")
	return !reserved(stem) && !strings.ContainsFunc(text, func(r rune) bool { return !plain(r) })
}

func plain(r rune) bool {
	return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '.' || r == '_' || r == '-'
}

// reserved reports whether Windows takes a name for a device, whatever follows
// a point behind it.
func reserved(stem string) bool {
	switch stem {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) && '0' <= stem[3] && stem[3] <= '9'
}

// Entry is the path in a folder of what stands for a text, with an ending that
// is a name by itself. Where an older version gave it another name, and that is
// there, it keeps it.
func Entry(dir, text, ending, older string) string {
	made := Name(text) + ending
	if older == made || !local(older) {
		return filepath.Join(dir, made)
	}
	// By its exact name: a system may find others by it too.
	entries, err := os.ReadDir(dir)
	if err == nil && slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == older }) {
		made = older
	}
	return filepath.Join(dir, made)
}

// local reports whether a name leads to nowhere but into its folder.
func local(name string) bool {
	return filepath.IsLocal(name) && name != "." && !strings.ContainsAny(name, `/\`)
}
