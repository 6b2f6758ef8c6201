package main

import (
	"fmt"
	"runtime/debug"
)

// versionCmd is --version, as a command.
type versionCmd struct{}

// Run prints the version.
func (*versionCmd) Run(rt *runtime) error {
	_, err := fmt.Fprintln(rt.stdout, "tap-rest", version())
	return err
}

// release is the version, set by the linker in a release.
var release string

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
