// Package foreign makes definitions of what other programs that read APIs are
// configured by, one file of this package for each:
//
//	d, err := foreign.ReadMSDK("config.json", data)  // tap-rest-api-msdk, or a meltano.yml with it
//	d, err := foreign.ReadDLT("rest_api.json", data) // the rest_api source of dlt, its dictionary as JSON
//	d, err := foreign.ReadSling("spec.yaml", data)   // an API spec of Sling
//
// What these programs find out for themselves in each run, as dlt does with
// pages, is a question in the definition. A key that is not carried over is
// listed with its place. Secrets become settings.
//
// Promises. No config makes this package panic or hang; what it returns loads
// as a definition.
package foreign
