package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/spdx/v2/common"
)

const homepage = "https://github.com/tap-rest/tap-rest"

// contents writes what is inside the programs: the modules of all platforms, as an SPDX
// document (SBOM).
func (r *release) contents() error {
	modules := map[string]string{} // by their purl
	goVersion := ""
	for _, b := range r.builds {
		info, err := buildinfo.ReadFile(b.file)
		if err != nil {
			return err
		}
		goVersion = strings.TrimPrefix(info.GoVersion, "go")
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			modules["pkg:golang/"+m.Path+"@"+m.Version] = m.Path
		}
	}
	modules["pkg:golang/stdlib@"+goVersion] = "stdlib"
	d := &spdx.Document{
		SPDXVersion: spdx.Version, DataLicense: spdx.DataLicense, SPDXIdentifier: "DOCUMENT", DocumentName: "tap-rest-" + r.version,
		DocumentNamespace: homepage + "/spdx/" + r.version + "/" + r.commit,
		CreationInfo:      &spdx.CreationInfo{Created: r.at.Format(time.RFC3339), Creators: []common.Creator{{CreatorType: "Tool", Creator: "tap-rest-release"}}},
	}
	own := spdxPackage("tap-rest", "Package-tap-rest", r.version, "pkg:golang/github.com/tap-rest/tap-rest@v"+r.version)
	own.PackageLicenseConcluded, own.PackageLicenseDeclared = "MIT", "MIT"
	own.PrimaryPackagePurpose = "APPLICATION"
	d.Packages = append(d.Packages, own)
	relate := func(a, b common.ElementID, how string) {
		d.Relationships = append(d.Relationships, &spdx.Relationship{RefA: common.MakeDocElementID("", string(a)), RefB: common.MakeDocElementID("", string(b)), Relationship: how})
	}
	relate("DOCUMENT", own.PackageSPDXIdentifier, "DESCRIBES")
	var purls []string
	for purl := range modules {
		purls = append(purls, purl)
	}
	slices.Sort(purls)
	for _, purl := range purls {
		_, version, _ := strings.Cut(purl, "@")
		sum := sha256.Sum256([]byte(purl))
		one := spdxPackage(modules[purl], "Package-"+hex.EncodeToString(sum[:8]), version, purl)
		d.Packages = append(d.Packages, one)
		relate(own.PackageSPDXIdentifier, one.PackageSPDXIdentifier, "DEPENDS_ON")
	}
	return r.write("tap-rest_"+r.version+".spdx.json", func(w io.Writer) error { return json.Write(d, w, json.Indent("  ")) })
}

func spdxPackage(name, id, version, purl string) *spdx.Package {
	return &spdx.Package{
		PackageName: name, PackageSPDXIdentifier: common.ElementID(id), PackageVersion: version,
		PackageDownloadLocation: "NOASSERTION", PackageLicenseConcluded: "NOASSERTION", PackageLicenseDeclared: "NOASSERTION", PackageCopyrightText: "NOASSERTION",
		PackageExternalReferences: []*spdx.PackageExternalReference{{Category: "PACKAGE-MANAGER", RefType: "purl", Locator: purl}},
	}
}

// sums writes the SHA-256 of each file, as sha256sum -c reads them.
func (r *release) sums() error {
	entries, err := os.ReadDir(r.dist) // in the order of names
	if err != nil {
		return err
	}
	var lines strings.Builder
	for _, e := range entries {
		sum, err := digest(r.named("%s", e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&lines, "%s  %s\n", sum, e.Name())
	}
	return r.write("SHA256SUMS", func(w io.Writer) error {
		_, err := io.WriteString(w, lines.String())
		return err
	})
}

func digest(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
