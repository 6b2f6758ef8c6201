package uri

import "github.com/tap-rest/tap-rest/sources/pattern"

// signature finds, in any text, the values of parameters that sign URLs, or may be keys
// to what they name.
var signature = pattern.New(`(?i)([?&](?:amp;)?(?:sig|signature|hmac|sign|token|access_token|policy|key-pair-id|awsaccesskeyid|googleaccessid|x-(?:amz|goog|oss|cos)-[a-z-]+)=)[^&"'\s<>\\]+`)

// Scrub puts *** in the place of what signs URLs in a text, as answers and records have
// them.
func Scrub(text string) string { return signature().ReplaceAllString(text, "${1}***") }
