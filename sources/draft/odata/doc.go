// Package odata makes a definition of the metadata of an OData service ($metadata),
// of the versions 2 to 4: EDMX with schemas in CSDL, as XML.
//
//	d, err := odata.Read("https://shop.example/odata/$metadata", data)
//
// Entity sets become streams, with their keys and with schemas of their types;
// singletons are streams of one record. What a record contains, and no entity
// set has, is read for each record of its parent. Pages go by @odata.nextLink, or
// by __next before version 4. What lies behind functions and actions is listed.
//
// Promises. No document makes this package panic or hang, and nothing outside
// of it is read; what Read returns loads as a definition.
package odata
