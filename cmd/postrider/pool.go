package main

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/postrider/postrider/runner/cognito"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
)

// poolConfig is what an environment's [cognito] table says, in the pool's own words.
func poolConfig(p *environment.Pool) cognito.Config {
	c := cognito.Config{Region: p.Region}
	for _, client := range p.Clients {
		c.Clients = append(c.Clients, cognito.Client{
			Name: client.Name, ID: client.ID, Secret: client.Secret, Flows: client.Flows, Scopes: client.Scopes,
			CallbackURLs: client.CallbackURLs, LogoutURLs: client.LogoutURLs,
			AccessTokenValidity: client.AccessTokenValidity, IDTokenValidity: client.IDTokenValidity, RefreshTokenValidity: client.RefreshTokenValidity,
			RotateRefreshTokens: client.RotateRefreshTokens, DisableTokenRevocation: client.DisableTokenRevocation,
		})
	}
	for _, server := range p.ResourceServers {
		c.ResourceServers = append(c.ResourceServers, cognito.ResourceServer{Identifier: server.Identifier, Scopes: server.Scopes})
	}
	for _, user := range p.Users {
		c.Users = append(c.Users, cognito.User{
			Username: user.Username, Password: user.Password, TemporaryPassword: user.TemporaryPassword,
			Attributes: user.Attributes, Groups: user.Groups, Disabled: user.Disabled,
		})
	}
	return c
}

// poolProblems are what AWS would refuse in an environment's pool, at the places where it is said.
func poolProblems(p *environment.Pool) diag.List {
	var list diag.List
	for _, problem := range poolConfig(p).Validate() {
		list.Add(p.Span(problem.Path...), problem.Message, problem.Hint)
	}
	return list
}

// A poolHolder starts the embedded pool when an environment first needs it, and ends it with the command.
type poolHolder struct {
	server *cognito.Server
	now    func() time.Time
	// sending is the context of the run that the environment is read for, once it sends requests.
	sending atomic.Pointer[context.Context]
}

// start starts the pool and returns the variables that it provides. What it cannot provide, for want of a client or a
// user, has no value.
func (h *poolHolder) start(p *environment.Pool) (map[string]any, error) {
	config := poolConfig(p)
	config.Now = h.now
	server, err := cognito.NewServer(config)
	if err != nil {
		return nil, err
	}
	h.server = server
	return poolVariables(server), nil
}

func poolVariables(server *cognito.Server) map[string]any {
	values := map[string]any{
		"domain": server.URL, "issuer": server.Issuer(), "jwks_url": server.JWKSURL(),
		"user_pool_id": server.PoolID(), "region": server.Region(),
	}
	if token, err := server.ExpiredAccessToken(); err == nil {
		values["expired_access_token"] = token
	}
	if url, err := server.CallbackURL(); err == nil {
		values["callback_url"] = url
	}
	return values
}

func (h *poolHolder) close() {
	if h.server != nil {
		h.server.Close()
	}
}
