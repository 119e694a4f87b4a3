package cognito

import "net/http"

// changePasswordPath, the names of its fields and its wording are ours: the real ones were not found. [?]
const changePasswordPath = "/changePassword"

// Limits of a password in characters: the least minimum and the maximum that a pool can have. [D]
const (
	minPassword = 6
	maxPassword = 256
)

// changePassword is the second step of the first sign-in with a temporary password: the user has to choose a password
// "before doing anything else" [D] signing-up-users-in-your-app. It makes them CONFIRMED and signs them in.
func (s *Server) changePassword(w http.ResponseWriter, r *http.Request) {
	a, refusal := s.readAuthorization(r)
	if refusal != "" {
		redirect(w, refusal)
		return
	}
	if !s.readForm(w, r) {
		return
	}
	id, password := r.PostForm.Get("session"), r.PostForm.Get("new_password")
	if problem := checkNewPassword(password, r.PostForm.Get("confirm_password")); problem != "" {
		s.writeChangePassword(w, r, id, problem)
		return
	}
	found, ok := s.store.challenges.take(id, s.now())
	if !ok {
		s.writeLogin(w, r, "Invalid session for the user, session is expired.") // [O] the API; on the page [I]
		return
	}
	u, ok := s.store.confirm(found.username, password)
	if !ok {
		s.writeLogin(w, r, errCredentials.Error())
		return
	}
	s.signedIn(w, a, u)
}

// checkNewPassword returns what the page says about an unfit password, or "". No policy is applied but AWS's own
// bounds, so that test users can have simple passwords.
func checkNewPassword(password, again string) string {
	length := len([]rune(password))
	switch {
	case password != again:
		return "The passwords do not match."
	case length < minPassword:
		return "Password does not conform to policy: Password not long enough" // [O] the API
	case length > maxPassword:
		return "Password does not conform to policy: Password too long"
	}
	return ""
}
