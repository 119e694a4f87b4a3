// AWS's own verifier on the tokens of the implicit flow. Its CognitoJwtVerifier makes the issuer out of the pool id, so
// the generic one is used; its fetcher knows https alone, so it is given another.
import assert from "node:assert/strict";
import { JwtVerifier } from "aws-jwt-verify";
import { JwtExpiredError, JwtInvalidAudienceError, JwtInvalidIssuerError, JwtInvalidSignatureError } from "aws-jwt-verify/error";
import { SimpleJwksCache } from "aws-jwt-verify/jwk";

const pool = JSON.parse(process.argv[2]);
const jwksCache = new SimpleJwksCache({ fetcher: { fetch: async (uri) => (await fetch(uri)).arrayBuffer() } });
const verifier = (more) => JwtVerifier.create({ issuer: pool.issuer, jwksUri: pool.jwksURL, ...more }, { jwksCache });

const id = await verifier({ audience: pool.clientID }).verify(pool.idToken);
assert.equal(id.token_use, "id");
assert.equal(id.email_verified, true);
assert.deepEqual(id["cognito:groups"], ["editors"]);

const access = await verifier({
  audience: null,
  scope: ["openid"],
  customJwtCheck: ({ payload }) => {
    assert.equal(payload.token_use, "access");
    assert.equal(payload.client_id, pool.clientID);
  },
}).verify(pool.accessToken);
assert.equal(access.version, 2);
assert.equal(access.aud, undefined);

await assert.rejects(verifier({ audience: "another" }).verify(pool.idToken), JwtInvalidAudienceError);
await assert.rejects(verifier({ audience: null }).verify(pool.expiredToken), JwtExpiredError);
await assert.rejects(verifier({ audience: null, issuer: `${pool.issuer}/` }).verify(pool.accessToken), JwtInvalidIssuerError);
const [header, , signature] = pool.accessToken.split(".");
const forged = [header, pool.idToken.split(".")[1], signature].join(".");
await assert.rejects(verifier({ audience: null }).verify(forged), JwtInvalidSignatureError);
console.log("ok");
