package cognito

import "github.com/google/uuid"

// newCode stores an authorization code for the token endpoint: good once, for five minutes. [D]
// It is a lower-case UUID. [O]
func (s *Server) newCode(g grant, a authorization) string {
	id := uuid.NewString()
	s.store.codes.put(id, code{grant: g, redirectURI: a.redirectURI, challenge: a.challenge}, s.now())
	return id
}
