package sources

import "github.com/tap-rest/tap-rest/sources/expr"

// The slots of the names that templates see, the same in every scope: one
// expr.Vars serves them all.
const (
	VarConfig = iota
	VarPartition
	VarWindow
	VarPage
	VarAuth
	VarNow
	VarResponse
	VarHeaders
	VarRecord
	VarParent
	VarCount // the length of a Vars
)

// Scopes are the names that templates see where they stand.
type Scopes struct {
	Request  *expr.Scope // config, partition, window, page, auth, now
	Response *expr.Scope // also response and headers
	Record   *expr.Scope // also record and parent
}

// NewScopes returns the scopes of a definition.
func NewScopes() Scopes {
	request := expr.NewScope("config", "partition", "window", "page", "auth", "now")
	response := request.Extend("response", "headers")
	return Scopes{request, response, response.Extend("record", "parent")}
}
