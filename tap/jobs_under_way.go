package tap

import (
	"encoding/json"

	"github.com/tap-rest/tap-rest/sources/fetch/paging"
)

// countJobs tells the client of the jobs that earlier runs have asked for and that may be
// under way still, by what the state and the journal know.
func (p *pass) countJobs() error {
	export := p.stream.Definition.Pagination.Export
	if export == nil || export.MaxJobs == 0 || p.over {
		return nil
	}
	for _, partition := range p.run.journal.JobsUnderWay(p.recorded) {
		p.client.HasJob(partition)
	}
	if !p.many {
		if jobUnderWay(p.supply.first.Start.Next) {
			p.client.HasJob(p.supply.first.key.Key)
		}
		return nil
	}
	before := p.supply.Before()
	for _, o := range append(before.Open, before.Owed...) {
		var at paging.Position
		if o.Next == nil {
			continue
		}
		if err := json.Unmarshal(o.Next, &at); err != nil {
			return err
		}
		if jobUnderWay(at) {
			p.client.HasJob(o.Partition)
		}
	}
	return nil
}

// jobUnderWay reports whether a walk waits for its job there: of none of its files is
// known that it is there.
func jobUnderWay(at paging.Position) bool {
	return at.Export != nil && at.Export.File == 0 && at.Export.Files == 0
}
