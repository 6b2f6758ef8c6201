// Package curl reads a command line of curl, as documentation prints it and as
// browsers copy it, for the shells of Unix, for cmd.exe and for PowerShell.
//
//	c, remarks, err := curl.Parse(text, os.LookupEnv)
//
// What the line says and a Call cannot carry is a remark: flags that are not
// known, too. No error and no remark shows a value of the line: it may be a secret.
package curl
