package render

import (
	"time"

	"github.com/tap-rest/tap-rest/tap/certificate"
	"github.com/tap-rest/tap-rest/tap/plan"
)

// named is how the certificate of a walk names its partition.
func named(one *plan.Reading) certificate.Partition {
	p := certificate.Partition{Key: one.Part.Key, Context: string(one.Part.Context.Text)}
	if w := one.Part.Window; !w.From.IsZero() || !w.Until.IsZero() {
		p.Window = timeText(w.From) + "/" + timeText(w.Until)
	}
	return p
}

func timeText(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}
