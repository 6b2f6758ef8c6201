package curl

// flag is what a flag of curl does to a call.
type flag struct {
	short  byte
	long   string
	value  bool   // it takes one
	remark string // what the call cannot carry, and what to do
	do     func(l *line, value string) error
}

// flags are those of curl that lines in documentation and in browsers have. Those
// without do and remark say nothing of the request: how curl prints, and waits.
var flags = []flag{
	{'X', "request", true, "", func(l *line, v string) error { l.method = v; return nil }},
	{'H', "header", true, "", (*line).header},
	{'d', "data", true, "", (*line).data},
	{0, "data-ascii", true, "", (*line).data},
	{0, "data-binary", true, "", (*line).data},
	{0, "data-raw", true, "", func(l *line, v string) error { l.bodies = append(l.bodies, v); return nil }},
	{0, "data-urlencode", true, "", (*line).urlencode},
	{0, "json", true, "", (*line).json},
	{'u', "user", true, "", (*line).user},
	{'G', "get", false, "", func(l *line, _ string) error { l.get = true; return nil }},
	{0, "url", true, "", func(l *line, v string) error { l.urls = append(l.urls, v); return nil }},
	{0, "url-query", true, "", func(l *line, v string) error { l.query = append(l.query, v); return nil }},
	{'b', "cookie", true, "", (*line).cookie},
	{'A', "user-agent", true, "", func(l *line, v string) error { l.call.SetHeader("User-Agent", v); return nil }},
	{'e', "referer", true, "", func(l *line, v string) error { l.call.SetHeader("Referer", v); return nil }},
	{0, "oauth2-bearer", true, "", func(l *line, v string) error { l.call.SetHeader("Authorization", "Bearer "+v); return nil }},
	{'I', "head", false, "asks for the headers alone; the call is a GET here", nil},

	{'k', "insecure", false, "takes any certificate; tap-rest proves it. Say with tls: {ca: FILE} whom it believes", nil},
	{'x', "proxy", true, "names a proxy: give it in the variable HTTPS_PROXY", nil},
	{'U', "proxy-user", true, "is for a proxy: give it in the variable HTTPS_PROXY", nil},
	{'E', "cert", true, "names a client certificate: say it with tls: {cert: …, key: …}", nil},
	{0, "key", true, "names the key of a client certificate: say it with tls: {cert: …, key: …}", nil},
	{0, "cacert", true, "names who signs the server's certificate: say it with tls: {ca: FILE}", nil},
	{'c', "cookie-jar", true, "keeps cookies: client: {cookies: true} sends those that answers set", nil},
	{0, "aws-sigv4", true, "signs requests: write auth: {type: aws_sigv4, …} in place of basic", nil},
	{0, "digest", false, "is another authentication than basic: write auth: {type: digest, …}", nil},
	{0, "ntlm", false, "is an authentication that tap-rest does not know", nil},
	{0, "negotiate", false, "is an authentication that tap-rest does not know", nil},
	{'n', "netrc", false, "reads the password from a file: give it as a setting", nil},
	{0, "resolve", true, "says the address of a host, which tap-rest leaves to the system", nil},
	{0, "connect-to", true, "says the address of a host, which tap-rest leaves to the system", nil},
	{0, "unix-socket", true, "names a socket; tap-rest reads HTTP by TCP", nil},
	{'r', "range", true, "asks for a part of an answer, and is left out", nil},
	{'C', "continue-at", true, "asks for the rest of an answer, and is left out", nil},
	{'F', "form", true, "sends a form of several parts, which a definition cannot send: is there a GET, or a body of JSON?", nil},
	{0, "form-string", true, "sends a form of several parts, which a definition cannot send", nil},
	{'T', "upload-file", true, "sends a file, and is left out", nil},
	{'K', "config", true, "names a file with more flags: put them into the line", nil},

	{short: 's', long: "silent"}, {short: 'S', long: "show-error"}, {short: 'L', long: "location"}, {long: "location-trusted"}, {short: 'i', long: "include"},
	{long: "show-headers"}, {short: 'v', long: "verbose"}, {short: 'f', long: "fail"}, {long: "fail-with-body"}, {short: 'O', long: "remote-name"},
	{short: 'J', long: "remote-header-name"}, {long: "http0.9"}, {short: '0', long: "http1.0"}, {long: "http1.1"}, {long: "http2"}, {long: "http3"},
	{long: "http2-prior-knowledge"}, {long: "compressed"}, {short: 'g', long: "globoff"}, {short: '#', long: "progress-bar"}, {long: "no-progress-meter"},
	{short: 'N', long: "no-buffer"}, {long: "tlsv1.2"}, {long: "tlsv1.3"}, {short: '1', long: "tlsv1"}, {short: '4', long: "ipv4"}, {short: '6', long: "ipv6"},
	{short: 'q', long: "disable"}, {long: "path-as-is"}, {long: "basic"}, {long: "anyauth"}, {long: "tcp-nodelay"}, {long: "no-keepalive"}, {long: "retry-all-errors"},
	{long: "styled-output"}, {short: 'Z', long: "parallel"}, {long: "proto-default", value: true}, {long: "proto", value: true},
	{short: 'o', long: "output", value: true}, {long: "output-dir", value: true}, {short: 'm', long: "max-time", value: true}, {long: "connect-timeout", value: true},
	{long: "retry", value: true}, {long: "retry-delay", value: true}, {long: "retry-max-time", value: true}, {short: 'w', long: "write-out", value: true},
	{short: 'D', long: "dump-header", value: true}, {long: "max-redirs", value: true}, {long: "trace", value: true}, {long: "trace-ascii", value: true},
	{long: "stderr", value: true}, {long: "limit-rate", value: true}, {short: 'y', long: "speed-time", value: true}, {short: 'Y', long: "speed-limit", value: true},
	{long: "keepalive-time", value: true}, {long: "ciphers", value: true}, {long: "tls-max", value: true}, {long: "interface", value: true}, {long: "rate", value: true},
}

func longFlag(name string) *flag {
	for i := range flags {
		if flags[i].long == name {
			return &flags[i]
		}
	}
	return nil
}

func shortFlag(c byte) *flag {
	for i := range flags {
		if flags[i].short == c && c != 0 {
			return &flags[i]
		}
	}
	return nil
}
