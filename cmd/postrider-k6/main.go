// Command postrider-k6 is k6 with one more module, k6/x/postrider, which runs collections under k6's executors. The
// README says how.
package main

import (
	"go.k6.io/k6/cmd"
	"go.k6.io/k6/js/modules"
)

func main() {
	modules.Register("k6/x/postrider", &module{suites: map[string]*suite{}})
	cmd.Execute()
}
