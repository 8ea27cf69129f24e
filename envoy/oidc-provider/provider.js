// The issuer of docker-compose.yaml: a certified OpenID provider, with a user and an application of its own.
//
//   node provider.js PORT
//
// Its tokens are RFC 9068 JWT access tokens; `amr` says how the user signed in. Keys are made afresh at each start.
// For demos alone: the secrets are published, and a sign-in is a single request in the place of pages in a browser.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

import Provider, { errors } from 'oidc-provider';

const ISSUER = 'https://idp.example';
const API = 'https://api.partnercenter.microsoft.com';
const SIGN_IN = 'urn:mfa-gate:demo:sign-in';
const TOKEN_SECONDS = 3600;

const USERS = {
  alice: { password: 'demo', code: '123456', claims: { upn: 'alice@example.com', roles: ['AdminAgents'] } },
};

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const provider = new Provider(ISSUER, {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }] },
  clients: [{
    client_id: 'demo',
    client_secret: 'demo',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials', SIGN_IN],
    redirect_uris: [],
    response_types: [],
  }],
  ttl: { AccessToken: TOKEN_SECONDS, ClientCredentials: TOKEN_SECONDS },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => API,
      getResourceServerInfo: (_ctx, resource) => {
        if (resource !== API) throw new errors.InvalidTarget();
        return resourceServer;
      },
    },
  },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  extraTokenClaims: (_ctx, token) => token.extra,
});

const resourceServer = { audience: API, scope: '', accessTokenFormat: 'jwt', accessTokenTTL: TOKEN_SECONDS };

// Password, and with a code a second factor: what a browser's sign-in would come to.
provider.registerGrantType(SIGN_IN, async (ctx) => {
  const { username, password, code } = ctx.oidc.params;
  const user = Object.hasOwn(USERS, username) ? USERS[username] : undefined;
  if (!user || user.password !== password || (code !== undefined && code !== user.code)) {
    throw new errors.InvalidGrant('no such user, or a wrong password or code');
  }
  const token = new provider.AccessToken({
    accountId: username,
    client: ctx.oidc.client,
    gty: SIGN_IN,
    extra: { ...user.claims, amr: code === undefined ? ['pwd'] : ['pwd', 'otp', 'mfa'] },
  });
  token.resourceServer = new provider.ResourceServer(API, resourceServer);
  ctx.oidc.entity('AccessToken', token);
  ctx.body = { access_token: await token.save(), expires_in: token.expiration, token_type: token.tokenType };
}, ['username', 'password', 'code']);

const answer = provider.callback();
provider.proxy = true;
createServer((request, response) => {
  // TLS would end at a proxy before it. The metadata's addresses are made of these two.
  request.headers['x-forwarded-proto'] = 'https';
  request.headers['x-forwarded-host'] = new URL(ISSUER).host;
  answer(request, response);
}).listen(Number(process.argv[2]));

// A container's first process ends by no signal that it does not handle itself.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0));
