package assertion_test

import (
	"fmt"
	"time"

	"github.com/postrider/postrider/runner/assertion"
	"github.com/postrider/postrider/runner/exchange"
)

func Example() {
	query, err := assertion.NewQuery("json", "user.roles")
	if err != nil {
		panic(err)
	}
	predicate, err := assertion.NewPredicate(query, "contains", "admin")
	if err != nil {
		panic(err)
	}
	x := &exchange.Exchange{Response: exchange.Response{Body: []byte(`{"user": {"roles": ["editor"]}}`)}}
	found, err := query.Find(assertion.NewSubject(x, nil, time.Now()))
	if err != nil {
		panic(err)
	}
	verdict := predicate.Check(found)
	fmt.Println(query, predicate, verdict.Passed)
	fmt.Println(assertion.Format(verdict.Actual, 80))
	// Output:
	// json "user.roles" contains "admin" false
	// ["editor"]
}
