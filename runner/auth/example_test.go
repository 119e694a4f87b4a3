package auth_test

import (
	"context"
	"fmt"

	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/cognito"
	"github.com/postrider/postrider/runner/exchange"
)

// Signing in at the provider's own form, without a browser.
func ExampleTokens() {
	pool, err := cognito.NewServer(cognito.Config{
		Clients: []cognito.Client{{ID: "1example23456789", Flows: []string{cognito.FlowImplicit}, CallbackURLs: []string{"http://localhost:3000/callback"}}},
		Users:   []cognito.User{{Username: "jane", Password: "Correct-horse1"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	client := exchange.NewClient(exchange.Options{})
	defer client.Close()

	tokens := auth.NewTokens(auth.Options{Client: client})
	grant := auth.Grant{
		Grant:       auth.Implicit,
		Issuer:      pool.Issuer(),
		ClientID:    "1example23456789",
		RedirectURI: "http://localhost:3000/callback",
		Username:    "jane",
		Password:    "Correct-horse1",
	}
	token, err := tokens.Token(context.Background(), grant)
	fmt.Println(token.Type, token.AccessToken != "", err)

	grant.Password = "wrong"
	_, err = tokens.Token(context.Background(), grant)
	fmt.Println(err != nil)
	// Output:
	// Bearer true <nil>
	// true
}
