package page

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
)

//go:embed page.html
var html string

//go:embed page.css
var style string

//go:embed page.js
var script string

// Write writes the file. Calls that are added afterwards are not in it.
func (p *Page) Write(to io.Writer) error {
	p.dropOldest()
	w := bufio.NewWriterSize(to, 64<<10)
	// A checkout may have other line ends; browsers see them as these.
	lines := strings.NewReplacer("\r\n", "\n")
	digest := sha256.Sum256([]byte(lines.Replace(script)))
	policy := "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'; base-uri 'none'; form-action 'none'"
	rest := lines.Replace(html)
	for _, part := range []struct {
		mark  string
		write func() error
	}{
		{"<!--policy-->", func() error { return writeText(w, `<meta http-equiv="Content-Security-Policy" content="`+policy+`">`) }},
		{"<!--style-->", func() error { return writeText(w, "<style>"+lines.Replace(style)+"</style>") }},
		{"<!--data-->", func() error { return p.writeData(w) }},
		{"<!--script-->", func() error { return writeText(w, "<script>"+lines.Replace(script)+"</script>") }},
	} {
		before, after, _ := strings.Cut(rest, part.mark)
		if err := writeText(w, before); err != nil {
			return err
		}
		if err := part.write(); err != nil {
			return err
		}
		rest = after
	}
	if err := writeText(w, rest); err != nil {
		return err
	}
	return w.Flush()
}

func writeText(w io.Writer, text string) error {
	_, err := io.WriteString(w, text)
	return err
}

// data is what the page shows at once.
type data struct {
	Program string   `json:"program"`
	Made    int64    `json:"made"`
	Sources []source `json:"sources"`
	Streams []stream `json:"streams"`
	Calls   columns  `json:"calls"`
	LeftOut int      `json:"leftOut"`
	Part    int      `json:"part"` // how many calls each part of the details has
}

// callsOfPart is how many calls have their details in one part.
const callsOfPart = 500

// writeData writes the data as JSON, each part in an element of its own: whatever texts
// hold, <, > and & are escaped.
func (p *Page) writeData(w io.Writer) error {
	d := data{p.program, p.made.UnixMilli(), p.sources, p.streams, p.columns(), p.leftOut, callsOfPart}
	if err := writeJSON(w, "data", d); err != nil {
		return err
	}
	n := 0
	for some := range slices.Chunk(p.calls, callsOfPart) {
		if err := writeJSON(w, fmt.Sprint("part", n), newPart(some)); err != nil {
			return err
		}
		n++
	}
	return nil
}

func writeJSON(w io.Writer, id string, value any) error {
	if _, err := fmt.Fprintf(w, `<script type="application/json" id="%s">`, id); err != nil {
		return err
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(true) // it is the default, and what all depends on
	if err := e.Encode(value); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return writeText(w, "</script>\n")
}

// columns are what is listed and drawn of calls: one value of each for each call, in the
// order of their starts. Times are in tenths of a millisecond unless they say otherwise.
type columns struct {
	Base    int64   `json:"base"`    // of the first start, in milliseconds since 1970
	Start   []int64 `json:"start"`   // milliseconds since then
	Whole   []int64 `json:"whole"`   // with all attempts and waits
	Took    []int64 `json:"took"`    // by the last attempt
	Waited  []int64 `json:"waited"`  // -1: not recorded
	Status  []int   `json:"status"`  // 0: no answer
	Bytes   []int64 `json:"bytes"`   // as they came
	Records []int   `json:"records"` // in the answer
	Number  []int   `json:"number"`  // of attempts
	Stream  []int   `json:"stream"`
	Made    []made  `json:"made"`
	Room    []int64 `json:"room"` // thousandths of a limit that are left; -1: not said
	requests
	Failed map[int]string     `json:"failed"`
	Tries  map[int][][3]int64 `json:"tries"` // waited, took, status of each attempt, where there are several
}

// requests are what was asked, each as it differs from the stream's request before.
type requests struct {
	Same    []int          `json:"same"` // how many UTF-16 units are those of that one
	Request []string       `json:"request"`
	before  map[int]string // by the stream
}

func (r *requests) add(stream int, text string) {
	text = strings.ToValidUTF8(text, "\ufffd")
	same := commonPrefix(r.before[stream], text)
	r.before[stream] = text
	r.Same, r.Request = append(r.Same, units(text[:same])), append(r.Request, text[same:])
}

func (p *Page) columns() columns {
	n := len(p.calls)
	c := columns{
		Start: make([]int64, 0, n), Whole: make([]int64, 0, n), Took: make([]int64, 0, n), Waited: make([]int64, 0, n), Status: make([]int, 0, n),
		Bytes: make([]int64, 0, n), Records: make([]int, 0, n), Number: make([]int, 0, n), Stream: make([]int, 0, n), Made: make([]made, 0, n),
		Room: make([]int64, 0, n), Failed: map[int]string{}, Tries: map[int][][3]int64{},
		requests: requests{Same: make([]int, 0, n), Request: make([]string, 0, n), before: map[int]string{}},
	}
	if n > 0 {
		c.Base = p.calls[0].start
	}
	most := p.mostRoom()
	for i := range p.calls {
		one := &p.calls[i]
		c.requests.add(one.stream, one.request)
		c.add(one, most)
		if one.failed != "" {
			c.Failed[i] = one.failed
		}
		for _, t := range one.tries {
			c.Tries[i] = append(c.Tries[i], [3]int64{tenths(t.Waited), tenths(t.Took), int64(t.Status)})
		}
	}
	return c
}

func (c *columns) add(one *call, most map[roomKey]int64) {
	waited := int64(-1)
	if one.waited >= 0 {
		waited = tenths(one.waited)
	}
	left := one.room.left
	if all := most[roomKey{one.stream, one.room.name}]; left < 0 && one.room.some >= 0 && all > 0 {
		left = one.room.some * 1000 / all
	}
	c.Start, c.Whole = append(c.Start, one.start-c.Base), append(c.Whole, tenths(one.whole))
	c.Took, c.Waited = append(c.Took, tenths(one.took)), append(c.Waited, waited)
	c.Status, c.Bytes, c.Records = append(c.Status, one.status), append(c.Bytes, one.bytes), append(c.Records, one.records)
	c.Number, c.Stream, c.Made, c.Room = append(c.Number, one.number), append(c.Stream, one.stream), append(c.Made, one.made), append(c.Room, left)
}

type roomKey struct {
	stream int
	name   string
}

// mostRoom is the most that answers say to be left of limits whose size none says.
func (p *Page) mostRoom() map[roomKey]int64 {
	most := map[roomKey]int64{}
	for i := range p.calls {
		one := &p.calls[i]
		key := roomKey{one.stream, one.room.name}
		most[key] = max(most[key], one.room.some)
	}
	return most
}

func tenths(d time.Duration) int64 { return int64(d / (100 * time.Microsecond)) }

// commonPrefix is how many bytes two texts have in common at their beginnings, in whole
// characters.
func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(b) && b[n]&0xc0 == 0x80 {
		n--
	}
	return n
}

// units is how long a text is for JavaScript.
func units(text string) (n int) {
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// part are the details of some calls.
type part struct {
	Lines   []string `json:"lines"`   // headers, each once
	Headers [][]int  `json:"headers"` // of each call, by their places in lines
	Body    []string `json:"body"`
	Note    []string `json:"note"`
}

func newPart(some []call) part {
	p, places := part{}, map[string]int{}
	for i := range some {
		one := &some[i]
		headers := []int{}
		for _, line := range one.headers {
			at, ok := places[line]
			if !ok {
				at = len(p.Lines)
				places[line] = at
				p.Lines = append(p.Lines, line)
			}
			headers = append(headers, at)
		}
		p.Headers, p.Body, p.Note = append(p.Headers, headers), append(p.Body, one.body), append(p.Note, one.note)
	}
	return p
}
