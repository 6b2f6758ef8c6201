package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdxlib"
)

// repository is the one that this is a checkout of, or one of these files where git knows
// of none.
func repository(t *testing.T) string {
	t.Helper()
	config := filepath.Join(t.TempDir(), "gitconfig")
	if err := os.WriteFile(config, []byte("[safe]\ndirectory = *\n[user]\nname = a\nemail = a@example.org\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CONFIG_GLOBAL", config) // the checkout may be another user's
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	ask := exec.Command("git", "rev-parse", "HEAD")
	ask.Dir = top
	if ask.Run() == nil {
		return top
	}
	files := filepath.Join(t.TempDir(), "files")
	if err := os.CopyFS(files, os.DirFS(top)); err != nil {
		t.Fatal(err)
	}
	git(t, files, "init", "--quiet")
	git(t, files, "add", "--all")
	t.Setenv("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z") // the same commit each time
	git(t, files, "commit", "--quiet", "-m", "files", "--date", "2026-01-02T03:04:05Z")
	return files
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// made is a release that was made of a clone of its own.
func made(t *testing.T, platforms ...string) *release {
	t.Helper()
	root := filepath.Join(t.TempDir(), "checkout")
	git(t, ".", "clone", "--quiet", "--tags", repository(t), root)
	r := &release{root: root, dist: filepath.Join(root, "dist"), goTool: "go"}
	if err := r.make(platforms); err != nil {
		t.Fatal(err)
	}
	return r
}

// sumsOf are the checksums that a release has, by the names of the files.
func sumsOf(t *testing.T, r *release) map[string]string {
	t.Helper()
	text, err := os.ReadFile(r.named("SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		if got, err := digest(r.named("%s", name)); err != nil || got != sum {
			t.Errorf("%s: %v, %s, and SHA256SUMS says %s", name, err, got, sum)
		}
		all[name] = sum
	}
	return all
}

// TestSameBytes makes a release twice, of two clones: the second with another time zone,
// another umask and nothing that was compiled before. All files are the same.
func TestSameBytes(t *testing.T) {
	platforms := []string{runtime.GOOS + "_" + runtime.GOARCH}
	if os.Getenv("TAP_REST_FULL_TESTS") != "" {
		platforms = []string{"linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64", "windows_amd64", "windows_arm64"}
	}
	one := made(t, platforms...)
	first := sumsOf(t, one)
	t.Setenv("TZ", "Asia/Kolkata")
	t.Setenv("GOCACHE", t.TempDir())
	defer umask(umask(0o077))
	second := sumsOf(t, made(t, platforms...))
	for name, sum := range first {
		if second[name] != sum {
			t.Errorf("%s has other bytes", name)
		}
	}
	if len(first) != len(second) || len(first) < 6 {
		t.Errorf("%d and %d files", len(first), len(second))
	}
	entries, err := os.ReadDir(one.dist)
	if err != nil || len(entries) != len(first)+1 {
		t.Errorf("%v, %d files, of which %d have a checksum", err, len(entries), len(first))
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			t.Logf("%9d %s", info.Size(), e.Name())
		}
	}
	t.Run("archive", func(t *testing.T) { checkArchive(t, one) })
	t.Run("image", func(t *testing.T) { checkImage(t, one) })
	t.Run("contents", func(t *testing.T) { checkContents(t, one) })
	t.Run("packages", func(t *testing.T) { checkPackages(t, one) })
	t.Run("formula", func(t *testing.T) { checkFormula(t, one, first) })
}

// checkArchive starts the program of the archive: it says its version and its commit.
func checkArchive(t *testing.T, r *release) {
	for _, b := range r.builds {
		base := r.named("tap-rest_%s_%s_%s", r.version, b.os, b.arch)
		files := map[string][]byte{}
		if b.os == "windows" {
			files = unzipped(t, base+".zip")
		} else {
			files = untarred(t, gunzip(t, base+".tar.gz"))
		}
		for _, name := range []string{b.program(), "README.md", "CHANGELOG.md", "LICENSE", "man/tap-rest.1", "completions/tap-rest.bash", "completions/_tap-rest", "completions/tap-rest.fish"} {
			if len(files[name]) == 0 {
				t.Errorf("%s has no %s", base, name)
			}
		}
		if b.os != runtime.GOOS || b.arch != runtime.GOARCH {
			continue
		}
		program := filepath.Join(t.TempDir(), b.program())
		if err := os.WriteFile(program, files[b.program()], 0o700); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(program, "--version").Output()
		if err != nil || !strings.Contains(string(out), r.version) || !strings.Contains(string(out), r.commit) {
			t.Errorf("%v: --version prints %q, want %s and %s", err, out, r.version, r.commit)
		}
	}
}

// checkImage reads the image as those do who load it.
func checkImage(t *testing.T, r *release) {
	dir := t.TempDir()
	data, err := os.ReadFile(r.named("tap-rest_%s_oci.tar", r.version))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range untarred(t, data) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, data, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	linux := slices.DeleteFunc(slices.Clone(r.builds), func(b build) bool { return b.os != "linux" })
	if len(manifest.Manifests) != len(linux) {
		t.Errorf("%d images for %d platforms", len(manifest.Manifests), len(linux))
	}
	for _, m := range manifest.Manifests {
		image, err := index.Image(m.Digest)
		if err != nil {
			t.Fatal(err)
		}
		config, err := image.ConfigFile()
		if err != nil || config.Config.User != "1000:1000" || config.Config.Labels["org.opencontainers.image.revision"] != r.commit || config.Architecture != m.Platform.Architecture {
			t.Errorf("%v, %+v", err, config)
		}
	}
}

// checkContents reads the SPDX document, and holds it against its standard.
func checkContents(t *testing.T, r *release) {
	f, err := os.Open(r.named("tap-rest_%s.spdx.json", r.version))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := json.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := spdxlib.ValidateDocument(d); err != nil {
		t.Error(err)
	}
	var names []string
	for _, p := range d.Packages {
		names = append(names, p.PackageName)
	}
	for _, want := range []string{"tap-rest", "stdlib", "github.com/alecthomas/kong", "github.com/tidwall/gjson"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is missing of %d packages", want, len(names))
		}
	}
}

// checkPackages has Debian's own tool say what is in the package, where it is here.
func checkPackages(t *testing.T, r *release) {
	debs, err := filepath.Glob(r.named("*.deb"))
	if err != nil || len(debs) == 0 {
		t.Fatalf("%v, no deb", err)
	}
	tool, err := exec.LookPath("dpkg-deb")
	if err != nil {
		t.Skip("no dpkg-deb is here")
	}
	info, err := exec.Command(tool, "--info", debs[0]).Output()
	if err != nil || !strings.Contains(string(info), "Package: tap-rest") {
		t.Errorf("%v\n%s", err, info)
	}
	files, err := exec.Command(tool, "--contents", debs[0]).Output()
	for _, want := range []string{"./usr/bin/tap-rest", "./usr/share/man/man1/tap-rest.1", "./usr/share/doc/tap-rest/copyright", "./usr/share/bash-completion/completions/tap-rest"} {
		if err != nil || !strings.Contains(string(files), want) {
			t.Errorf("%v: %s is missing of\n%s", err, want, files)
		}
	}
}

// checkFormula holds the formula's checksums against those of the archives.
func checkFormula(t *testing.T, r *release, sums map[string]string) {
	text, err := os.ReadFile(r.named("tap-rest.rb"))
	if err != nil {
		t.Fatal(err)
	}
	for name, sum := range sums {
		if strings.HasSuffix(name, ".tar.gz") && !strings.Contains(string(text), name+"\"\n      sha256 \""+sum+`"`) {
			t.Errorf("the formula does not have %s", name)
		}
	}
}

// TestRefusesChanges refuses a checkout that is other than its commit.
func TestRefusesChanges(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "a"}, {"-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "a"}} {
		if err := os.WriteFile(filepath.Join(dir, "a"), []byte(args[0]), 0o600); err != nil {
			t.Fatal(err)
		}
		git(t, dir, args...)
	}
	r := &release{root: dir, dist: filepath.Join(dir, "dist"), goTool: "go"}
	if err := r.make(nil); err == nil || !strings.Contains(err.Error(), "changes that are not committed") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(r.dist); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func gunzip(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		data, err = io.ReadAll(packed)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func untarred(t *testing.T, data []byte) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	for all := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := all.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err == nil {
			files[h.Name], err = io.ReadAll(all)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func unzipped(t *testing.T, file string) map[string][]byte {
	t.Helper()
	all, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer all.Close()
	files := map[string][]byte{}
	for _, f := range all.File {
		one, err := f.Open()
		if err == nil {
			files[f.Name], err = io.ReadAll(one)
			one.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}
