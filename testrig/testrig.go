// Package testrig is what tests of several packages stand on: an API that is a
// function, what a run wrote as a target reads it, the union of several runs beside
// what the API has, a folder that is quick, and what a process has said by now.
//
// It decides nothing: each function does one thing, and fails the test where that
// cannot be done. What a test asserts stands in the test.
//
// Package apitest has the APIs that page, fail and hang; package testshare says how
// many cases a run of the tests tries.
package testrig

import (
	"os"
	"testing"
)

// Serve serves an API of package apitest on loopback, as long as the test runs, and
// returns its URL.
func Serve(t testing.TB, api interface {
	Start() (url string, stop func(), err error)
}) string {
	t.Helper()
	url, stop, err := api.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return url
}

// Folder is a new folder in memory where the machine has some, for thousands of runs
// that write and sync. It goes away with the test.
func Folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "tap-rest-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// Write writes a file that its user alone may read, and returns its name.
func Write[T string | []byte](t testing.TB, name string, text T) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Read is what a file has.
func Read(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// CopyFolder is a new Folder with what another one has now.
func CopyFolder(t testing.TB, from string) string {
	t.Helper()
	dir := Folder(t)
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Error(err)
	}
	return dir
}
