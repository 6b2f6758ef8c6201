package tap

import (
	"slices"

	"github.com/tap-rest/tap-rest/sources"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// check refuses options of the run that it could not keep to, before a request is
// made. Its error is an *InputError.
func (o *Options) check() error {
	run := &o.Config.Run
	if name := run.Certificate; name != "" {
		if err := workdir.Writable(name); err != nil {
			return unusable("run.certificate: %s cannot be written, so nothing was fetched: %w; name a file in a folder that this user may write to", name, err)
		}
		if err := workdir.Replaceable(name, report.CertificateBegin); err != nil {
			return unusable("run.certificate: %s is not replaced, so nothing was fetched: %w", name, err)
		}
	}
	costs := func(s *sources.Stream) bool { return s.Call.Cost != nil }
	if run.MaxCost > 0 && !o.Replay && !slices.ContainsFunc(o.Definition.Streams, costs) {
		return unusable("run.max_cost is %v, but no stream of the definition has a cost, so the run would spend without a limit, and nothing was fetched: "+
			"write cost in client or stream, which says what a request costs; or leave run.max_cost out", run.MaxCost)
	}
	return nil
}

// CheckShare refuses a plan of something else than a run with these options would read. It
// makes no call. Its error is an *InputError.
func CheckShare(o Options) error {
	if err := o.Share.Check(o.planInputs()); err != nil {
		return &InputError{err}
	}
	return nil
}
