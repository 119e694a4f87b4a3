package cognito

import "testing"

func TestClientAuthentication(t *testing.T) {
	t.Parallel()
	s, _ := newTestServer(t)
	const form = "grant_type=client_credentials"
	const body = "&client_id=" + machine + "&client_secret=machine%2Bsecret%2F%3D"
	tests := []struct{ name, basic, form, want string }{
		{"Basic as written", machine + ":machine+secret/=", form, ""},
		{"Basic form-encoded", machine + ":machine%2Bsecret%2F%3D", form, ""},
		{"Basic form-encoded, client_id too", "10%2Bplus:%25", form, ""},
		{"Basic as written, client_id too", "10+plus:%", form, ""},
		{"Basic and the same client_id", machine + ":machine+secret/=", form + "&client_id=" + machine, ""},
		{"Basic and an empty client_secret", machine + ":machine+secret/=", form + "&client_secret=", ""},
		{"Basic and another client_id", machine + ":machine+secret/=", form + "&client_id=" + backEnd, "invalid_client"},
		{"Basic and client_secret", machine + ":machine+secret/=", form + body, "invalid_request"},
		{"Basic with another secret", machine + ":machine", form, "invalid_client"},
		{"Basic without secret", machine + ":", form, "invalid_client"},
		{"Basic of nobody", "nobody:", form, "invalid_client"},
		{"Basic with a bad escape", machine + ":%zz", form, "invalid_client"},
		{"Basic of a public client", singlePage + ":", form, "invalid_grant"},
		{"Basic of a public client with a secret", singlePage + ":x", form, "invalid_client"},
		{"form", "", form + body, ""},
		{"form without secret", "", form + "&client_id=" + machine, "invalid_client"},
		{"form with another secret", "", form + "&client_id=" + machine + "&client_secret=x", "invalid_client"},
		{"secret of another client", "", form + "&client_id=" + machine + "&client_secret=secret", "invalid_client"},
		{"form of nobody", "", form + "&client_id=nobody", "invalid_client"},
		{"secret alone", "", form + "&client_secret=x", "invalid_request"},
		{"nothing", "", form, "invalid_request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			reply := askTokens(t, s, tt.basic, tt.form)
			if reply.Error != tt.want || (reply.Access == "") != (tt.want != "") {
				t.Errorf("%d %s, want %q", reply.status, reply.body, tt.want)
			}
		})
	}
}
