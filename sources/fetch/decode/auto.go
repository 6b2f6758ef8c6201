package decode

import (
	"errors"
	"fmt"
	"io"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/detect"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/file"
	"github.com/tap-rest/tap-rest/sources/fetch/decode/unpack"
)

// detect finds out what a body is, layer by layer, and returns what it holds, with the
// options by which that is read.
func (a *Answer) detect(in file.File) (unpack.Files, *Answer, error) {
	at, err := a.unpack(in)
	if err != nil {
		return nil, nil, err
	}
	found := &detected{all: []level{{files: at}}}
	seen := &detect.Seen{ContentType: a.Header.Get("Content-Type"), Disposition: a.Header.Get("Content-Disposition")}
	own, options := *a, *a.Options.Decode
	own.Options.Decode = &options
	for why := ""; ; {
		guess, err := found.look(&seen)
		switch {
		case errors.Is(err, io.EOF):
			err = &file.Error{Format: sources.FormatAuto, Offset: -1, Err: errors.New("the answer holds no file")}
			fallthrough
		case err != nil:
			found.Close()
			return nil, nil, err
		}
		why += guess.Why
		if guess.Unpack == nil {
			options.Format, options.CSV.Delimiter = guess.Format, guess.Delimiter
			if a.Seen != nil {
				a.Seen.As = &options
			}
			a.tell(fmt.Sprintf("auto takes the answer for %s: %s", guess.Format, why))
			return found, &own, nil
		}
		if err := found.take(guess.Unpack); err != nil {
			found.Close()
			return nil, nil, err
		}
		options.Unpack = append(options.Unpack[:len(options.Unpack):len(options.Unpack)], guess.Unpack...)
		why += ", then "
	}
}

func (a *Answer) tell(took string) {
	if a.Took != nil {
		a.Took(took)
	}
	if a.Seen != nil {
		a.Seen.Took = took
	}
}

// level are the files that a layer holds, and how it was taken off the file around it.
type level struct {
	files unpack.Files
	how   []sources.Packing
}

// detected are the files of a body whose layers are found out one after the other.
type detected struct {
	all   []level      // the outermost first
	first *file.Source // which was looked at, and not handed out; nil: none
	name  string
}

// look looks at the first file of the innermost layer.
func (d *detected) look(seen **detect.Seen) (detect.Guess, error) {
	in, name, err := d.all[len(d.all)-1].files.Next()
	if err != nil {
		return detect.Guess{}, err
	}
	if len(d.all) > detect.MaxLayers+1 {
		return detect.Guess{}, &file.Error{Format: sources.FormatAuto, Offset: -1, Err: fmt.Errorf("more than %d layers lie over one another: say in unpack which", detect.MaxLayers)}
	}
	d.first, d.name = sourceOf(in), name
	begins, err := d.first.Peek(detect.Enough)
	if err != nil {
		return detect.Guess{}, err
	}
	*seen = (*seen).Inside(name, begins)
	guess, err := detect.Detect(*seen)
	if err != nil {
		err = &file.Error{Format: sources.FormatAuto, Member: name, Offset: -1, Err: err}
	}
	return guess, err
}

// sourceOf makes a file one that can be looked at before it is read.
func sourceOf(in file.File) *file.Source {
	if s, ok := in.(*file.Source); ok {
		return s
	}
	return file.NewSource(in, nil, unpack.Most)
}

// take takes a layer off.
func (d *detected) take(how []sources.Packing) error {
	inner, err := unpack.Open(d.first, how)
	if err == nil {
		d.all, d.first = append(d.all, level{inner, how}), nil
	}
	return err
}

// Next returns the file that was looked at, then those behind it: each member of an
// archive is packed as its first one.
func (d *detected) Next() (file.File, string, error) {
	if in := d.first; in != nil {
		d.first = nil
		return in, d.name, nil
	}
	return d.next(len(d.all) - 1)
}

// next returns the next file of a level.
func (d *detected) next(i int) (file.File, string, error) {
	for {
		in, name, err := d.all[i].files.Next()
		if i == 0 || err == nil || !errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return in, name, err
		}
		outer, outerName, err := d.next(i - 1)
		if err != nil {
			return nil, "", err
		}
		inner, err := unpack.Open(outer, d.all[i].how)
		if bad := (*file.Error)(nil); errors.As(err, &bad) && bad.Member == "" {
			bad.Member = outerName
		}
		if err != nil {
			return nil, outerName, err
		}
		d.all[i].files.Close()
		d.all[i].files = inner
	}
}

// Close gives back what is held.
func (d *detected) Close() {
	for i := len(d.all) - 1; i >= 0; i-- {
		d.all[i].files.Close()
	}
}
