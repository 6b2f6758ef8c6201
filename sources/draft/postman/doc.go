// Package postman makes a definition of a collection of Postman, version 2.0 or
// 2.1 of its format.
//
//	d, err := postman.Read("shop.postman_collection.json", data)
//
// Requests that read become streams: folders are passed through, auth is
// inherited from them as Postman does, saved answers say where the records lie,
// and path variables of one request that are the keys of another's records make
// it its child. Variables become settings. A value that is a credential, by its
// name or by its looks, becomes a secret setting, and is nowhere in the
// definition. Scripts are not run, and are listed.
//
// Promises. No collection makes this package panic or hang; what it returns
// loads as a definition.
package postman
