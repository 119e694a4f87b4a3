package cognito

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	sessionLifetime   = time.Hour          // of the cookie "cognito", not renewed. [D] managed-login
	codeLifetime      = 5 * time.Minute    // [D] authorization-endpoint
	challengeLifetime = 3 * time.Minute    // of the sign-in session while a password is changed. [D] AuthSessionValidity
	temporaryLifetime = 7 * 24 * time.Hour // [D] admin-create-user-policy

	maxSessions   = 10_000
	maxCodes      = 10_000
	maxChallenges = 1_000

	maxRefreshTokens = 100_000
	maxRevoked       = 100_000
	// revokedLifetime outlasts every access token that was under way when its refresh token was revoked.
	revokedLifetime = maxTokenValidity + exchangeTimeout
)

// signInError is what stands in the way of a sign-in: a message of NotAuthorizedException, for the page to show.
type signInError string

func (e signInError) Error() string { return string(e) }

const (
	errCredentials      signInError = "Incorrect username or password."                                       // [O] on forms of emulators, [D] in the API
	errDisabled         signInError = "User is disabled."                                                     // [D] in the API; on the page [I]
	errTemporaryExpired signInError = "Temporary password has expired and must be reset by an administrator." // [O] in the API; on the page [I]
)

// errMustChange is returned along with the user, who is in FORCE_CHANGE_PASSWORD.
var errMustChange = errors.New("password has to be changed")

// user is the part of a user that never changes; being signed out everywhere makes another one of them.
type user struct {
	name       string
	sub        string
	attributes map[string]string // without sub
	groups     []string
	signOuts   int // how often they have been signed out everywhere
}

// account is a user and what changes about them. A temporary password means the state FORCE_CHANGE_PASSWORD. [D]
type account struct {
	user      *user
	password  [sha256.Size]byte // a digest, so that the comparison does not depend on the length
	temporary bool
	disabled  bool
}

// session is a browser that has signed in; challenge one that has to change its password first.
type session struct {
	username string
	authTime time.Time
}

type challenge struct {
	username string
}

// store is the state of a pool.
type store struct {
	clients    map[string]*Client
	created    time.Time
	sessions   *expiring[session]
	challenges *expiring[challenge]
	codes      *expiring[code]

	refreshTokens *expiring[refreshToken]
	revoked       *expiring[struct{}] // by origin_jti

	mu       sync.Mutex
	accounts map[string]*account
}

func newStore(c Config) *store {
	st := &store{
		clients:    map[string]*Client{},
		created:    c.Now(),
		sessions:   newExpiring[session](sessionLifetime, maxSessions),
		challenges: newExpiring[challenge](challengeLifetime, maxChallenges),
		codes:      newExpiring[code](codeLifetime, maxCodes),
		accounts:   map[string]*account{},

		refreshTokens: newExpiring[refreshToken](DefaultRefreshTokenValidity, maxRefreshTokens),
		revoked:       newExpiring[struct{}](revokedLifetime, maxRevoked),
	}
	for i := range c.Clients {
		st.clients[c.Clients[i].ID] = &c.Clients[i]
	}
	for _, u := range c.Users {
		a := &account{user: newUser(c.PoolID, u), disabled: u.Disabled, temporary: u.TemporaryPassword != ""}
		a.password = sha256.Sum256([]byte(u.Password + u.TemporaryPassword)) // one of them is empty
		st.accounts[u.Username] = a
	}
	return st
}

func newUser(poolID string, u User) *user {
	attributes := maps.Clone(u.Attributes)
	sub := attributes["sub"]
	delete(attributes, "sub")
	if sub == "" {
		sub = uuid.NewSHA1(uuid.NameSpaceURL, []byte(poolID+"/"+u.Username)).String()
	}
	// An address that nobody has verified is shown as such rather than not at all. [I]
	for _, name := range []string{"email", "phone_number"} {
		_, given := attributes[name]
		if _, verified := attributes[name+"_verified"]; given && !verified {
			attributes[name+"_verified"] = "false"
		}
	}
	return &user{name: u.Username, sub: sub, attributes: attributes, groups: slices.Clone(u.Groups)}
}

// signIn checks a password. An unknown user takes the same steps as a known one with another password.
func (st *store) signIn(username, password string, now time.Time) (*user, error) {
	given := sha256.Sum256([]byte(password))
	st.mu.Lock()
	defer st.mu.Unlock()
	a, known := st.accounts[username]
	if !known {
		a = &account{}
	}
	same := subtle.ConstantTimeCompare(a.password[:], given[:]) == 1
	switch {
	case !known || !same:
		return nil, errCredentials
	case a.disabled:
		return nil, errDisabled
	case a.temporary && !now.Before(st.created.Add(temporaryLifetime)):
		return nil, errTemporaryExpired
	case a.temporary:
		return a.user, errMustChange
	}
	return a.user, nil
}

// confirm gives a user in FORCE_CHANGE_PASSWORD a password of their own and so makes them CONFIRMED. [D]
// It fails when the user is in another state by now.
func (st *store) confirm(username, password string) (*user, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	a, ok := st.accounts[username]
	if !ok || !a.temporary || a.disabled {
		return nil, false
	}
	a.password, a.temporary = sha256.Sum256([]byte(password)), false
	return a.user, true
}

// active returns a user who exists and is not disabled.
func (st *store) active(username string) (*user, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	a, ok := st.accounts[username]
	if !ok || a.disabled {
		return nil, false
	}
	return a.user, true
}
