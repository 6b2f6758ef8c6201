package unpack

import (
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
)

const (
	// Most is the longest file that is unpacked, in bytes.
	Most = 64 << 30
	// mostBehind is how much of a file may stand behind what its reader took of it.
	mostBehind = 8 << 20
)

// Files are those that lie in one, in its order. They are used from one goroutine.
type Files interface {
	// Next returns the next file and its name in the archives that it lies in, ""
	// where it lies in none, or io.EOF behind the last. The file before is over then:
	// what was left of it is read, which proves it whole. Its errors are those of
	// the file that they lie in, or a *file.Error whose Format is the layer.
	Next() (f file.File, name string, err error)
	// Close gives back what was held. It does not close the file that they lie in.
	Close()
}

// Open begins to unpack a file. Where no layer is an archive, there is one file in it.
// What it returns is to be closed, if there is no error.
func Open(in file.File, how []sources.Packing) (Files, error) { return open(in, how, "") }

// open is Open for a file that is a member itself.
func open(in file.File, how []sources.Packing, member string) (Files, error) {
	if len(how) == 0 {
		return &one{File: in}, nil
	}
	begin := kinds[how[0].Kind]
	if begin == nil {
		return nil, fmt.Errorf("nobody can unpack %q", how[0].Kind)
	}
	files, err := begin(in, &how[0], member)
	if err != nil || len(how) == 1 {
		return files, err
	}
	return &nested{outer: files, how: how[1:], member: member}, nil
}

// kinds begin to take a layer off a file, which is a member of that name or, without
// a name, the answer.
var kinds = map[string]func(in file.File, how *sources.Packing, member string) (Files, error){
	"gzip":   compressed("gzip"),
	"zstd":   compressed("zstd"),
	"bz2":    compressed("bz2"),
	"xz":     compressed("xz"),
	"base64": openBase64,
	"path":   openPath,
	"tar":    openTar,
	"zip":    openZip,
}

// one are Files of which there is one.
type one struct {
	file.File
	close func() // nil: there is nothing to give back
	given bool
}

func (o *one) Next() (file.File, string, error) {
	if o.given {
		if err := finish(o.File); err != nil {
			return nil, "", err
		}
		return nil, "", io.EOF
	}
	o.given = true
	return o.File, "", nil
}

func (o *one) Close() {
	if o.close != nil {
		o.close()
	}
}

// finish reads what is left of a file: an error may stand behind what was wanted.
func finish(f io.Reader) error {
	n, err := io.Copy(io.Discard, io.LimitReader(f, mostBehind))
	if err == nil && n == mostBehind {
		err = fmt.Errorf("the file goes on for more than %d MiB behind its end", mostBehind>>20)
	}
	return err
}

// nested are the files that lie in each of others.
type nested struct {
	outer  Files
	how    []sources.Packing // taken off each of them
	member string            // that the outer ones lie in
	name   string            // of the present one of them
	inner  Files             // that lie in it; nil: none is open
}

func (n *nested) Next() (file.File, string, error) {
	for {
		if n.inner == nil {
			if err := n.open(); err != nil {
				return nil, "", err
			}
		}
		f, name, err := n.inner.Next()
		if !errors.Is(err, io.EOF) {
			return f, join(n.name, name), err
		}
		n.inner.Close()
		n.inner = nil
	}
}

func (n *nested) open() error {
	f, name, err := n.outer.Next()
	if err != nil {
		return err
	}
	n.name = name
	n.inner, err = open(f, n.how, join(n.member, name))
	return err
}

func (n *nested) Close() {
	if n.inner != nil {
		n.inner.Close()
	}
	n.outer.Close()
}

// join is the name of a member of a member.
func join(outer, inner string) string {
	if outer == "" || inner == "" {
		return outer + inner
	}
	return outer + "/" + inner
}
