//go:build !small

package xlsx

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/tap-rest/tap-rest/sources/fetch/decode/unpack"
)

// maxPart is the largest part of a workbook that is read as a whole, and maxSheet the
// largest that is read in pieces, in bytes.
const (
	maxPart  = 16 << 20
	maxSheet = 16 << 30
)

// workbook is a workbook with the parts that its cells need.
type workbook struct {
	archive *zip.Reader
	dir     string // that the workbook's part lies in
	sheets  []sheet
	parts   map[string]relation // by their ids
	days    bool                // are counted from 1904
	formats []format            // of the cells' styles
	strings sharedStrings
}

// sheet is a sheet as the workbook lists it.
type sheet struct {
	Name string `xml:"name,attr"`
	ID   string `xml:"id,attr"` // of the relation: the one in a namespace
}

// relation is where a part lies.
type relation struct {
	ID     string `xml:"Id,attr"`
	Type   string `xml:"Type,attr"`
	Target string `xml:"Target,attr"`
	Mode   string `xml:"TargetMode,attr"`
}

func openWorkbook(in io.ReaderAt, size int64) (*workbook, error) {
	var begins [4]byte
	if n, _ := in.ReadAt(begins[:], 0); n > 1 && string(begins[:2]) != "PK" {
		return nil, fmt.Errorf("the answer is no workbook, which is a ZIP archive: it begins with %q", begins[:n])
	}
	archive, err := unpack.Archive(in, size)
	if err != nil {
		return nil, err
	}
	w := &workbook{archive: archive, parts: map[string]relation{}}
	root, err := w.relations("_rels/.rels")
	if err != nil {
		return nil, err
	}
	book := ""
	for _, r := range root {
		if strings.HasSuffix(r.Type, "/officeDocument") {
			book = partName("", r.Target)
		}
	}
	if book == "" {
		return nil, errors.New("it is no workbook: _rels/.rels names no document")
	}
	w.dir = path.Dir(book)
	all, err := w.relations(path.Join(w.dir, "_rels", path.Base(book)+".rels"))
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		w.parts[r.ID] = r
	}
	if err := w.read(book); err != nil {
		return nil, err
	}
	return w, w.readShared(all)
}

// partName is the name of a part that another one in dir names.
func partName(dir, target string) string {
	if !strings.HasPrefix(target, "/") {
		target = path.Join(dir, target)
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// read reads which sheets there are, and how days are counted.
func (w *workbook) read(part string) error {
	var book struct {
		XMLName    xml.Name
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets struct {
			Sheets []sheet `xml:"sheet"`
		} `xml:"sheets"`
	}
	if err := w.unmarshal(part, &book); err != nil {
		return err
	}
	if book.XMLName.Local != "workbook" {
		return fmt.Errorf("it is no workbook: %s begins with the element %q", part, book.XMLName.Local)
	}
	w.days = book.Properties.Date1904 == "1" || book.Properties.Date1904 == "true"
	for _, s := range book.Sheets.Sheets {
		if strings.HasSuffix(w.parts[s.ID].Type, "/worksheet") {
			w.sheets = append(w.sheets, s)
		}
	}
	return nil
}

// readShared reads what the cells of all sheets share.
func (w *workbook) readShared(all []relation) (err error) {
	for _, r := range all {
		part := partName(w.dir, r.Target)
		switch {
		case r.Mode == "External":
		case strings.HasSuffix(r.Type, "/styles"):
			err = w.readStyles(part)
		case strings.HasSuffix(r.Type, "/sharedStrings"):
			err = w.strings.read(w, part)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
	}
	return nil
}

// sheet opens a sheet: of that name, or the first one.
func (w *workbook) sheet(name string) (io.ReadCloser, error) {
	var names []string
	for _, s := range w.sheets {
		if name == "" || s.Name == name {
			return w.open(partName(w.dir, w.parts[s.ID].Target))
		}
		if len(names) < 10 {
			names = append(names, fmt.Sprintf("%q", s.Name))
		}
	}
	if len(w.sheets) == 0 {
		return nil, errors.New("the workbook has no sheets of cells")
	}
	return nil, fmt.Errorf("there is no sheet %q; there are %s", name, strings.Join(names, ", "))
}

// open opens a part.
func (w *workbook) open(part string) (io.ReadCloser, error) {
	for _, f := range w.archive.File {
		if strings.EqualFold(strings.TrimPrefix(f.Name, "/"), part) {
			if f.Flags&1 != 0 {
				return nil, errors.New("the workbook is encrypted, and nobody can give a password")
			}
			if f.UncompressedSize64 > maxSheet { // what is longer than that says is refused by zip
				return nil, fmt.Errorf("%s is larger than %d GiB", part, maxSheet>>30)
			}
			return f.Open()
		}
	}
	return nil, fmt.Errorf("it is no whole workbook: %s is missing", part)
}

func (w *workbook) relations(part string) ([]relation, error) {
	var list struct {
		Relations []relation `xml:"Relationship"`
	}
	err := w.unmarshal(part, &list)
	return list.Relations, err
}

// unmarshal reads a part as a whole.
func (w *workbook) unmarshal(part string, to any) error {
	in, err := w.open(part)
	if err != nil {
		return err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxPart+1))
	if err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	if len(text) > maxPart {
		return fmt.Errorf("%s is larger than %d MiB", part, maxPart>>20)
	}
	if err := xml.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s: %w", part, err)
	}
	return nil
}
