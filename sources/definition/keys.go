package definition

import "github.com/tap-rest/tap-rest/sources"

var definitionObject = &object{
	name: "Definition",
	keys: []key{
		{name: "version", kind: aCount, need: true, min: 1, doc: "Version of the format: 1."},
		{name: "name", kind: aText, need: true, doc: "Name of the API."},
		{name: "description", kind: aText, doc: "What it is, for people."},
		{name: "settings", kind: aSettings, def: "no settings", doc: "JSON Schema (draft 7) of what the user gives; see Settings."},
		{name: "check", kind: aText, def: "the first stream without a parent, and without an export if there is one", doc: "Name of the stream whose first page proves the settings."},
		{name: "client", kind: aMap, of: clientObject, doc: "What streams share; see Client."},
		{name: "defaults", kind: aMap, of: defaultsObject, doc: "Any key of a stream but `name`, for all streams."},
		{name: "streams", kind: aStreamList, of: streamObject, need: true, doc: "The collections of the API; see Stream."},
	},
}

var clientKeys = []key{
	{name: "base_url", kind: aTemplate, doc: "Where every `path` begins. Needed unless every `path` is an absolute URL, which stands alone."},
	{name: "headers", kind: params, doc: "Headers of every request: names to templates."},
	{name: "auth", kind: aMap, of: authObject, def: "{type: none}", doc: "How requests prove who asks; see Auth."},
	{name: "tls", kind: aMap, of: tlsObject, doc: "Client certificate, and whom the client believes; see TLS."},
	{name: "timeout", kind: aWait, def: "60s", doc: "How long an answer may go without a byte."},
	{name: "rate_limit", kind: oneOrMany, of: rateObject, def: "no limit", doc: "One limit, or a list of which all hold; see Rate limit."},
	{name: "cost", kind: aCost, scope: sources.InResponse, def: "nothing", doc: "What a request costs: a number, or a template over its answer; see Money and points."},
	{name: "max_in_flight", kind: aCount, min: 1, def: "4", doc: "Requests at a time."},
	{name: "retry", kind: aMap, of: retryObject, def: "{attempts: 5, min_wait: 1s, max_wait: 60s}", doc: "How often a request is repeated; see Retry."},
	{name: "errors", kind: manyMaps, of: errorObject, doc: "Rules asked of every answer, 200 too, before the built-in ones; the first match decides; see Error rule."},
	{name: "cookies", kind: aBool, def: "false", doc: "Cookies that answers set are sent again, as long as a walk goes on."},
	{name: "allow_hosts", kind: aNameList, def: "[]", doc: "Further hosts that next-page links and redirects may lead to. No credential goes there."},
}

var requestKeys = []key{
	{name: "path", kind: aTemplate, doc: "Appended to `base_url` with one slash between, or an absolute URL. Values in it are percent-encoded, unless `| safe`."},
	{name: "method", kind: aChoice, enum: []string{"GET", "POST", "PUT", "PATCH"}, def: "GET; POST where there is a `body`", doc: "HTTP method."},
	{name: "params", kind: params, doc: "Query parameters: names to templates. A list repeats its parameter; undefined and null are left out."},
	{name: "body", kind: aMap, of: bodyObject, doc: "What is sent; see Body."},
}

var streamKeys = []key{
	{name: "records", kind: steps, def: `"@this"`, doc: "Path to the records; or a list of paths, each into the elements of the one before, which are then `parent`."},
	{name: "single", kind: aBool, def: "false", doc: "The place holds one record, not a list."},
	{name: "keyed", kind: aText, doc: "The place holds an object of records; its keys go into this field."},
	{name: "columns", kind: columns, doc: "Rows are arrays or bare values under these names; or the path to the names."},
	{name: "short_rows", kind: aChoice, enum: []string{"fail", "null"}, def: "fail", null: true, doc: "What a row with fewer values than `columns` is: null fills it up."},
	{name: "one_or_many", kind: aBool, def: "false", doc: "The place holds a list, or one record without it. With `keyed`, an empty list may stand for an empty object."},
	{name: "decode", kind: aDecode, of: decodeObject, def: "json", doc: "What answers are, where they are not JSON: the name of a format, or a map; see Decode."},
	{name: "unpack", kind: aPacking, def: "[]", doc: "What answers are packed in, as `[gzip]`: the same as `unpack` of `decode`."},
	{name: "charset", kind: aCharset, def: "UTF-8", doc: "In which characters answers are written, as `iso-8859-1` or `utf-16le`. JSON itself knows UTF-8 alone; that of XML wins over its declaration."},
	{name: "nan", kind: aChoice, enum: []string{"fail", "null"}, def: "fail", null: true, doc: "What `NaN`, `Infinity` and `-Infinity` are, which some APIs write as numbers and JSON does not have."},
	{name: "keep", kind: aCondition, scope: sources.InRecord, def: "every record", doc: "Template: the records for which it is true are kept."},
	{name: "add", kind: params, scope: sources.InRecord, doc: "Fields set in each record: names to templates."},
	{name: "primary_key", kind: aNameList, def: "[]", doc: "Top-level fields that tell records apart, added ones too."},
	{name: "replication_key", kind: aText, doc: "Top-level field that says how new a record is."},
	{name: "pagination", kind: aMap, of: pagingObject, def: "{type: none}", doc: "How a walk goes from page to page; see Pagination."},
	{name: "files", kind: aFilesKey, of: filesObject, doc: "Each record of the stream is a file to read: the template of its URL, or true for `{{ record.url }}`, or a map; see Files."},
	{name: "export", kind: aMap, of: exportObject, doc: "A job that is asked for, and whose files are the pages; see Export."},
	{name: "incremental", kind: aMap, of: incrementalObject, doc: "How the API is asked for what is new; see Incremental."},
	{name: "partition_by", kind: oneOrMany, of: partitionObject, doc: "Contexts that the stream is read in: every combination of values, with the records of each parent; see Partition."},
	{name: "schema", kind: aSchema, def: "inferred", doc: "JSON Schema of a record: inline, or a file beside the definition."},
	{name: "on_missing", kind: aChoice, enum: []string{"fail", "empty"}, def: "fail", doc: "What an answer without the records path is. (null is always empty.)"},
	{name: "on_incomplete", kind: aChoice, enum: []string{"fail", "warn", "again"},
		def: "fail where the definition's own `more`, `total` or `next` contradicts the end, else warn", doc: "What a walk is whose end is in doubt; see Doubt."},
	{name: "skip_unchanged", kind: aBool, def: "false", doc: "Leaves out records of the lookback that did not change since they left last; see Rows that did not change."},
	{name: "etag", kind: aBool, def: "false", doc: "Pages are asked for only where they have changed since the last finished pass; see Pages that did not change."},
	{name: "on_delete", kind: aChoice, enum: []string{"keep", "mark"}, def: "keep", doc: "What happens when a full table no longer has a record: `mark` emits its key with `_sdc_deleted_at`; see Rows that are gone."},
	{name: "max_deletes", kind: aShare, def: "20%", doc: "With `on_delete: mark`: if more of the keys are gone, that is an error, and none is marked."},
	{name: "on_invalid", kind: aChoice, enum: []string{"fail", "pass", "quarantine", "nullify"}, def: "fail", doc: "What happens to a record that its schema refuses; see Drift."},
	{name: "on_new_field", kind: aChoice, enum: []string{"evolve", "pass", "drop", "fail"}, def: "evolve", doc: "What happens to a field that the schema does not know; see Drift."},
}

var clientObject = &object{name: "Client", keys: clientKeys, others: join(requestKeys, streamKeys)}

var defaultsObject = &object{name: "Defaults", keys: join(requestKeys, streamKeys, clientKeys)}

var streamObject = &object{
	name: "Stream",
	keys: join([]key{{name: "name", kind: aText, need: true, doc: "Name of the stream, unique."}}, defaultsObject.keys),
}

func join(parts ...[]key) []key {
	var all []key
	for _, part := range parts {
		all = append(all, part...)
	}
	return all
}

var authObject = &object{
	name: "Auth", by: "type", check: authKeys,
	variants: withPool([]variant{
		{name: "none", doc: "Nothing is sent."},
		{name: "bearer", doc: "`Authorization: Bearer …`", keys: []key{
			{name: "token", kind: aTemplate, need: true, doc: "The token."},
		}},
		{name: "basic", doc: "`Authorization: Basic …`", keys: []key{
			{name: "username", kind: aTemplate, need: true, doc: "The user."},
			{name: "password", kind: aTemplate, need: true, doc: "The password; may be empty text."},
		}},
		{name: "api_key", doc: "A header or parameter of its own.", keys: []key{
			{name: "name", kind: aTemplate, need: true, doc: "Name of the header or parameter."},
			{name: "value", kind: aTemplate, need: true, doc: "The key."},
			{name: "in", kind: aChoice, need: true, enum: []string{"header", "query"}, doc: "Where it goes."},
		}},
		{name: "oauth2", doc: "A token that is asked for (RFC 6749); see Tokens that are fetched.", keys: []key{
			{name: "grant", kind: aText, need: true, doc: "How the token is got: `client_credentials`, `refresh_token`, `password`, or any other as the API names it, with what belongs to it in `extra`."},
			{name: "token_url", kind: aTemplate, only: ofRun, need: true, doc: "Where the token is got."},
			{name: "client_id", kind: aTemplate, only: ofRun, doc: "Id of the application."},
			{name: "client_secret", kind: aTemplate, only: ofRun, doc: "Its secret."},
			{name: "client_auth", kind: aChoice, enum: []string{"body", "basic"}, def: "body", doc: "Where id and secret go: into the body, or a header."},
			{name: "encoding", kind: aChoice, enum: []string{"form", "json"}, def: "form", doc: "How the body of the token request is written."},
			{name: "scopes", kind: aTree, only: ofRun, doc: "What is asked for: text or a list."},
			{name: "audience", kind: aTemplate, only: ofRun, doc: "Which API the token is for, where that is asked."},
			{name: "refresh_token", kind: aTemplate, only: ofRun, doc: "For the grant of that name; a rotated one is kept."},
			{name: "username", kind: aTemplate, only: ofRun, doc: "For the grant password."},
			{name: "password", kind: aTemplate, only: ofRun, doc: "For the grant password."},
			{name: "extra", kind: params, only: ofRun, doc: "Further parameters of the token request."},
			{name: "send", kind: aMap, of: sendObject, def: "`Authorization: Bearer …`", doc: "What goes with every request; see Send."},
			{name: "ttl", kind: aWait, def: "until it is refused", doc: "How long a token holds where its answer has no `expires_in`."},
			{name: "margin", kind: aDuration, def: "30s", doc: "A token is renewed so long before it ends, a tenth of its life at most."},
			{name: "expired", kind: aCondition, scope: sources.InResponse, def: "an answer 401", doc: "Template over an answer, which means that the token holds no longer."},
		}},
		{name: "session", doc: "A login by any request; what it answers is sent along; see Sessions.", keys: sessionAuthKeys},
		{name: "jwt", doc: "A token that is signed here (RFC 7519), and sent or exchanged; see Signed tokens.", keys: jwtKeys},
		awsVariant, hmacVariant, digestVariant, oauth1Variant,
	}),
}

// ofRun are the names that what is asked once for all requests may use.
var ofRun = []string{"config", "now"}

var sendObject = &object{name: "Send", keys: []key{
	{name: "headers", kind: params, scope: sources.InLogin, only: ofLogin, doc: "Headers; `response`, `headers` and `cookies` are those of the login, or of the token request."},
	{name: "params", kind: params, scope: sources.InLogin, only: ofLogin, doc: "Query parameters, likewise."},
}}

var rateObject = &object{name: "Rate limit", check: rateLimit, keys: []key{
	{name: "requests", kind: aCount, min: 1, doc: "So many requests"},
	{name: "points", kind: aCount, min: 1, doc: "or requests that come to so much by their `cost`"},
	{name: "per", kind: aWait, need: true, doc: "in every such time."},
	{name: "match", kind: aText, def: "all", doc: "Paths of URLs that it counts, as `/search*`: `*` stands for anything. Requests for others do not wait for it."},
	{name: "remaining", kind: aCondition, scope: sources.InResponse, doc: "Template over an answer: what is left of the limit, as the API counts."},
	{name: "reset", kind: aCondition, scope: sources.InResponse, def: "it comes back evenly", doc: "With `remaining`: when all of it is there again, as a duration, seconds, an epoch or a date."},
	{name: "shared", kind: aBool, def: "false", doc: "All processes of this machine that ask the same `base_url` with the same credentials keep to it together."},
}}

var retryObject = &object{name: "Retry", check: retryWaits, keys: []key{
	{name: "attempts", kind: aCount, min: 1, def: "5", doc: "Attempts in all."},
	{name: "min_wait", kind: aDuration, def: "1s", doc: "Wait before the second attempt; it doubles from there."},
	{name: "max_wait", kind: aDuration, def: "60s", doc: "The longest wait."},
	{name: "cool_down", kind: aDuration, def: "2m", doc: "How long the client rests when the attempts are used up, and not of one stream alone."},
	{name: "cool_downs", kind: aCount, def: "3", doc: "How often it does in a run."},
}}

var errorObject = &object{name: "Error rule", check: errorRule, keys: []key{
	{name: "status", kind: aStatus, def: "any", doc: "A status (409), a class (5xx), or a list of them. With `do: smaller_page` also `timeout` and `too_large`."},
	{name: "when", kind: aCondition, scope: sources.InResponse, def: "always", doc: "Template over the answer."},
	{name: "do", kind: aChoice, need: true,
		enum: []string{"retry", "cool_down", "restart", "next", "end", "split", "smaller_page", "page", "skip", "login", "fail"},
		doc:  "What happens; see below."},
	{name: "wait", kind: aTemplate, scope: sources.InResponse, def: "as `retry` says", doc: "With `retry`: a duration, seconds, an epoch or a date."},
	{name: "message", kind: aTemplate, scope: sources.InResponse, doc: "What to tell the user."},
}}

var bodyObject = bodyOfScope(sources.InRequest)

// bodyOfScope is the object of a body whose templates see these names.
func bodyOfScope(scope sources.Scope, only ...string) *object {
	graphql := &object{name: "GraphQL", keys: []key{
		{name: "query", kind: aTemplate, scope: scope, only: only, need: true, doc: "The query."},
		{name: "variables", kind: params, scope: scope, only: only, doc: "Its variables: names to templates."},
	}}
	return &object{name: "Body", check: oneBody, keys: []key{
		{name: "json", kind: aTree, scope: scope, only: only, doc: "Any value with templates in it, sent as JSON."},
		{name: "form", kind: params, scope: scope, only: only, doc: "Names to templates, sent as a form."},
		{name: "text", kind: aTemplate, scope: scope, only: only, doc: "Text, sent as it is."},
		{name: "graphql", kind: aMap, of: graphql, doc: "A GraphQL query; see GraphQL."},
	}}
}

// sendKeys say where the page goes, for the types that send one.
var sendKeys = []key{
	{name: "param", kind: aText, doc: "Query parameter that carries the page."},
	{name: "header", kind: aText, doc: "Header that carries it."},
	{name: "body", kind: aPath, doc: "Path in the JSON body that carries it. Without the three, a template must use `page`."},
}

// cursorSendKeys are sendKeys for tokens that may be objects.
var cursorSendKeys = join([]key{
	{name: "param", kind: aText, doc: "Query parameter that carries the page. `\"*\"`: the token is an object, each member of which is a parameter."},
}, sendKeys[1:])

// sizeKeys are for the types that may say how many records a page has.
var sizeKeys = []key{
	{name: "size_param", kind: aText, doc: "Query parameter that carries `size`."},
	{name: "size", kind: aCount, min: 1, doc: "Records of a page."},
}

// aheadKey is for the types that count their pages.
var aheadKey = key{
	name: "ahead", kind: aCount, min: 1, def: "`max_in_flight` where the answers say how many pages there are, else 1",
	doc: "Pages that are asked for at once, `max_in_flight` at most; see Pages known in advance.",
}

// limitKeys are for the types that count their pages.
var limitKeys = []key{
	{name: "max_offset", kind: aCount, min: 1, def: "no limit", doc: "So many records can be counted: no request asks for more; see Limits of offsets."},
	{name: "beyond", kind: aMap, of: beyondObject, def: "the window is halved", doc: "How the walk goes on behind `max_offset`."},
}

var beyondObject = &object{name: "Beyond", keys: []key{
	{name: "field", kind: aPath, need: true, doc: "Path in the last record; unique, and records come in its order."},
	{name: "param", kind: aText, doc: "Query parameter that carries its value, besides the page, which begins anew."},
	{name: "header", kind: aText, doc: "Header that carries it."},
	{name: "body", kind: aPath, doc: "Path in the JSON body that carries it."},
}}

var pagingObject = &object{
	name: "Pagination", by: "type", deferred: true, others: []key{{name: "on_incomplete"}},
	keys: []key{
		{name: "more", kind: aRef, scope: sources.InResponse, doc: "Boolean in the answer: false ends; true without a next page is an error."},
		{name: "total", kind: aRef, scope: sources.InResponse, doc: "Records of the whole walk; fewer is an error."},
		{name: "stop", kind: aCondition, scope: sources.InResponse, doc: "Template: this page is the last, its records count."},
		{name: "max_pages", kind: aCount, min: 1, def: "no limit", doc: "One page more is an error."},
		{name: "after_first", kind: aMap, of: afterObject, doc: "What replaces the stream's from the second request on; see After first."},
		{name: "session", kind: aBool, def: "false", doc: "The server keeps the position (scrolls); see Sessions."},
		{name: "open", kind: aMap, of: openObject, doc: "Request that opens a session before the first page; see Sessions."},
		{name: "close", kind: aMap, of: closeObject, doc: "Request that ends it once the walk is over, however it ended; see Sessions."},
	},
	variants: []variant{
		{name: "none", doc: "One page."},
		{name: "cursor", doc: "Each answer names the next page; ends where it is absent, null, \"\" or false.", keys: join([]key{
			{name: "next", kind: someRefs, scope: sources.InResponse, need: true, doc: "Token of the next page; or names to tokens, see Compound tokens."},
		}, sizeKeys, cursorSendKeys)},
		{name: "next_url", links: true, doc: "Each answer holds the URL of the next page.", keys: []key{
			{name: "next", kind: someRefs, scope: sources.InResponse, need: true, doc: "URL of the next page, absolute or relative to the request."},
		}},
		{name: "link_header", links: true, doc: "The header Link holds it (RFC 8288).", keys: []key{
			{name: "rel", kind: aText, def: "next", doc: "Relation of the link."},
		}},
		{name: "page", doc: "Pages have numbers; ends after the last known page, else at one without records.", keys: join([]key{
			{name: "start", kind: aCount, def: "1", doc: "The first page or offset."},
			{name: "size_param", kind: aText, doc: "Query parameter that carries `size`."},
			{name: "size", kind: aCount, min: 1, doc: "Records of a page."},
			{name: "at_end", kind: aChoice, enum: []string{"empty", "repeat"}, def: "empty", doc: "What pages past the end are: without records, or the last one again."},
			aheadKey,
			{name: "total_pages", kind: aRef, scope: sources.InResponse, doc: "Number of pages, in the answer."},
		}, limitKeys, sendKeys)},
		{name: "offset", doc: "Advances by the records received; ends at `total`, else at a page without records.", keys: join([]key{
			{name: "start", kind: aCount, def: "0", doc: "The first offset."},
			{name: "size_param", kind: aText, doc: "Query parameter that carries `size`."},
			{name: "size", kind: aCount, min: 1, doc: "Records of a page."},
			{name: "at_end", kind: aChoice, enum: []string{"empty", "repeat"}, def: "empty", doc: "What pages past the end are: without records, or the last one again."},
			aheadKey,
			{name: "overlap", kind: aCount, def: "0", doc: "Asks from so many records before, and looks for them; see Rows that move."},
		}, limitKeys, sendKeys)},
		{name: "keyset", doc: "Asks for what comes after the last record; ends at a page without records.", keys: join([]key{
			{name: "field", kind: aPath, need: true, doc: "Path in the last record; unique."},
		}, sizeKeys, sendKeys)},
		{name: "relay", doc: "A connection of GraphQL: its `pageInfo` names the next page, the variables `after` and `first` ask for it.", keys: []key{
			{name: "connection", kind: aPath, need: true, doc: "Path of the connection in the answer, as data.orders; the query asks there for `pageInfo {hasNextPage endCursor}`."},
			{name: "size", kind: aCount, min: 1, doc: "Records of a page: the variable `first`. Without it the query says how many."},
		}},
	},
}

var afterObject = &object{name: "After first", keys: join(requestKeys, []key{
	{name: "headers", kind: params, doc: "Headers: names to templates."},
})}

var incrementalObject = &object{name: "Incremental", keys: []key{
	{name: "start", kind: aTemplate, only: []string{"config", "now"}, def: "from the beginning", doc: "Where the first sync begins."},
	{name: "end", kind: aTemplate, only: []string{"config", "now"}, def: "now", doc: "Where a sync ends."},
	{name: "format", kind: aFormat, def: "rfc3339", doc: "Of windows in requests: rfc3339, date, epoch, epoch_ms, integer, or strftime text."},
	{name: "window", kind: aPeriod, def: "one window up to now", doc: "Length of the windows a sync is cut into."},
	{name: "lookback", kind: aPeriod, def: "0", doc: "Asks again for the last while: history changes."},
	{name: "settle", kind: aDuration, def: "10m", doc: "How far the bookmark stays behind now: late rows, skewed clocks."},
	{name: "timezone", kind: aZone, def: "UTC", doc: "In which windows are written, and `start` and `end` read that name no zone."},
	{name: "record_timezone", kind: aZone, def: "that of `timezone`", doc: "Of records' times that name no zone."},
	{name: "whole_windows", kind: aBool, def: "false", doc: "Asks only for windows that are over (reports)."},
	{name: "start_exclusive", kind: aBool, def: "false", doc: "The API leaves its start out: one unit of `format` less is sent."},
	{name: "end_inclusive", kind: aBool, def: "false", doc: "The API includes its end: `date` sends one day less."},
	{name: "sorted", kind: aBool, def: "false", doc: "The API promises ascending `replication_key` within a walk."},
	{name: "client_filter", kind: aBool, def: "false", doc: "The API cannot filter: older records are dropped here."},
	{name: "record_format", kind: aStrftime, def: "recognised", doc: "How records write `replication_key`."},
	{name: "bookmark", kind: aRef, scope: sources.InResponse, doc: "The last answer, not a record, says where to go on."},
	{name: "bookmark_from", kind: aChoice, enum: []string{"last", "first"}, def: "last", doc: "Which answer says that: the first, for walks from the newest."},
}}

var partitionObject = &object{name: "Partition", check: onePartition, keys: []key{
	{name: "name", kind: aText, doc: "Name of the context's value; with `values`."},
	{name: "values", kind: aListOf, only: []string{"config"}, doc: "The values, each of which is a context."},
	{name: "parent", kind: aText, doc: "A stream, whose records are the contexts; with `keys`."},
	{name: "keys", kind: pathMap, doc: "Names to paths in the parent's record."},
	{name: "when", kind: aCondition, scope: sources.InRecord, only: []string{"config", "partition", "now", "record"}, doc: "Template: the parents for which it is true."},
	{name: "changed_only", kind: aBool, def: "false", doc: "Only parents new or changed since the last sync."},
	{name: "batch", kind: aCount, min: 1, def: "1", doc: "So many parents' keys go into one context, as lists."},
}}
