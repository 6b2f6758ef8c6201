package parts

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"strconv"
	"strings"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/tap"
	"github.com/tap-rest/tap-rest/tap/planfile"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/tap-rest/inputs"
	"github.com/tap-rest/tap-rest/tap/tap-rest/program"
)

// PlanCmd says what a run would read.
type PlanCmd struct {
	inputs.RunFlags
	JSON    bool `name:"json" help:"An object on each line, instead of a table."`
	Parents bool `help:"Ask the API for the parents, and nothing else, and list the partitions that their records lead to."`
}

// Help stands in the command's help.
func (c *PlanCmd) Help() string {
	return `Each line is a partition: a stream with a context and a window, and a key that is the
same in every run. pages came already; calls are those to come, at least; cost is what
they cost, where the definition says it of each as a number. way is one of
  new       nothing of it was read yet
  open      an earlier run left it open, and it goes on
  owed      it failed for good, and is asked again
  none      no record of its parents leads to one
  read      it is a parent's, and read for this
  children  it is of records that are not known: --parents reads them; with
            --parents, a parent was not read to its end: there may be more

Without --parents there is no call. With it the parents are read, and kept in the
journal: a run that follows with the same inputs asks for none of it again.

With --json the first line has what all have in common, but with --parents. Runs with --plan FILE and --partition KEY or --shard I/N read parts of it,
"tap-rest state merge" joins their states, and --plan FILE alone ends it. A run with
--emit-plan FILE writes a plan that has parents' children, too.`
}

// TableHeld is how many rows are awaited before their columns are laid out.
const TableHeld = 100

// Run prints the plan.
func (c *PlanCmd) Run(rt *program.Runtime) error {
	o, err := c.Options(rt, tap.Known)
	if err != nil {
		return err
	}
	if c.JSON {
		return WritePlan(rt.Stdout, func(head func(planfile.Head) error, visit func(planfile.Planned) error) error {
			return c.plan(rt, o, head, visit)
		}, !c.Parents)
	}
	t := &planTable{Table: report.NewTable(rt.Stdout, 6, TableHeld), stream: o.Definition.Stream}
	for _, s := range o.Definition.Streams {
		t.costs = t.costs || s.Call.Cost != nil
	}
	_ = t.row("cost", "stream", "partition", "context", "from", "to", "way", "pages", "calls") // it is held
	if err = c.plan(rt, o, nil, t.add); err != nil && t.partitions == 0 && !t.unknown {
		return err
	}
	return cmp.Or(err, t.end())
}

// WritePlan writes a plan as lines of JSON; whole says that it has a last one.
func WritePlan(to io.Writer, plan func(head func(planfile.Head) error, visit func(planfile.Planned) error) error, whole bool) error {
	out := JSONLines(to)
	n := 0
	err := plan(func(h planfile.Head) error { return out.Encode(h) }, func(p planfile.Planned) error {
		n++
		return out.Encode(p)
	})
	if err != nil || !whole {
		return err
	}
	return out.Encode(planfile.End{End: n})
}

// plan hands out what a run would read.
func (c *PlanCmd) plan(rt *program.Runtime, o tap.Options, head func(planfile.Head) error, visit func(planfile.Planned) error) error {
	if !c.Parents {
		return tap.Plan(o, head, visit)
	}
	defer context.AfterFunc(rt.Stop, func() {
		o.Log.Info("a signal stops the plan: no request starts any more, and those under way get 5s")
	})()
	return tap.PlanByParents(rt.Stop, o, visit)
}

// planTable is a plan as a table, with its sums.
type planTable struct {
	*report.Table
	partitions int
	sum        planfile.Planned
	unknown    bool // how many partitions there are
	costs      bool // there is a column of what calls cost
	stream     func(stream string) *sources.Stream
}

// row writes a row, with what its calls cost where that has a column.
func (t *planTable) row(cost string, cells ...string) error {
	if t.costs {
		cells = append(cells, cost)
	}
	return t.Row(cells...)
}

// cost is what the calls of a partition cost, as far as that is known.
func (t *planTable) cost(p planfile.Planned) string {
	if _, known := t.stream(p.Stream).Call.KnownCost(); !known || p.Partition == "" {
		return "?"
	}
	return ">=" + p.Cost.String()
}

func (t *planTable) add(p planfile.Planned) error {
	t.sum.Pages += p.Pages
	t.sum.Calls += p.Calls
	t.sum.Cost += p.Cost
	name, way, calls := p.Stream, p.Way, atLeast(p.Calls)
	if p.Feed && !t.stream(p.Stream).Loaded.Hidden {
		name += " (for its children)"
	}
	switch {
	case p.Way == "read":
		calls = "0"
	case p.Way == "none":
		return t.row("0", name, "0 partitions", "", "", "", way, "0", "0")
	case p.Partition == "":
		way, calls, t.unknown = "of each record of "+strings.Join(p.Parents, ", "), "?", true
		if t.stream(p.Parents[0]).Loaded.Hidden {
			way = "of each file of its listing"
		}
	}
	if p.Partition != "" {
		t.partitions++
	}
	return t.row(t.cost(p), name, p.Partition, string(p.Context), Unquoted(p.Start), Unquoted(p.End), way, strconv.FormatInt(p.Pages, 10), calls)
}

// end writes the sums.
func (t *planTable) end() error {
	count := strconv.Itoa(t.partitions) + " partitions"
	if t.partitions == 1 {
		count = "1 partition"
	}
	if t.unknown {
		count = "at least " + count
	}
	err := t.row(">="+t.sum.Cost.String(), "total", count, "", "", "", "", strconv.FormatInt(t.sum.Pages, 10), atLeast(t.sum.Calls))
	return cmp.Or(err, t.Flush())
}

func atLeast(n int64) string { return ">=" + strconv.FormatInt(n, 10) }

// Unquoted is a value without the quotes of JSON.
func Unquoted(raw json.RawMessage) string { return strings.Trim(string(raw), `"`) }
