// Command release makes what a release of tap-rest is: for each platform a binary in an
// archive and in a wheel, Linux packages (deb, rpm), an image for containers, a list of
// what is inside (SPDX), a formula for Homebrew, and checksums of all that.
//
// The same commit gives the same bytes, wherever it is built by the same Go: each file is
// of the commit's time, and nothing says by whom it was built, or where.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// release is what is made.
type release struct {
	root     string    // of the checkout
	dist     string    // folder for the files
	version  string    // without v before it
	commit   string    // "": git does not say
	at       time.Time // of the commit
	goTool   string
	builds   []build
	scratch  string // folder for what is no file of the release
	packages packager
}

// build is the program for one platform.
type build struct {
	os, arch string
	file     string // the program
}

// program is how the program is named.
func (b build) program() string {
	if b.os == "windows" {
		return "tap-rest.exe"
	}
	return "tap-rest"
}

func main() {
	r := &release{}
	flag.StringVar(&r.root, "root", ".", "the checkout")
	flag.StringVar(&r.dist, "dist", "dist", "folder for the files of the release, which is emptied")
	flag.StringVar(&r.goTool, "go", "go", "the go command")
	platforms := flag.String("platforms", "linux_amd64 linux_arm64 darwin_amd64 darwin_arm64 windows_amd64 windows_arm64", "Go's names for OS and architecture")
	flag.Parse()
	if err := r.make(strings.Fields(*platforms)); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// make makes all files of the release.
func (r *release) make(platforms []string) (err error) {
	for _, folder := range []*string{&r.root, &r.dist} {
		if *folder, err = filepath.Abs(*folder); err != nil {
			return err
		}
	}
	if err := r.ask(); err != nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(r.dist), os.MkdirAll(r.dist, 0o755)); err != nil {
		return err
	}
	if r.scratch, err = os.MkdirTemp("", "tap-rest-release-"); err != nil {
		return err
	}
	defer os.RemoveAll(r.scratch)
	for _, p := range platforms {
		system, arch, ok := strings.Cut(p, "_")
		if !ok {
			return fmt.Errorf("-platforms: %q is no OS_ARCH, as linux_amd64", p)
		}
		one, err := r.build(system, arch)
		if err != nil {
			return err
		}
		r.builds = append(r.builds, one)
	}
	for _, step := range []func() error{r.readPackager, r.archives, r.linuxPackages, r.wheels, r.image, r.contents, r.formula, r.sums} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// ask asks git what is released. Without a tag it is a version before the first one.
func (r *release) ask() error {
	at, err := r.git("log", "-1", "--format=%ct")
	if err != nil {
		return err
	}
	var seconds int64
	if _, err := fmt.Sscan(at, &seconds); err != nil {
		return fmt.Errorf("git says of the commit's time %q: %w", at, err)
	}
	r.at = time.Unix(seconds, 0).UTC()
	if r.commit, err = r.git("rev-parse", "--short=12", "HEAD"); err != nil {
		return err
	}
	if changed, err := r.git("status", "--porcelain", "--untracked-files=no"); err != nil || changed != "" {
		return errors.Join(err, fmt.Errorf("the checkout has changes that are not committed, which no commit can be held to:\n%s", changed))
	}
	tag, err := r.git("describe", "--tags", "--exact-match", "--match", "v*")
	if err != nil {
		tag = "v0.0.0-dev"
	}
	r.version = strings.TrimPrefix(tag, "v")
	return nil
}

func (r *release) git(args ...string) (string, error) {
	out, err := r.run(r.root, nil, "git", append([]string{"-c", "safe.directory=*"}, args...)...) // another user's checkout is as good
	return strings.TrimSpace(string(out)), err
}

// run runs a command, and returns what it prints on stdout.
func (r *release) run(dir string, env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return out, nil
}

// build builds the program for a platform.
func (r *release) build(system, arch string) (build, error) {
	b := build{os: system, arch: arch}
	b.file = filepath.Join(r.scratch, system+"_"+arch, b.program())
	flags := "-s -w -X main.release=" + r.version + " -X main.commit=" + r.commit
	_, err := r.run(r.root, []string{"CGO_ENABLED=0", "GOOS=" + system, "GOARCH=" + arch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=-buildvcs=false", "GOEXPERIMENT="},
		r.goTool, "build", "-trimpath", "-ldflags", flags, "-o", b.file, "./tap/tap-rest")
	return b, err
}

// named is the path of a file of the release.
func (r *release) named(format string, args ...any) string {
	return filepath.Join(r.dist, fmt.Sprintf(format, args...))
}
