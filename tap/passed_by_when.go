package tap

import (
	"fmt"
	"strings"

	"github.com/tap-rest/tap-rest/tap/plan"
)

// nonePassed says of each parent for none of whose records partition_by.when is true
// that it leads to nothing.
func nonePassed(p *pass) (notes []string) {
	for f, c := range p.ledBy() {
		if fields := c.passed.fields.Load(); fields != nil && c.passed.passed.Load() == 0 {
			notes = append(notes, c.notPassed(f.stream.Name, *fields))
		}
	}
	return notes
}

func (c *child) notPassed(parent string, fields []string) string {
	quoted := c.pass.run.Config.Hider.Quote(strings.Join(fields, ", "))
	if c.of.Files() {
		return fmt.Sprintf("files.when: %s is true for none of the %d records of the listing that came, so that no file is read: "+
			"compare it with a record (a field that is not there is undefined, which is not true). The first one has %s",
			c.when.Source(), c.passed.came.Load(), quoted)
	}
	return fmt.Sprintf("partition_by.when: %s is true for none of the %d records of %s that came, so that the stream has no partition of them: "+
		"compare it with a record (a field that is not there is undefined, which is not true). The first one has %s",
		c.when.Source(), c.passed.came.Load(), parent, quoted)
}

// tellPassed warns of parents that lead to nothing, and takes note of it.
func tellPassed(p *pass, note func(string)) {
	if p.decision.Way == plan.FromState { // an earlier run knows of the records before
		return
	}
	for _, text := range nonePassed(p) {
		p.run.Log.Warn(text, "stream", p.stream.Name)
		note(text)
	}
}

// leadsNowhere reports whether no record of its parents led to a partition of a pass.
func leadsNowhere(p *pass) bool {
	for _, c := range p.ledBy() {
		if c.passed.passed.Load() > 0 {
			return false
		}
	}
	return len(p.feeds) > 0 && !p.over && p.decision.Way != plan.FromState
}
