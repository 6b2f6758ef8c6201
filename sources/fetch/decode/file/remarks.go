package file

// Remark is what a file that was read says against the definition: likely it was meant
// to be read otherwise.
type Remark struct {
	About string // a key of the definition, or what else it is about
	// Text is a sentence with the line to write. It is "" where the file shows that the
	// key is right: then no file that is read with it is told of.
	Text string
}

// Remarker are Records, or a document, that may have remarks once they were read to
// their end.
type Remarker interface{ Remarks() []Remark }

// Trailed are Records that may end with an object that is none, but says something of the
// whole file: nil where they do not.
type Trailed interface{ Trailer() []byte }

// Remarks are those of several files, of which each key is told of once.
type Remarks struct{ all []Remark }

// Add adds what another file says.
func (r *Remarks) Add(all ...Remark) {
	for _, one := range all {
		r.add(one)
	}
}

func (r *Remarks) add(one Remark) {
	for i, known := range r.all {
		if known.About == one.About {
			if one.Text == "" {
				r.all[i].Text = ""
			}
			return
		}
	}
	r.all = append(r.all, one)
}

// Join adds those of other files.
func (r *Remarks) Join(other Remarks) { r.Add(other.all...) }

// Texts are the sentences.
func (r *Remarks) Texts() (texts []string) {
	for _, one := range r.all {
		if one.Text != "" {
			texts = append(texts, one.Text)
		}
	}
	return texts
}
