// Package protobuf reads files of Protocol Buffers messages, each of them behind its
// length as a varint: what Java's writeDelimitedTo, Python's
// google.protobuf.proto.serialize_length_prefixed and Go's protodelim write. Each
// message is a record.
//
// The format has no trailer and no checksum: a file that ends right behind a message
// is whole as far as anybody can tell, one that ends elsewhere is not.
//
// What the messages are says a FileDescriptorSet, or the text of .proto files: proto2,
// proto3 and edition 2023. The fields are in the order in which the .proto declares
// them, under the names that it gives them: order_id stays order_id, for columns are
// named so, and not orderId as protojson has it.
//
//	in the .proto                     in the record
//	bool                              true, false
//	int32, sint32, sfixed32, uint32,  a number with all its digits, 64 bits too
//	fixed32, int64, … fixed64
//	float, double                     a number, the shortest that reads back to the
//	                                  same float; NaN and infinities are null
//	string                            text; what is not UTF-8 is an error, in proto2 too
//	bytes                             text, base64
//	an enum                           its name; a number that has no name is that
//	                                  number, in closed enums too
//	a message, a group                an object
//	repeated                          an array, [] where the message has none
//	map<K, V>                         an object in the file's order, its keys as text;
//	                                  of a key that comes twice the last one is taken
//	a member of a oneof               left out unless it is the one that is set
//	another field that is not set     its default value, where the field cannot tell that
//	                                  from not set (proto3 without optional); null, where
//	                                  it can (optional, messages, proto2), for every record
//	                                  then has the same columns
//	a required field that is not set  an error
//	a known extension                 under its full name in brackets, "[shop.v1.note]",
//	                                  behind the fields, by number; left out if not set
//	an unknown field                  dropped
//
//	google.protobuf.Timestamp         2024-01-02T03:04:05.123456Z with 0, 3, 6 or 9 digits
//	google.protobuf.Duration          ISO 8601: PT1.5S, -PT90S, in seconds alone, with 0, 3,
//	                                  6 or 9 digits
//	google.protobuf.Int64Value, …     their value, or null
//	google.protobuf.Struct, Value,    the JSON that they stand for; a Value without any
//	ListValue, NullValue              kind is null
//	google.protobuf.FieldMask         text: its paths as they are, with commas between
//	google.protobuf.Empty             {}
//	google.protobuf.Any               {"@type": "type.googleapis.com/shop.v1.Order", …} with
//	                                  the fields of the message; with "value" for the types
//	                                  above; {"@type": …, "value": base64} if the type is
//	                                  not known
//
// As the format has it, the last one of several values of a field counts, and several
// messages in a field that holds one are merged.
package protobuf
