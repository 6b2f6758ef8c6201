package pages

import (
	"unsafe"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/expr"
	"github.com/tap-rest/tap-rest/sources/fetch"
)

// view is what the templates of keep and add see: the answer, and one record
// of it after the other. What they compute of the answer or of a parent is
// computed once for all its records.
type view struct {
	loop   *expr.Loop
	eval   func(*expr.Template) (expr.Value, error)
	parent []byte
	within bool   // an answer of which more comes
	body   []byte // of the answer
}

func newView(vars expr.Vars) *view {
	own := make(expr.Vars, sources.VarCount)
	copy(own, vars)
	v := &view{loop: expr.NewLoop(own, sources.VarRecord)}
	v.eval = v.loop.Eval
	return v
}

// page shows the records of a page; answer says that the answer is looked at,
// too.
func (v *view) page(page *fetch.Page, answer bool) {
	v.parent = nil
	v.loop.Set(sources.VarParent, expr.Undefined())
	if v.within && same(v.body, page.Body.Text) {
		v.within = page.Partial
		return
	}
	v.within, v.body = page.Partial, page.Body.Text
	v.loop.Begin()
	v.loop.Set(sources.VarPage, expr.Dict([]string{"records"}, []expr.Value{expr.Int(int64(page.Count()))}))
	if answer {
		v.loop.Set(sources.VarResponse, expr.JSONBytes(page.Body.Text))
		v.loop.Set(sources.VarHeaders, fetch.HeaderValue(page.Header))
	}
}

// end forgets the answer.
func (v *view) end() {
	v.loop.Begin()
	for _, slot := range []int{sources.VarResponse, sources.VarRecord, sources.VarParent} {
		v.loop.Set(slot, expr.Undefined())
	}
	v.parent, v.body = nil, nil
}

// record shows a record and its parent. Records of one parent stand one after
// the other.
func (v *view) record(record, parent []byte) {
	v.loop.Set(sources.VarRecord, expr.JSONBytes(record))
	if same(parent, v.parent) {
		return
	}
	v.parent = parent
	if parent == nil {
		v.loop.Set(sources.VarParent, expr.Undefined())
		return
	}
	v.loop.Set(sources.VarParent, expr.JSONBytes(parent))
}

// same reports whether two texts lie in the same place.
func same(a, b []byte) bool {
	return len(a) == len(b) && unsafe.SliceData(a) == unsafe.SliceData(b)
}
