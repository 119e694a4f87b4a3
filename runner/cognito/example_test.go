package cognito_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/postrider/postrider/runner/cognito"
)

// A request to userInfo with the access token of a sign-in, then with one that has expired.
func ExampleNewServer() {
	pool, err := cognito.NewServer(cognito.Config{
		Clients: []cognito.Client{{
			ID:           "1example23456789",
			Flows:        []string{cognito.FlowImplicit},
			CallbackURLs: []string{"http://localhost:3000/callback"},
		}},
		Users: []cognito.User{{Username: "jane", Password: "Correct-horse1"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()

	callback, err := pool.CallbackURL()
	if err != nil {
		fmt.Println(err)
		return
	}
	_, fragment, _ := strings.Cut(callback, "#")
	values, err := url.ParseQuery(fragment)
	if err != nil {
		fmt.Println(err)
		return
	}
	expired, err := pool.ExpiredAccessToken()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, token := range []string{values.Get("access_token"), expired} {
		request, err := http.NewRequest(http.MethodGet, pool.URL+"/oauth2/userInfo", nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		response.Body.Close()
		fmt.Println(response.Status)
		fmt.Println(response.Header.Get("WWW-Authenticate"))
	}
	// Output:
	// 200 OK
	//
	// 401 Unauthorized
	// error="invalid_token", error_description="Access token is expired, disabled, or deleted, or the user has globally signed out."
}
