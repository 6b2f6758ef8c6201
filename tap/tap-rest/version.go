package main

import (
	"fmt"
	"runtime/debug"

	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// versionCmd is --version, as a command.
type versionCmd struct{}

// Run prints the version.
func (*versionCmd) Run(rt *program.Runtime) error {
	_, err := fmt.Fprintln(rt.Stdout, versionLine())
	return err
}

// versionLine says which program this is.
func versionLine() string {
	line := "tap-rest " + version()
	if commit := commitOf(); commit != "" {
		line += " (commit " + commit + ")"
	}
	return line
}

// release is the version, and commit what it was built of, set by the linker in a release.
var release, commit string

// commitOf is the commit that the program was built of; "": nothing says it.
func commitOf() string {
	if commit != "" {
		return commit
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(len(s.Value), 12)]
		}
	}
	return ""
}

// version returns the program's version: that of the release, of the module,
// or dev.
func version() string {
	if release != "" {
		return release
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}
