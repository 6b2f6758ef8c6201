// Package openapi makes a definition of an OpenAPI document, 3.0 or 3.1, or of
// one of Swagger 2, in JSON or YAML.
//
//	d, err := openapi.Read("shop.yaml", data)
//
// A stream is a GET whose answer is, or holds, a list of objects; or a POST that
// by its name searches. Its schema is that of the answer, its parent the list
// whose members the path names (/shops/{id}/orders is read for each record of
// /shops), its primary key the field that such a path asks for. Security
// schemes become auth, servers and what else a request needs become settings.
// What the document does not prove is a question in the definition; what it
// says and a definition cannot carry is listed at the end.
//
// The documents are read here, and not by a library, as kin-openapi
// (2.7 MB more in a binary) and libopenapi (10.8 MB) would do: each of them
// reads one version into types of its own, where a few keys of nodes are
// wanted, and takes no document that breaks a rule which does not matter
// here. Only references within the document are followed.
//
// Promises. No document makes this package panic or hang; what it returns
// loads as a definition.
package openapi
