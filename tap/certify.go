package tap

import (
	"encoding/json"
	"fmt"

	"github.com/tap-rest/tap-rest/state/journal"
	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/plan"
	"github.com/tap-rest/tap-rest/tap/report"
	"github.com/tap-rest/tap-rest/tap/workdir"
)

// certify keeps what was proven of the streams: in the journal, for later runs,
// and in the file that was asked for. Its error is that of the file.
func (k keeper) certify(account *report.Account) error {
	for _, p := range k.passes {
		p.track.remember()
		k.journal.Certify(p.recorded, p.track.account.Record(k.Config.Hider.Line))
	}
	name := k.Config.Run.Certificate
	if name == "" {
		return nil
	}
	text, err := json.MarshalIndent(account.Certificate(k.Version, k.Config.Hider.Line), "", "  ")
	if err == nil {
		err = workdir.Write(name, append(text, '\n'))
	}
	if err != nil {
		err = fmt.Errorf("run.certificate: write %s: %w", name, err)
		k.Log.Error("what was proven of the streams could not be written: everything else is as it should be", "file", name, "why", err.Error())
	}
	return err
}

// CertificateOf is what was proven of the walks that ended in the last run of a
// pass in the journal; nil: none did.
func CertificateOf(p journal.Pass) *certificate.Record {
	var c certificate.Record
	if l := plan.LayoutOf(p); l.Certificate == nil || json.Unmarshal(l.Certificate, &c) != nil {
		return nil
	}
	return &c
}

// ReadForChildren reports whether a pass of the journal reads its stream for the sake of
// its children alone.
func ReadForChildren(p journal.Pass) bool { return plan.LayoutOf(p).Feed }
