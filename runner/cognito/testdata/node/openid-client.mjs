// Discovery, code with PKCE and nonce, userInfo, refresh, revocation and client credentials with openid-client, and what
// oauth4webapi below it says to a refusal.
import assert from "node:assert/strict";
import * as oauth from "oauth4webapi";
import * as client from "openid-client";
import { signIn } from "./browser.mjs";

const pool = JSON.parse(process.argv[2]);
const insecure = { execute: [client.allowInsecureRequests] };
const redirect_uri = pool.callback;

const config = await client.discovery(new URL(pool.issuer), pool.clientID, undefined, client.None(), insecure);
const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const expectedNonce = client.randomNonce();
const back = await signIn(
  client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: "openid email",
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
  }),
  pool.username,
  pool.password,
);
const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true });
const { sub } = tokens.claims();
const info = await client.fetchUserInfo(config, tokens.access_token, sub);
assert.equal(info.email_verified, "true"); // a string, as the real one
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token);
assert.equal(refreshed.claims().sub, sub);
assert.equal(refreshed.refresh_token, undefined);

// Neither library finds the revocation endpoint by discovery: Cognito's document does not name it.
const server = { ...config.serverMetadata(), revocation_endpoint: `${pool.url}/oauth2/revoke` };
const allow = { [oauth.allowInsecureRequests]: true };
const app = { client_id: pool.clientID };
await oauth.processRevocationResponse(await oauth.revocationRequest(server, app, oauth.None(), tokens.refresh_token, allow));
await assert.rejects(client.refreshTokenGrant(config, tokens.refresh_token), { error: "invalid_grant", status: 400 });
assert.equal((await oauth.userInfoRequest(server, app, tokens.access_token, allow)).status, 401);

for (const auth of [client.ClientSecretBasic, client.ClientSecretPost]) {
  const machine = await client.discovery(new URL(pool.issuer), pool.machineID, undefined, auth(pool.machineSecret), insecure);
  const granted = await client.clientCredentialsGrant(machine);
  assert.equal(granted.expires_in, 3600);
  await assert.rejects(client.clientCredentialsGrant(machine, { scope: "openid" }), { error: "invalid_scope", status: 400 });
}
console.log("ok");
