package cognito

import (
	"slices"
	"strings"
	"time"
)

const (
	// DefaultRegion is the region of a pool that names none.
	DefaultRegion = "us-east-1"
	// DefaultAddr is a free port of the loopback interface.
	DefaultAddr = "127.0.0.1:0"
	// DefaultTokenValidity is how long ID and access tokens live unless the client says otherwise. [D] limits
	DefaultTokenValidity = time.Hour
	// DefaultRefreshTokenValidity is how long refresh tokens live unless the client says otherwise. [D] limits
	DefaultRefreshTokenValidity = 30 * 24 * time.Hour
)

// The OAuth flows of an app client, as AllowedOAuthFlows spells them. [O] aws-cloudformation-user-guide#517
const (
	FlowCode              = "code"
	FlowImplicit          = "implicit"
	FlowClientCredentials = "client_credentials"
)

// Config describes a user pool. The zero value is a pool with neither clients nor users.
type Config struct {
	// Region is the AWS region that the pool pretends to be in. Default: that of PoolID, else DefaultRegion.
	Region string
	// PoolID is <region>_<letters and digits>. Default: Region + "_Postrider", always the same, so that an issuer
	// differs between runs only in its port.
	PoolID string

	Clients         []Client
	ResourceServers []ResourceServer
	Users           []User

	// Addr is where to listen, host:port. Anything but loopback is an error. Default: DefaultAddr.
	Addr string
	// Now is the pool's clock: times in tokens, expiry of tokens, sessions and codes. Default: time.Now.
	Now func() time.Time
	// Log is told of each request once it has been answered, from several goroutines at once. Nil: nobody is told.
	Log func(Access)
}

// Client is an app client of the pool.
type Client struct {
	Name   string
	ID     string
	Secret string // empty: a public client
	// Flows are FlowCode, FlowImplicit or FlowClientCredentials. A client without any signs nobody in.
	Flows []string
	// Scopes are the scopes that may be asked for: standard ones, or <resource server>/<scope>. Default for a client
	// with the code or the implicit flow: the five standard ones, as the AWS CDK has it. [D] OAuthSettings.scopes
	Scopes []string
	// CallbackURLs are compared with redirect_uri byte by byte. [O] sagemaker-dashboards-for-ml#4
	CallbackURLs []string
	LogoutURLs   []string
	// AccessTokenValidity and IDTokenValidity are 5 minutes to 1 day, in whole seconds. [D] limits
	// Default: DefaultTokenValidity.
	AccessTokenValidity time.Duration
	IDTokenValidity     time.Duration
	// RefreshTokenValidity is 1 hour to 3,650 days, in whole seconds. [D] limits Default: DefaultRefreshTokenValidity.
	RefreshTokenValidity time.Duration
	// RotateRefreshTokens makes each refresh token good once: a refresh then answers with a new one, which ends when
	// the first one would have. [D] refresh token rotation
	RotateRefreshTokens bool
	// DisableTokenRevocation makes the revocation endpoint refuse the client, and its tokens lack origin_jti and the ID
	// token jti, as with clients from before 2021. [D] token-revocation
	DisableTokenRevocation bool
}

// ResourceServer declares custom scopes, which are written Identifier/scope. [D] define-resource-servers
type ResourceServer struct {
	Identifier string
	Scopes     []string
}

// User is a user of the pool: CONFIRMED with a Password, FORCE_CHANGE_PASSWORD with a TemporaryPassword. [D]
type User struct {
	Username          string // compared exactly; attributes are no aliases
	Password          string
	TemporaryPassword string // valid for 7 days of the pool's clock. [D] admin-create-user-policy
	// Attributes are standard ones or custom:*. email_verified and phone_number_verified are "true" or "false".
	// sub is a UUID; by default it is made of pool and username and so is the same in each run.
	Attributes map[string]string
	Groups     []string
	Disabled   bool
}

// Access is one request that the pool answered.
type Access struct {
	Method string
	// Path is the escaped path and query as received, with "***" for each query value that could be a secret.
	Path     string
	Status   int
	Duration time.Duration
}

// withDefaults returns a copy that a server may keep; the users' attributes and groups are copied by newUser.
func (c Config) withDefaults() Config {
	if c.Region == "" {
		c.Region = DefaultRegion
		if region, _, ok := strings.Cut(c.PoolID, "_"); ok {
			c.Region = region
		}
	}
	if c.PoolID == "" {
		c.PoolID = c.Region + "_Postrider"
	}
	if c.Addr == "" {
		c.Addr = DefaultAddr
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Clients = slices.Clone(c.Clients)
	for i := range c.Clients {
		c.Clients[i] = c.Clients[i].withDefaults()
	}
	c.Users = slices.Clone(c.Users)
	return c
}

func (c Client) withDefaults() Client {
	c.Flows = slices.Clone(c.Flows)
	c.Scopes = slices.Clone(c.Scopes)
	c.CallbackURLs = slices.Clone(c.CallbackURLs)
	c.LogoutURLs = slices.Clone(c.LogoutURLs)
	if len(c.Scopes) == 0 && (c.allows(FlowCode) || c.allows(FlowImplicit)) {
		c.Scopes = slices.Clone(standardScopes)
	}
	if c.AccessTokenValidity == 0 {
		c.AccessTokenValidity = DefaultTokenValidity
	}
	if c.IDTokenValidity == 0 {
		c.IDTokenValidity = DefaultTokenValidity
	}
	if c.RefreshTokenValidity == 0 {
		c.RefreshTokenValidity = DefaultRefreshTokenValidity
	}
	return c
}

func (c Client) allows(flow string) bool { return slices.Contains(c.Flows, flow) }
