//go:build unix

package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/tap-rest/tap-rest/testrig"
)

// TestLinks wants the links between the documents of this repository to lead somewhere:
// to files that are there, and to headings as GitHub names them.
func TestLinks(t *testing.T) {
	t.Parallel()
	root := "../.."
	for _, file := range allDocuments(t, root) {
		text := withoutCode(string(testrig.Read(t, filepath.Join(root, file))))
		for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
			path, anchor, _ := strings.Cut(link[1], "#")
			if strings.Contains(path, "://") {
				continue
			}
			target := file
			if path != "" {
				target = filepath.Join(filepath.Dir(file), path)
			}
			if _, err := os.Stat(filepath.Join(root, target)); err != nil {
				t.Errorf("%s links to %s, which is not there", file, link[1])
				continue
			}
			if anchor != "" && !slices.Contains(headings(string(testrig.Read(t, filepath.Join(root, target)))), anchor) {
				t.Errorf("%s links to %s, and %s has no such heading", file, link[1], target)
			}
		}
	}
}

// allDocuments returns the documents of the repository, those of test data apart.
func allDocuments(t *testing.T, root string) (files []string) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		if err == nil && d.IsDir() && (name == "testdata" || name == "site" || len(name) > 2 && name[0] == '.') {
			return fs.SkipDir
		}
		if filepath.Ext(name) == ".md" {
			files = append(files, strings.TrimPrefix(filepath.ToSlash(path), root+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// withoutCode leaves code out: what looks like a link there is none.
func withoutCode(text string) string {
	text = regexp.MustCompile("(?ms)^ *```.*?^ *```$").ReplaceAllString(text, "")
	return regexp.MustCompile("`[^`\n]*`").ReplaceAllString(text, "")
}

// headings returns the anchors of a document.
func headings(text string) (anchors []string) {
	seen := map[string]bool{}
	text = regexp.MustCompile("(?ms)^ *```.*?^ *```$").ReplaceAllString(text, "")
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		anchor := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, heading[1])
		if !seen[anchor] {
			anchors = append(anchors, anchor)
		}
		seen[anchor] = true
	}
	return anchors
}
