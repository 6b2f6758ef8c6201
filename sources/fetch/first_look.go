package fetch

// Notes are what a person who writes a definition should know of the page that came
// last, though it came: what the definition says costs calls, or loses records. Each
// is a sentence with the line to write. It is asked before the next page.
func (w *Walk) Notes(page *Page) (notes []string) {
	if !page.First || page.Recalled {
		return nil
	}
	a := w.judge.advice()
	all := []string{a.Redirected(w.requests.sent.URL, page.url)}
	if !page.Last {
		all = append(all, a.Capped(int64(page.Count()), outside{requests: w.requests}.Asked))
	}
	if !page.Body.Long() {
		all = append(all, a.Begins(page.Body.Text, page.Header))
	}
	for _, note := range all {
		if note != "" {
			notes = append(notes, w.client.Secrets.Redact(note))
		}
	}
	return notes
}
