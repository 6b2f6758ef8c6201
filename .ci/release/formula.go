package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// formula writes what Homebrew installs the program by, where it has archives for macOS
// and Linux.
func (r *release) formula() error {
	var systems strings.Builder
	for _, system := range []struct{ brew, os string }{{"macos", "darwin"}, {"linux", "linux"}} {
		var archs strings.Builder
		for _, arch := range []struct{ brew, arch string }{{"arm", "arm64"}, {"intel", "amd64"}} {
			name := fmt.Sprintf("tap-rest_%s_%s_%s.tar.gz", r.version, system.os, arch.arch)
			sum, err := digest(r.named("%s", name))
			if os.IsNotExist(err) {
				continue
			}
			if err != nil {
				return err
			}
			fmt.Fprintf(&archs, "    on_%s do\n      url \"%s/releases/download/v%s/%s\"\n      sha256 \"%s\"\n    end\n", arch.brew, homepage, r.version, name, sum)
		}
		if archs.Len() > 0 {
			fmt.Fprintf(&systems, "\n  on_%s do\n%s  end\n", system.brew, archs.String())
		}
	}
	return r.write("tap-rest.rb", func(w io.Writer) error {
		_, err := fmt.Fprintf(w, `class TapRest < Formula
  desc "Reads any HTTP API out, completely, from a definition in one YAML file"
  homepage "%s"
  version "%s"
  license "MIT"
%s
  def install
    bin.install "tap-rest"
    man1.install "man/tap-rest.1"
    bash_completion.install "completions/tap-rest.bash" => "tap-rest"
    zsh_completion.install "completions/_tap-rest"
    fish_completion.install "completions/tap-rest.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/tap-rest --version")
  end
end
`, homepage, r.version, systems.String())
		return err
	})
}
