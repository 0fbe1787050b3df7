// The one table of requests that every application answers alike: what is sent, and the status, code and challenge that come back.

import { FRONT_END } from '../worker/support.mjs';

const REALM = /^Bearer realm="[^"]+"$/;
const INVALID = /^Bearer realm="[^"]+", error="invalid_token"/;
const SCOPE = /^Bearer realm="[^"]+", error="insufficient_scope"/;
const USER = { user: 'user_ada' };
const organization = (role) => ({ id: 'org_acme', slug: 'acme', role, permissions: [] });

const refused = (status, code, challenge) => ({ status, code, challenge });
const allowed = (userId) => ({ status: 200, userId });

/** `token(issuer)` makes the token; `expect` is what `/me` (or `path`) answers. */
export const requests = [
  { title: 'no token', expect: refused(401, 'credentials-missing', REALM) },
  { title: 'a valid token', token: (issuer) => issuer.token(USER), expect: allowed('user_ada') },
  { title: 'a valid token by POST', method: 'POST', token: (issuer) => issuer.token(USER), expect: allowed('user_ada') },
  { title: 'bearer in lower case', scheme: 'bearer', token: (issuer) => issuer.token(USER), expect: allowed('user_ada') },
  { title: 'another scheme', scheme: 'Basic', token: (issuer) => issuer.token(USER), expect: refused(401, 'credentials-malformed', INVALID) },
  {
    title: 'an expired token',
    token: (issuer) => issuer.token({ ...USER, issued_at: Math.floor(Date.now() / 1000) - 600 }),
    expect: refused(401, 'token-expired', INVALID),
  },
  { title: 'a tampered token', token: async (issuer) => tampered(await issuer.token(USER)), expect: refused(401, 'token-invalid-signature', INVALID) },
  { title: 'a token by another key', token: (issuer) => issuer.token({ ...USER, key: 'unpublished' }), expect: refused(401, 'token-invalid-signature', INVALID) },
  { title: "a template's token", token: (issuer) => issuer.token({ ...USER, category: 'template' }), expect: refused(401, 'token-type-mismatch', INVALID) },
  { title: "a machine's token", token: (issuer) => issuer.token({ category: 'm2m', claims: { sub: 'mch_1' } }), expect: refused(401, 'token-type-mismatch', INVALID) },
  { title: 'a pending session', token: (issuer) => issuer.token({ ...USER, status: 'pending' }), expect: refused(401, 'session-pending', INVALID) },
  {
    title: 'a token for another party',
    token: (issuer) => issuer.token({ ...USER, authorized_party: 'https://evil.example.net' }),
    expect: refused(401, 'token-invalid-authorized-parties', INVALID),
  },
  { title: 'another issuer', token: (issuer) => issuer.token({ ...USER, claims: { iss: 'https://other.example.com' } }), expect: refused(401, 'token-invalid-issuer', INVALID) },
  { title: 'an admin on the admin route', path: '/admin', token: (issuer) => issuer.token({ ...USER, organization: organization('admin') }), expect: allowed('user_ada') },
  { title: 'a member on the admin route', path: '/admin', token: (issuer) => issuer.token({ ...USER, organization: organization('member') }), expect: refused(403, 'insufficient-role', SCOPE) },
  { title: 'nobody on the admin route', path: '/admin', expect: refused(401, 'credentials-missing', REALM) },
  { title: 'nobody on the optional route', path: '/maybe', expect: allowed(null) },
  { title: 'a user on the optional route', path: '/maybe', token: (issuer) => issuer.token(USER), expect: allowed('user_ada') },
  { title: 'a bad token on the optional route', path: '/maybe', token: async () => 'a.b.c', expect: refused(401, 'token-invalid', INVALID) },
  {
    title: 'a preflight',
    method: 'OPTIONS',
    headers: { origin: FRONT_END, 'access-control-request-method': 'GET' },
    expect: { status: 204 },
  },
  { title: 'OPTIONS that is no preflight', method: 'OPTIONS', expect: refused(401, 'credentials-missing', REALM) },
  {
    title: 'identity headers of the client',
    headers: { 'x-clerk-user-id': 'user_root', 'x-clerk-auth-status': 'signed-in', 'x-clerk-auth-token': 'x' },
    expect: refused(401, 'credentials-missing', REALM),
  },
  {
    title: 'identity headers beside a token',
    headers: { 'x-clerk-user-id': 'user_root' },
    token: (issuer) => issuer.token(USER),
    expect: allowed('user_ada'),
  },
];

function tampered(token) {
  const [header, payload, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  return [header, Buffer.from(JSON.stringify({ ...claims, sub: 'user_root' })).toString('base64url'), signature].join('.');
}

/** Sends a row to an application and returns what came back, in the terms of `expect`. */
export async function send(url, issuer, { path = '/me', method = 'GET', scheme = 'Bearer', headers = {}, token }) {
  const authorization = token && { authorization: `${scheme} ${await token(issuer)}` };
  const response = await fetch(new URL(path, url), { method, redirect: 'manual', headers: { ...headers, ...authorization } });
  const text = await response.text();
  const body = text ? JSON.parse(text) : {};
  return { status: response.status, body, headers: response.headers };
}
