// Command postrider replays collections of HTTP requests and says whether the answers are right.
package main

import "os"

func main() {
	os.Exit(Main(os.Args, Streams{os.Stdin, os.Stdout, os.Stderr}, os.LookupEnv))
}
