package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
)

// entry is a file of an archive or of an image.
type entry struct {
	name string
	mode int64
	data []byte
}

// archives writes the program of each platform with what belongs beside it.
func (r *release) archives() error {
	for _, b := range r.builds {
		entries, err := r.beside()
		if err != nil {
			return err
		}
		program, err := os.ReadFile(b.file)
		if err != nil {
			return err
		}
		entries = append([]entry{{b.program(), 0o755, program}}, entries...)
		base := "tap-rest_" + r.version + "_" + b.os + "_" + b.arch
		if b.os == "windows" {
			err = r.write(base+".zip", func(w io.Writer) error { return r.zip(w, entries) })
		} else {
			err = r.write(base+".tar.gz", func(w io.Writer) error { return r.tarGz(w, entries) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// beside are the files that come with each program.
func (r *release) beside() (all []entry, err error) {
	for _, name := range []string{"README.md", "CHANGELOG.md", "LICENSE"} {
		data, err := os.ReadFile(filepath.Join(r.root, name))
		if err != nil {
			return nil, err
		}
		all = append(all, entry{name, 0o644, data})
	}
	return append(all, r.packages.files...), nil
}

// write writes a file of the release.
func (r *release) write(name string, write func(io.Writer) error) (err error) {
	f, err := os.OpenFile(filepath.Join(r.dist, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if err = write(f); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func (r *release) tarGz(w io.Writer, entries []entry) error {
	packed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := r.tar(packed, entries); err != nil {
		return err
	}
	return packed.Close()
}

// tar writes entries, of which a name that ends in a slash is a folder.
func (r *release) tar(w io.Writer, entries []entry) error {
	all := tar.NewWriter(w)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: e.mode, Size: int64(len(e.data)), ModTime: r.at, Format: tar.FormatPAX, Typeflag: tar.TypeReg}
		if e.name[len(e.name)-1] == '/' {
			h.Typeflag, h.Uid, h.Gid = tar.TypeDir, container, container
		}
		if err := all.WriteHeader(h); err != nil {
			return err
		}
		if _, err := all.Write(e.data); err != nil {
			return err
		}
	}
	return all.Close()
}

func (r *release) zip(w io.Writer, entries []entry) error {
	all := zip.NewWriter(w)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Modified: r.at}
		h.SetMode(os.FileMode(e.mode))
		one, err := all.CreateHeader(h)
		if err == nil {
			_, err = one.Write(e.data)
		}
		if err != nil {
			return err
		}
	}
	return all.Close()
}
