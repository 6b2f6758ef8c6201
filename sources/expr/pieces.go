package expr

// Expressions hands out the value of each expression in t, with its source. It stops at the first
// that cannot be evaluated; the error is of type *[EvalError].
func (t *Template) Expressions(vars Vars, visit func(source string, v Value)) error {
	r := t.begin(vars)
	defer t.end(r)
	for i := range t.pieces {
		p := &t.pieces[i]
		if p.source == "" {
			continue
		}
		v, err := p.eval(r)
		if err != nil {
			return err
		}
		visit(p.source, v)
	}
	return nil
}
