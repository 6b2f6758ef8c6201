package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// container is the id of the user and the group that run in a container.
const container = 1000

// image writes what the Containerfile says as an OCI layout in one file, for each Linux:
// skopeo, podman and buildah read it as oci-archive, and Docker loads it.
func (r *release) image() error {
	shared, err := r.shared()
	if err != nil {
		return err
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, b := range r.builds {
		if b.os != "linux" {
			continue
		}
		image, err := r.imageOf(b, shared)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{
			Platform: &v1.Platform{OS: b.os, Architecture: b.arch}, Annotations: map[string]string{"org.opencontainers.image.ref.name": r.version},
		}})
	}
	dir := filepath.Join(r.scratch, "image")
	if _, err := layout.Write(dir, index); err != nil {
		return err
	}
	var entries []entry
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error { // in the order of names
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		entries = append(entries, entry{filepath.ToSlash(name), 0o644, data})
		return err
	})
	if err != nil {
		return err
	}
	return r.write("tap-rest_"+r.version+"_oci.tar", func(w io.Writer) error { return r.tar(w, entries) })
}

// shared are the files of all platforms: the roots that TLS trusts, the time zones, and
// folders that the container may write to.
func (r *release) shared() ([]entry, error) {
	root, err := r.run(r.root, nil, r.goTool, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	zones, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		return nil, err
	}
	roots, err := trusted()
	return []entry{
		{"airbyte/", 0o755, nil}, {"airbyte/state/", 0o755, nil}, {"tmp/", 0o755, nil},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, roots}, {"usr/share/zoneinfo.zip", 0o644, zones},
	}, err
}

// trusted are the roots that Mozilla trusts for all that they sign, as PEM.
func trusted() ([]byte, error) {
	var all bytes.Buffer
	n := 0
	for one := range bundle.Roots() {
		if one.Constraint != nil { // a plain file cannot say it
			continue
		}
		cert, err := x509.ParseCertificate(one.Certificate)
		if err != nil {
			return nil, err
		}
		n++
		fmt.Fprintf(&all, "# %s\n", cert.Subject)
		if err := pem.Encode(&all, &pem.Block{Type: "CERTIFICATE", Bytes: one.Certificate}); err != nil {
			return nil, err
		}
	}
	if n < 50 {
		return nil, fmt.Errorf("%d roots are trusted: that cannot be all", n)
	}
	return all.Bytes(), nil
}

func (r *release) imageOf(b build, shared []entry) (v1.Image, error) {
	program, err := os.ReadFile(b.file)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for _, entries := range [][]entry{shared, {{"tap-rest", 0o755, program}}} {
		var all bytes.Buffer
		if err := r.tar(&all, entries); err != nil {
			return nil, err
		}
		layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(all.Bytes())), nil }, tarball.WithMediaType(types.OCILayer))
		if err != nil {
			return nil, err
		}
		if image, err = mutate.AppendLayers(image, layer); err != nil {
			return nil, err
		}
	}
	image, err = mutate.CreatedAt(image, v1.Time{Time: r.at})
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = b.os, b.arch
	for i := range config.History {
		config.History[i].Created = v1.Time{Time: r.at}
	}
	config.Config = v1.Config{
		User: fmt.Sprintf("%d:%d", container, container), WorkingDir: "/airbyte", Entrypoint: []string{"/tap-rest"},
		Env: []string{
			"AIRBYTE_ENTRYPOINT=/tap-rest", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt", "ZONEINFO=/usr/share/zoneinfo.zip", "XDG_STATE_HOME=/airbyte/state",
		},
		Labels: map[string]string{
			"io.airbyte.name": "tap-rest/source-tap-rest", "io.airbyte.version": r.version,
			"org.opencontainers.image.title": "tap-rest", "org.opencontainers.image.description": "Reads HTTP APIs: a Singer tap and an Airbyte source",
			"org.opencontainers.image.version": r.version, "org.opencontainers.image.revision": r.commit, "org.opencontainers.image.licenses": "MIT",
		},
	}
	return mutate.ConfigFile(image, config)
}
