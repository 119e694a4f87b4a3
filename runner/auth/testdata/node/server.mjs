// A server that checks credentials with the packages that servers in JavaScript use. It says its port in the first line of
// its output, and answers 200 with what it has understood, or 401 with a reason.
import { createHash, createHmac } from "node:crypto";
import aws4 from "aws4";
import express from "express";
import ntlm from "express-ntlm";
import Hawk from "hawk";
import auth from "http-auth";
import * as jose from "jose";
import jsonwebtoken from "jsonwebtoken";
import OAuth from "oauth-1.0a";

const app = express();
app.use(express.raw({ type: () => true }));
const text = (request) => (Buffer.isBuffer(request.body) ? request.body.toString() : "");
const check = (work) => async (request, response) => {
  try {
    response.send(String(await work(request, response)));
  } catch (error) {
    response.status(401).send(String(error));
  }
};

// Postman's echo service has these credentials.
const hawkCredentials = { key: "werxhqb98rpaxn39848xrunpaw3489ruxnpa98w4rxn", user: "Steve" };
app.use("/auth/hawk", check(async (request) => {
  const algorithm = request.query.algorithm ?? "sha256";
  request.url = request.originalUrl;
  const options = request.query.payload ? { payload: text(request) } : {};
  const { artifacts } = await Hawk.server.authenticate(request, () => ({ ...hawkCredentials, algorithm }), options);
  return [artifacts.id, artifacts.ext, artifacts.app, artifacts.dlg].join("|");
}));

const digests = { "HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256", "HMAC-SHA512": "sha512" };
app.use("/oauth1", check((request) => {
  const form = request.is("application/x-www-form-urlencoded") ? text(request) : "";
  const header = {};
  for (const [, name, value] of (request.headers.authorization ?? "").matchAll(/(\w+)="([^"]*)"/g)) header[name] = decodeURIComponent(value);
  const data = {};
  const add = (name, value) => { data[name] = name in data ? [data[name], value].flat() : value; };
  const url = new URL(request.originalUrl, `http://${request.headers.host}`);
  for (const params of [url.searchParams, new URLSearchParams(form)]) for (const [name, value] of params) add(name, value);
  for (const [name, value] of Object.entries(header)) if (name !== "realm") add(name, value);
  const { oauth_signature: signature, ...signed } = data;
  const method = signed.oauth_signature_method;
  const oauth = new OAuth({
    consumer: { key: "RKCGzna7bv9YD57c", secret: "D+EdQ-gs$-%@2Nu7" },
    signature_method: method,
    hash_function: (base, key) => (digests[method] ? createHmac(digests[method], key).update(base).digest("base64") : key),
  });
  const wanted = oauth.getSignature({ method: request.method, url: url.origin + url.pathname, data: signed }, signed.oauth_token ? "t0ken&secret" : "", signed);
  if (signature !== wanted) throw new Error(`signature ${signature}, wanted ${wanted}`);
  return "pass";
}));

app.use("/aws", check((request) => {
  const given = request.headers.authorization;
  const signedHeaders = /SignedHeaders=([^,]+)/.exec(given)[1].split(";");
  const [, region, service] = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)/.exec(given);
  const headers = {};
  for (const name of signedHeaders) headers[name] = request.headers[name];
  const again = { method: request.method, path: request.originalUrl, headers, service, region, host: request.headers.host, body: text(request) };
  const signer = new aws4.RequestSigner(again, { accessKeyId: "AKID", secretAccessKey: "s3cret/+" });
  signer.datetime = request.headers["x-amz-date"];
  signer.extraHeadersToIgnore = Object.fromEntries(["content-length", "content-type", "x-amz-content-sha256", "x-amz-security-token"].filter((n) => !signedHeaders.includes(n)).map((n) => [n, true]));
  signer.sign();
  if (again.headers.Authorization !== given) throw new Error(`wanted ${again.headers.Authorization}\n${signer.canonicalString()}`);
  return "pass";
}));

app.use("/jwt", check(async (request) => {
  const token = request.headers.authorization.replace(/^Bearer /, "");
  const { algorithm, key } = JSON.parse(Buffer.from(request.headers["x-key"], "base64").toString());
  const secret = algorithm.startsWith("HS");
  const imported = secret ? new TextEncoder().encode(key) : await jose.importSPKI(key, algorithm);
  const { payload, protectedHeader } = await jose.jwtVerify(token, imported, { algorithms: [algorithm] });
  if (algorithm !== "EdDSA") jsonwebtoken.verify(token, key, { algorithms: [algorithm] });
  return JSON.stringify([protectedHeader.typ, payload.sub, payload.exp - payload.iat]);
}));

const ha1 = createHash("md5").update("jane:Users:s3cret").digest("hex");
for (const [path, options] of Object.entries({ MD5: {}, "MD5-sess": { algorithm: "MD5-sess" }, none: { qop: "none" } })) {
  const digest = auth.digest({ realm: "Users", ...options }, (user, callback) => callback(user === "jane" ? ha1 : ""));
  app.use(`/digest/${path}`, (request, response) => {
    request.url = request.originalUrl;
    digest.check((inner, outer) => outer.end(inner.user))(request, response);
  });
}

app.use("/ntlm", ntlm(), (request, response) => response.send(`${request.ntlm.DomainName}|${request.ntlm.UserName}|${request.ntlm.Workstation}|${text(request)}`));

const server = app.listen(0, "127.0.0.1", () => console.log(server.address().port));
