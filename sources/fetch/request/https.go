package request

import "fmt"

// downgrade says of a link or a redirect that it leads from https to http on the
// same host. An API behind a proxy often writes such links: it does not know
// that it is asked over https.
func downgrade(host, remedy string) string {
	text := fmt.Sprintf("leads from https to %s, without encryption: the API may not know that a proxy in front of it is asked over https", host)
	if remedy != "" {
		text += "; to ask over https, write " + remedy
	}
	return text + "; if http is meant, name the host in allow_hosts (credentials are not sent there)"
}
