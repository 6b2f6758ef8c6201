//go:build unix

package main_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"encoding/base64"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tap-rest/tap-rest/testrig"
)

// testWheel packs the binary and has pip install it, without a network, where
// there is nothing else.
func testWheel(t *testing.T, in *interop) {
	dir := t.TempDir()
	wheel := in.wheel(t, filepath.Join(dir, "dist"))
	again := in.wheel(t, filepath.Join(dir, "again"))
	if !bytes.Equal(testrig.Read(t, wheel), testrig.Read(t, again)) {
		t.Error("the same binary gives another wheel")
	}
	testVersions(t, in)
	if program := checkWheel(t, wheel); !bytes.Equal(program, testrig.Read(t, in.binary)) {
		t.Error("the wheel carries another program than it was given")
	}

	env := filepath.Join(dir, "env")
	in.run(t, "uv", "uv", "venv", "--offline", env)
	in.run(t, "main", "python", "-m", "pip", "--python", env, "install", "--no-index", "--find-links", filepath.Dir(wheel), "tap-rest")
	installed, err := command(t, patience, filepath.Join(env, "bin", "tap-rest"), "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if want, err := command(t, patience, in.binary, "--version").Output(); err != nil || !bytes.Equal(installed, want) {
		t.Errorf("the installed program is %q, want %q, %v", installed, want, err)
	}
}

// testVersions wants a tag's version in Python's spelling, and one that is
// before all of them where a checkout is none. Each replaces the one before.
func testVersions(t *testing.T, in *interop) {
	dir := t.TempDir()
	for release, want := range map[string]string{
		"v1.2.3": "1.2.3", "v1.20.0-rc.1": "1.20.0rc1", "v1.2.3-beta2": "1.2.3b2",
		"v1.2.3-4-g0123abc": "0.0.0.dev0", "v1.2.3-dirty": "0.0.0.dev0", "": "0.0.0.dev0",
	} {
		t.Setenv("RELEASE", release)
		in.run(t, "main", "python", "../../.ci/wheel", "windows", "arm64", "../../LICENSE", dir, "14000000")
		if got := onlyFile(t, dir); got != "tap_rest-"+want+"-py3-none-win_arm64.whl" {
			t.Errorf("RELEASE=%s makes %s, want version %s", release, got, want)
		}
	}
}

// wheel packs the binary into dir and returns the file.
func (in *interop) wheel(t *testing.T, dir string) string {
	t.Helper()
	in.run(t, "main", "python", "../../.ci/wheel", runtime.GOOS, runtime.GOARCH, in.binary, dir, "14000000")
	return filepath.Join(dir, onlyFile(t, dir))
}

// run runs a program of an environment, which must succeed.
func (in *interop) run(t *testing.T, env, program string, args ...string) {
	t.Helper()
	if out, err := command(t, patience, in.program(env, program), args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v\n%s", program, args, err, out)
	}
}

func onlyFile(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%s holds %v, %v; want one file", dir, entries, err)
	}
	return entries[0].Name()
}

// testWheels checks the wheels that `make wheel` left in dist: one for each
// platform, with a program for that platform.
func testWheels(t *testing.T) {
	wheels, err := filepath.Glob("../../dist/*.whl")
	if err != nil || len(wheels) == 0 {
		t.Fatalf("no wheels in dist (%v): make wheel", err)
	}
	var found []string
	for _, wheel := range wheels {
		found = append(found, platform(t, checkWheel(t, wheel)))
	}
	slices.Sort(found)
	want := []string{"darwin amd64", "darwin arm64", "linux amd64", "linux arm64", "windows amd64", "windows arm64"}
	if !slices.Equal(found, want) {
		t.Errorf("dist has programs for %v, want %v", found, want)
	}
}

// platform says what a program runs on.
func platform(t *testing.T, program []byte) string {
	t.Helper()
	r := bytes.NewReader(program)
	if f, err := elf.NewFile(r); err == nil {
		return "linux " + map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[f.Machine]
	}
	if f, err := macho.NewFile(r); err == nil {
		return "darwin " + map[macho.Cpu]string{macho.CpuAmd64: "amd64", macho.CpuArm64: "arm64"}[f.Cpu]
	}
	if f, err := pe.NewFile(r); err == nil {
		return "windows " + map[uint16]string{pe.IMAGE_FILE_MACHINE_AMD64: "amd64", pe.IMAGE_FILE_MACHINE_ARM64: "arm64"}[f.Machine]
	}
	return "no known system"
}

// checkWheel wants a wheel to be one: smaller than 14 MB, its RECORD true of
// every file, its tags those of its name. It returns the program in it.
func checkWheel(t *testing.T, wheel string) []byte {
	t.Helper()
	r, err := zip.OpenReader(wheel)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if info, err := os.Stat(wheel); err != nil || info.Size() >= 14_000_000 {
		t.Errorf("%s: %v, %v; want less than 14 MB", wheel, info, err)
	}
	files := map[string][]byte{}
	var program []byte
	for _, f := range r.File {
		files[f.Name] = unzipped(t, f)
		if strings.Contains(f.Name, ".data/scripts/tap-rest") {
			program = files[f.Name]
			if f.Mode().Perm() != 0o755 {
				t.Errorf("%s has mode %v", f.Name, f.Mode())
			}
		}
	}
	// NAME-VERSION-PYTHON-ABI-PLATFORM[.PLATFORM]….whl
	parts := strings.Split(strings.TrimSuffix(filepath.Base(wheel), ".whl"), "-")
	info := parts[0] + "-" + parts[1] + ".dist-info/"
	checkRecord(t, files, info+"RECORD")
	var tags []string
	for _, p := range strings.Split(parts[4], ".") {
		tags = append(tags, "Tag: "+parts[2]+"-"+parts[3]+"-"+p)
	}
	if text := string(files[info+"WHEEL"]); !strings.HasSuffix(text, "\n"+strings.Join(tags, "\n")+"\n") {
		t.Errorf("%s: WHEEL is %q, want it to end in %q", wheel, text, tags)
	}
	if text := string(files[info+"METADATA"]); !strings.Contains(text, "\nVersion: "+parts[1]+"\n") {
		t.Errorf("%s: METADATA is %q", wheel, text)
	}
	return program
}

// checkRecord wants RECORD to list every file with its hash and size, itself
// without.
func checkRecord(t *testing.T, files map[string][]byte, record string) {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(files[record])).ReadAll()
	if err != nil || len(rows) != len(files) {
		t.Fatalf("%s has %d rows for %d files, %v", record, len(rows), len(files), err)
	}
	for _, row := range rows {
		want := []string{record, "", ""}
		if row[0] != record {
			sum := sha256.Sum256(files[row[0]])
			want = []string{row[0], "sha256=" + base64.RawURLEncoding.EncodeToString(sum[:]), fmt.Sprint(len(files[row[0]]))}
		}
		if !slices.Equal(row, want) {
			t.Errorf("RECORD has %v, want %v", row, want)
		}
	}
}

func unzipped(t *testing.T, f *zip.File) []byte {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
