package main

import (
	"context"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/postrider/postrider/runner"
	"github.com/postrider/postrider/runner/auth"
	"github.com/postrider/postrider/runner/diag"
	"github.com/postrider/postrider/runner/environment"
	"github.com/postrider/postrider/runner/exchange"
)

// loginOptions are what `login` was asked for.
type loginOptions struct {
	run       runOptions // which collections, with what variables
	paste     bool
	print     bool
	list      bool
	forget    bool
	all       bool
	noBrowser bool
	port      int
}

func (p *program) loginCommand() *cli.Command {
	return &cli.Command{
		Name:      "login",
		Usage:     "get the tokens of the OAuth 2.0 grants of collections, and store them for run",
		UsageText: "postrider login [flags] [COLLECTION…]",
		Description: `examples:
  postrider login -e aws
      signs in with a browser, once for each grant that the collections declare with auth.oauth2
  postrider login -e aws --paste userinfo
      prints where to sign in, and takes the URL that the browser ends at: for a machine without a browser
  curl -H "Authorization: Bearer $(postrider login -e aws --print userinfo)" https://api.example.com/
      the stored token; signs in where there is none
  postrider login --list
  postrider login --forget -e aws

Tokens that a person signed in for are stored in $XDG_STATE_HOME/postrider/tokens.json, or in ~/.local/state (macOS and
Windows: the folder for settings), for you alone. Where the system has a keyring, they are sealed with a key that the keyring
keeps. POSTRIDER_KEYRING=file does without; so does off.`,
		Flags: []cli.Flag{
			environmentFlag("`NAME|FILE`: environments/NAME.toml; may be repeated, later wins"),
			&cli.StringSliceFlag{Name: "var", Aliases: []string{"env-var"}, Usage: "`NAME=VALUE`: set a variable; may be repeated"},
			&cli.BoolFlag{Name: "paste", Usage: "take the callback URL from standard input, open no browser"},
			&cli.BoolFlag{Name: "print", Usage: "print the access tokens alone, one a line; stored ones where there are"},
			&cli.BoolFlag{Name: "list", Usage: "show what is stored"},
			&cli.BoolFlag{Name: "forget", Usage: "remove what is stored for the environments, or with --all everything"},
			&cli.BoolFlag{Name: "all", Usage: "with --forget: everything"},
			&cli.IntFlag{Name: "port", Usage: "`PORT`: in place of that of a redirect URI on this machine; the provider has to know it"},
			&cli.BoolFlag{Name: "no-browser", Usage: "print where to sign in, and open no browser"},
			&cli.BoolFlag{Name: "insecure", Aliases: []string{"k"}, Usage: "accept any TLS certificate"},
		},
		Action: func(c *cli.Context) error {
			o, err := parseLogin(c)
			switch {
			case err != nil:
				return err
			case o.list:
				return p.listTokens(o.run.environments)
			case o.forget:
				return p.forgetTokens(o.run.environments, o.all)
			}
			return p.login(c.Context, o)
		},
	}
}

func parseLogin(c *cli.Context) (o loginOptions, err error) {
	o = loginOptions{
		run:   runOptions{collections: c.Args().Slice(), environments: c.StringSlice("environment"), sending: sendingOptions{route: exchange.Route{Insecure: c.Bool("insecure")}}},
		paste: c.Bool("paste"), print: c.Bool("print"), list: c.Bool("list"), forget: c.Bool("forget"), all: c.Bool("all"),
		noBrowser: c.Bool("no-browser"), port: c.Int("port"),
	}
	o.run.dryRun = true // what is stored is lent to a run, and here to --print alone
	if o.run.variables, err = parseVariables(c.StringSlice("var")); err != nil {
		return o, err
	}
	switch {
	case c.IsSet("port") && (o.port < 1 || o.port > 65535):
		return o, usage("for example --port 8400", "--port %d is no port", o.port)
	case (o.list || o.forget) && len(o.run.collections) > 0:
		return o, usage("what is stored goes by environment: -e NAME", "there is a collection beside --list or --forget")
	case o.list && o.forget, (o.list || o.forget) && (o.paste || o.print):
		return o, usage("leave one of them out", "--list and --forget get no token, and do one thing at a time")
	case o.all && (!o.forget || len(o.run.environments) > 0):
		return o, usage("postrider login --forget --all", "--all goes with --forget, and without -e")
	case o.forget && !o.all && len(o.run.environments) == 0:
		return o, usage("name the environment with -e, or take --all", "--forget does not say what")
	}
	return o, nil
}

// A login is what one call of login has open.
type login struct {
	*session
	options loginOptions
	tokens  *auth.Tokens
	store   *store
	wallet  *wallet
	fresh   map[auth.Grant]auth.Token // fetched now
	list    diag.List                 // what went wrong
	shown   int                       // tables
}

// login gets a token for each grant. One that cannot be had does not keep the others from being.
func (p *program) login(ctx context.Context, o loginOptions) error {
	s := &session{program: p, options: o.run, redactor: environment.NewRedactor(), holder: &poolHolder{}}
	defer s.holder.close()
	runners, client, err := s.prepare()
	if err != nil {
		return err
	}
	defer client.Close()
	grants, list := declared(runners)
	if len(grants) == 0 && len(list) == 0 {
		return usage("login is for collections with auth.oauth2; a callback URL is saved with: postrider callback --save ENV",
			"no request of the collections declares auth.oauth2")
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	l := newLogin(s, o, client)
	l.list = list
	for _, d := range grants {
		if err := l.one(ctx, d); err != nil {
			return err
		}
	}
	list = l.list.Sort()
	s.complain(list)
	if list.HasErrors() {
		return exit{code: exitError}
	}
	return nil
}

func newLogin(s *session, o loginOptions, client *exchange.Client) *login {
	l := &login{
		session: s, options: o, store: s.openStore(), wallet: s.newWallet(s.options.environments), fresh: map[auth.Grant]auth.Token{},
	}
	l.tokens = auth.NewTokens(auth.Options{
		Client: client, Taint: s.redactor.Add, Interactive: l.signIn, DevicePrompt: l.device,
		Fetched: func(g auth.Grant, t auth.Token) { l.fresh[g] = t },
	})
	return l
}

// declared are the grants of all collections, each once.
func declared(runners []*runner.Runner) ([]runner.DeclaredGrant, diag.List) {
	var out []runner.DeclaredGrant
	var list diag.List
	seen := map[auth.Grant]bool{}
	for _, r := range runners {
		grants, l := r.Grants()
		list = append(list, l...)
		for _, d := range grants {
			if !seen[d.Grant] {
				seen[d.Grant] = true
				out = append(out, d)
			}
		}
	}
	return out, list
}

// one gets the token of a grant, shows whose it is and stores it. The error ends the program.
func (l *login) one(ctx context.Context, d runner.DeclaredGrant) error {
	d.Grant = l.moved(d.Grant)
	if l.options.print {
		l.wallet.lend(l.tokens, []runner.DeclaredGrant{d})
		l.list = append(l.list, l.wallet.problems()...)
	}
	token, err := l.tokens.Token(ctx, d.Grant)
	switch {
	case ctx.Err() != nil || interruptedBy(err):
		return exit{code: exitInterrupted}
	case err != nil:
		l.list = append(l.list, problem(err, d.Span))
		return nil
	}
	stored := l.keep(d, token)
	if l.options.print {
		_, err = l.Out.Write([]byte(token.AccessToken + "\n"))
	} else {
		err = l.show(d.Grant, token, stored)
	}
	if err != nil {
		return exit{exitError, err}
	}
	return nil
}

// moved is a grant whose redirect URI has the port of --port. Providers take any port of loopback (RFC 8252, section
// 7.3), or those that they know.
func (l *login) moved(g auth.Grant) auth.Grant {
	u, err := url.Parse(g.RedirectURI)
	if l.options.port == 0 || err != nil || !needsBrowser(g) || !onLoopback(u) {
		return g
	}
	g.RedirectURI = withPort(u, l.options.port)
	return g
}

// keep stores a token that was fetched now, and says where it is. With --print the token itself is what was asked for:
// that it could not be stored is a warning.
func (l *login) keep(d runner.DeclaredGrant, token auth.Token) string {
	_, fetched := l.fresh[d.Grant]
	switch {
	case !fetched:
		return ""
	case !kept(d.Grant):
		return "not stored: run gets such a token by itself"
	case l.embedded(d.Grant):
		return "not stored: the embedded user pool ends with this command, and its tokens with it"
	}
	place, err := l.store.put(l.session.options.environments, d.Grant, token)
	if err == nil {
		return "stored " + place
	}
	p := problem(err, diag.Span{})
	if l.options.print {
		p.Severity = diag.Warning
	}
	l.list = append(l.list, p)
	return "not stored"
}

// embedded says whether a grant is one of the environment's own pool.
func (l *login) embedded(g auth.Grant) bool {
	pool := l.holder.server
	if pool == nil {
		return false
	}
	for _, address := range []string{g.Issuer, g.AuthorizeURL, g.TokenURL} {
		if address == pool.URL || strings.HasPrefix(address, pool.URL+"/") {
			return true
		}
	}
	return false
}

// signInPatience is how long a person may take.
const signInPatience = 10 * time.Minute
