package fetch

// shrink makes the request for the same records with half as many on a page. The size
// stays so for the rest of the walk, and in its positions. What was asked for ahead is
// of no use.
func (a *asker) shrink(out *outgoing, why error) (*outgoing, error) {
	from := a.requests.pager.Position()
	to, err := a.requests.pager.Smaller(from)
	if err != nil {
		return nil, err
	}
	was := a.requests.pager.Size()
	a.ahead.drop(true)
	again, err := a.requests.buildAt(to)
	if err != nil {
		a.requests.pager.Go(from)
		return nil, err
	}
	a.requests.pager.Resize(to)
	a.requests.sent = again
	a.client.Log.Info("the answer is too much for the API or for this program: smaller pages are asked for from here on",
		"stream", a.stream.Name, "request", out.Shown, "why", hide(a.client.Secrets, why).Error(), "records", was, "instead", to.Size)
	return again, nil
}
