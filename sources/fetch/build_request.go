package fetch

import (
	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch/body"
	"github.com/tap-rest/tap-rest/sources/fetch/pace"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/request"
)

// builder makes the requests of one walk: for the page at which its pager stands, and
// those of its session. It is used from the walk's goroutine.
type builder struct {
	stream    *sources.Stream
	requester *requester
	maker     *request.Maker
	vars      expr.Vars // what templates see: of them, it sets page and auth
	pager     *paging.Pager
	recorder  *recorder
	under     body.Layers // of the answers' bodies
	jar       *request.Cookies
	price     pace.Price
	sent      *outgoing // the request under way
}

// newBuilder returns the builder of a walk's requests, which see vars. It has no pager
// yet.
func newBuilder(r *requester, stream *sources.Stream, vars expr.Vars, kept *recorder) *builder {
	own := make(expr.Vars, sources.VarCount)
	copy(own, vars)
	return &builder{
		stream: stream, requester: r, maker: r.of(stream, own), vars: own, recorder: kept,
		under: body.Under(stream, r.takes(stream.Name)), jar: request.NewCookies(stream.Call.Cookies), price: pace.PriceOf(stream),
	}
}

// build makes the request for the walk's position.
func (b *builder) build() (*outgoing, error) {
	page, err := b.asks()
	if err != nil {
		return nil, err
	}
	b.showLogin()
	r, err := b.maker.Make(b.vars, page)
	if err != nil {
		return nil, err
	}
	out := b.outgoing(r)
	out.n = b.pager.Position().Pages
	b.recorder.tags.unless(out)
	return out, nil
}

// buildOther makes a request for no page, as those before and after the walk.
func (b *builder) buildOther(spec sources.Request, aside string) (*outgoing, error) {
	b.setPage()
	b.showLogin()
	r, err := b.maker.MakeOther(spec, b.vars, request.Page{First: true})
	if err != nil {
		return nil, err
	}
	out := b.outgoing(r)
	out.spec, out.aside = &spec, aside
	return out, nil
}

// rebuild makes a request again, with what templates see as auth by now.
func (b *builder) rebuild(out *outgoing) (*outgoing, error) {
	if out.role == forPage && out.spec == nil {
		b.setPage()
		return b.build()
	}
	r, err := b.remake(out)
	if err != nil {
		return nil, err
	}
	again := *out
	again.Request, again.passage.Path = r, r.URL.Path
	return &again, nil
}

// remake makes what is sent again for a request that is for no page, or for a file.
func (b *builder) remake(out *outgoing) (*request.Request, error) {
	b.showLogin()
	if out.spec != nil {
		return b.maker.MakeOther(*out.spec, b.vars, request.Page{First: true})
	}
	page, err := b.asks()
	if err != nil {
		return nil, err
	}
	return b.maker.Make(b.vars, page)
}

// outgoing makes a request one of the walk.
func (b *builder) outgoing(r *request.Request) *outgoing {
	out := &outgoing{Request: r, vars: b.vars, longAnswer: longAnswer{file: b.recorder.file}, under: b.under, jar: b.jar}
	out.passage = pace.Passage{Stream: b.stream.Name, Path: r.URL.Path, Price: b.price}
	if b.recorder.Recording != nil || b.recorder.tags != nil {
		out.digest = b.recorder.digest(out, false)
	}
	return out
}

// asks is what the walk's pagination sends.
func (b *builder) asks() (page request.Page, err error) {
	at := b.pager.Position()
	page = request.Page{First: b.pager.First(), Sends: b.pager.Sends()}
	if at.URL != "" {
		page.Link, err = b.maker.OpenURL(at.URL)
	}
	if err == nil && at.Token != nil {
		_, err = b.maker.OpenToken(at.Token)
	}
	return page, err
}

// buildAt builds the request for a position, and stands there.
func (b *builder) buildAt(at paging.Position) (*outgoing, error) {
	b.pager.Go(at)
	b.setPage()
	return b.build()
}

// setPage makes what templates of a request see as page.
func (b *builder) setPage() { b.vars[sources.VarPage] = b.pager.Page(expr.Undefined()) }

// showLogin makes what templates see as auth.
func (b *builder) showLogin() {
	if l := b.requester.login(); l != nil {
		b.vars[sources.VarAuth] = l.Answer()
	}
}
