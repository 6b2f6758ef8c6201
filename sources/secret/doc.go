// Package secret keeps secrets out of what people see and what is kept: a
// [Text] prints as ***, and a [Hider] finds secrets in texts, however they are
// spelled, to redact them or to seal them.
package secret
