package cognito

import "fmt"

// GlobalSignOut does what AdminUserGlobalSignOut does: the pool's own endpoints no longer take the access and refresh
// tokens and the codes that the user has been given so far. Who verifies tokens by their signature does not notice,
// and a browser that has signed in can get new tokens for the rest of the hour that its session lasts. [D]
// API reference; codes [I]
//
// It fails when the pool has no such user.
func (s *Server) GlobalSignOut(username string) error {
	return s.store.change("sign out", username, (*account).signOut)
}

// DisableUser does what AdminDisableUser does: the user can no longer sign in, and all of their tokens are revoked, for
// good. [D] API reference. Their browser sessions sleep meanwhile. [?]
//
// It fails when the pool has no such user.
func (s *Server) DisableUser(username string) error {
	return s.store.change("disable", username, func(a *account) {
		a.signOut()
		a.disabled = true
	})
}

// EnableUser lets a user sign in again, as AdminEnableUser does. [D] It fails when the pool has no such user.
func (s *Server) EnableUser(username string) error {
	return s.store.change("enable", username, func(a *account) { a.disabled = false })
}

func (st *store) change(what, username string, change func(*account)) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	a, ok := st.accounts[username]
	if !ok {
		return fmt.Errorf("%s user %q: the user pool has no such user", what, username)
	}
	change(a)
	return nil
}

// signOut replaces the user, so that grants which hold the former one no longer stand.
func (a *account) signOut() {
	next := *a.user
	next.signOuts++
	a.user = &next
}

// stands tells whether a user whom a grant holds may still use it: they exist, are not disabled, and have not been
// signed out since.
func (st *store) stands(u *user) bool {
	now, ok := st.active(u.name)
	return ok && now == u
}
