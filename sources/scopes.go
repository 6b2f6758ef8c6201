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

// Scope says where a template stands, and so which names it sees.
type Scope uint8

// The scopes, each with the names of those before.
const (
	InRequest  Scope = iota // config, partition, window, page, auth, now
	InResponse              // response and headers
	InRecord                // record and parent
)

// names are those of the slots.
var names = [VarCount]string{"config", "partition", "window", "page", "auth", "now", "response", "headers", "record", "parent"}

// members are what the values of names have whose members are fixed: any other
// would be undefined, and its parameter left out of the request.
var members = map[string][]string{
	"window": {"start", "end"},
	"page":   {"token", "number", "offset", "size", "records"},
}

func newScopes() [InRecord + 1]*expr.Scope {
	request := expr.NewScope(names[:VarResponse]...)
	response := request.Extend(names[VarResponse:VarRecord]...)
	return [...]*expr.Scope{request, response, response.Extend(names[VarRecord:]...)}
}
