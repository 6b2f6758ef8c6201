// Package secret keeps secrets out of what people see and what is kept: a
// [Text] prints as ***, and a [Hider] finds secrets in texts, however they are
// spelled, to redact them or to seal them.
//
// To seal a text is to put a mark in the place of each secret: its name and how
// it is spelled there ({secret-query:/token}), the template that makes it
// ({secret-of:…}), or, for a rare spelling, the text itself, encrypted under all
// secrets ({secret-text:…}). What is kept to be read again has, beside the name of a
// secret that a login gave, what that was, encrypted so ({secret-was:…%~…}). Whoever opens it puts the secrets of the day in
// their places. Former versions numbered secrets: such marks are opened, too.
package secret
