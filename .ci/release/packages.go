package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb"
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// packager has what the program itself prints for those who install it.
type packager struct {
	files []entry // with their place beside the program
}

// installed says where a package puts a file.
var installed = map[string]string{
	"man/tap-rest.1":            "/usr/share/man/man1/tap-rest.1",
	"completions/tap-rest.bash": "/usr/share/bash-completion/completions/tap-rest",
	"completions/_tap-rest":     "/usr/share/zsh/vendor-completions/_tap-rest",
	"completions/tap-rest.fish": "/usr/share/fish/vendor_completions.d/tap-rest.fish",
	"README.md":                 "/usr/share/doc/tap-rest/README.md",
	"CHANGELOG.md":              "/usr/share/doc/tap-rest/CHANGELOG.md",
	"LICENSE":                   "/usr/share/doc/tap-rest/copyright",
}

// readPackager has the program of this machine print its man page and its completions.
func (r *release) readPackager() error {
	own, err := r.build(runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return err
	}
	for _, one := range []struct {
		name string
		args []string
	}{
		{"man/tap-rest.1", []string{"man"}},
		{"completions/tap-rest.bash", []string{"completion", "bash"}},
		{"completions/_tap-rest", []string{"completion", "zsh"}},
		{"completions/tap-rest.fish", []string{"completion", "fish"}},
	} {
		out, err := exec.Command(own.file, one.args...).Output()
		if err != nil {
			return fmt.Errorf("tap-rest %s: %w", strings.Join(one.args, " "), err)
		}
		r.packages.files = append(r.packages.files, entry{one.name, 0o644, out})
	}
	return nil
}

// linuxPackages writes a deb and an rpm for each Linux.
func (r *release) linuxPackages() error {
	for _, b := range r.builds {
		if b.os != "linux" {
			continue
		}
		for _, kind := range []string{"deb", "rpm"} {
			if err := r.linuxPackage(b, kind); err != nil {
				return fmt.Errorf("%s of %s: %w", kind, b.arch, err)
			}
		}
	}
	return nil
}

func (r *release) linuxPackage(b build, kind string) error {
	beside, err := r.beside()
	if err != nil {
		return err
	}
	contents := files.Contents{{Source: b.file, Destination: "/usr/bin/tap-rest", FileInfo: &files.ContentFileInfo{Mode: 0o755, MTime: r.at}}}
	for _, e := range beside {
		file := filepath.Join(r.scratch, "package", filepath.FromSlash(e.name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, e.data, 0o644); err != nil {
			return err
		}
		contents = append(contents, &files.Content{Source: file, Destination: installed[e.name], FileInfo: &files.ContentFileInfo{Mode: 0o644, MTime: r.at}})
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: "tap-rest", Arch: b.arch, Platform: b.os, Version: r.version, Section: "utils", Priority: "optional", License: "MIT", MTime: r.at,
		Maintainer: "The tap-rest authors <tap-rest@users.noreply.github.com>", Homepage: homepage,
		Description:  "Reads any HTTP API out, completely, from a definition in one YAML file\nA Singer tap and an Airbyte source: one static binary.",
		Overridables: nfpm.Overridables{Contents: contents, RPM: nfpm.RPM{BuildHost: "tap-rest"}},
	})
	if err := nfpm.PrepareForPackager(info, kind); err != nil {
		return err
	}
	p, err := nfpm.Get(kind)
	if err != nil {
		return err
	}
	return r.write(p.ConventionalFileName(info), func(w io.Writer) error { return p.Package(info, w) })
}

// wheels writes the wheels, which installers of Python take.
func (r *release) wheels() error {
	for _, b := range r.builds {
		tag := "RELEASE=v" + r.version
		if _, err := r.run(r.root, []string{tag}, filepath.Join(r.root, ".ci", "wheel"), b.os, b.arch, b.file, r.dist, "14000000"); err != nil {
			return err
		}
	}
	return nil
}
