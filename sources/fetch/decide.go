package fetch

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tidwall/gjson"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/sources/fetch/advice"
	"github.com/tap-rest/tap-rest/sources/fetch/paging"
	"github.com/tap-rest/tap-rest/sources/fetch/records"
)

// decide decides about an attempt: the definition's rules first, then what is
// built in. What the server's session may have moved on for is not asked again.
func (j *judge) decide(out *outgoing, ex *Exchange, err error) verdict {
	v := j.decideAlone(out, ex, err)
	if v.retry && !v.ruled && j.session.moves(out) && !spared(ex) {
		return refuse(SessionLost, fmt.Errorf("%w: the server keeps the position (session: true) and may have moved on, so the request is not sent again", v.err))
	}
	return v
}

func (j *judge) decideAlone(out *outgoing, ex *Exchange, err error) verdict {
	if v, ruled := j.rules.tooMuch(err); ruled {
		return v
	}
	if err != nil {
		return judgeError(err)
	}
	if ex.Body.Long() && ex.cut == nil {
		err := j.bodies.NeedsWhole()
		if v, ruled := j.rules.tooMuch(err); ruled {
			return v
		}
		if err != nil {
			return refuse(Permanent, err).advise(smaller)
		}
	}
	var s records.Split
	switch {
	case ex.cut != nil:
	case out.role.about():
		s = splitJob(ex)
	case out.role == forFile && ex.Status == http.StatusNoContent:
		s.Records = records.None{}
	default:
		s = j.split(ex)
	}
	if v, ruled := j.rules.tooMuch(ex.cut); ruled {
		return v
	}
	if ex.cut != nil {
		return judgeCut(ex)
	}
	if v, ruled := j.rules.tooMuch(s.Err); ruled {
		return v
	}
	page := j.show(ex, s)
	if err := j.meter.charge(&page.Exchange); err != nil {
		return refuse(Permanent, err)
	}
	if v, expired := j.login.expired(ex); expired {
		return v
	}
	if v, over := j.session.over(out, ex); over {
		return v
	}
	if v, ruled := j.rules.decide(page); ruled {
		v.ruled = true
		return v
	}
	if page.Partly && !out.role.about() && out.aside == "" {
		return j.take(out, page, s)
	}
	if j.pager.Refuses(ex.Status) {
		page.ruling = paging.Ruling{Refused: true, Over: true, Empty: true}
		return accept(page)
	}
	if !ex.well() {
		return j.status(out, ex)
	}
	if out.role != forPage {
		if v, done := j.jobs.takeJob(out, page, s); done {
			return v
		}
	}
	if v, partial := judgePartial(out, ex); partial {
		return v
	}
	if out.aside != "" {
		return j.takeOpening(page)
	}
	return j.take(out, page, s)
}

// take decides about an answer that may be a page.
func (j *judge) take(out *outgoing, page *Page, s records.Split) verdict {
	switch {
	case errors.Is(s.Err, ErrBroken):
		return j.broken(&page.Exchange, s.Err)
	case errors.Is(s.Err, records.ErrNoContent):
		return refuse(Permanent, s.Err).advise("where that means no records, say on_missing: empty")
	case errors.Is(s.Err, ErrWhole):
		return refuse(Permanent, s.Err).advise(smaller)
	case out.GraphQL && !page.Partly && j.view.hasErrors():
		return j.graphQLErrors(page)
	case errors.Is(s.Err, ErrNoRecords):
		v := refuse(Permanent, s.Err)
		if says, is := advice.SOAPFault(page.Body.Text); is && j.stream.Text.Decode.Format == sources.FormatXML {
			return refuse(Permanent, fmt.Errorf("the answer is a SOAP fault: %s", j.secrets.Quote(oneLine(says))))
		}
		if !page.Body.Long() {
			v.tip = j.advice().Records(page.Body.Text)
		}
		return v
	case s.Err != nil:
		return refuse(Permanent, s.Err)
	}
	if s.Records.Len() == 0 {
		if err := j.pager.Fallen(); err != nil {
			return j.login.fallen(page, err)
		}
		j.login.looks()
	}
	page.Records, page.ruling.Empty = s.Records, page.Status == http.StatusNoContent
	return accept(page)
}

// takeOpening decides about an answer that opens a session.
func (j *judge) takeOpening(page *Page) verdict {
	if page.Body.Long() || !gjson.ValidBytes(page.Body.Text) {
		return j.broken(&page.Exchange, fmt.Errorf("%w: pagination.open: the answer is no whole JSON text", ErrBroken))
	}
	page.ruling.Empty = true
	return accept(page)
}
