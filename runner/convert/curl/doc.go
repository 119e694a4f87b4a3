// Package curl writes a request as the curl command that sends the same: for a terminal, for a bug report, for a colleague
// without this program.
//
// [Command] gives text for a POSIX shell (sh, dash, bash, zsh). Whatever the request holds, nothing of it leaves its quotes:
// bytes that a line of text cannot show are written in octal for printf. The server sees the same request line, the same
// fields (in curl's order) and the same body. What curl would send by itself and we do not is turned off; a .curlrc and the
// proxies of the operating system's variables are the reader's own, and stay on.
//
// The texts are written as they are. Whoever shows the command to somebody redacts the secrets in it.
package curl
