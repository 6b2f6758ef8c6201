package tap

// activate writes ACTIVATE_VERSION for each table that was read to its end.
func (e *emitter) activate() error {
	for _, t := range e.bookmarks.over {
		if !t.pass.activates() {
			continue
		}
		if why := t.unknown(t.table.lacks); why != "" {
			e.display.Log.Warn("no ACTIVATE_VERSION is written for the stream: the target keeps the rows that are gone until a later run reads all of it",
				"stream", t.stream.Name, "why", why)
			continue
		}
		if err := e.writeActivate(t); err != nil {
			return err
		}
	}
	return nil
}

// writeActivate writes that the rows of other versions of a stream are gone,
// after its schema where that has not come.
func (e *emitter) writeActivate(t *track) error {
	e.line = e.appendSchema(e.line[:0], t)
	e.line = e.herald.protocol.AppendActivate(e.line, t.stream.Name, t.table.version)
	return e.out.Write(e.line)
}

// appendSchema appends the schema of a stream, where that has not come.
func (e *emitter) appendSchema(dst []byte, t *track) []byte {
	if known := t.pass.schema.Now(); known.Version > t.said {
		t.said = known.Version
		dst = append(dst, known.Line(e.herald.protocol, t.table.version)...)
	}
	return dst
}
