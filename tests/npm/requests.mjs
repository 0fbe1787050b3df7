// The one table of requests that every application answers alike: what is sent, and the status, code and challenge that come back.

import assert from 'node:assert/strict';

import { FRONT_END } from '../worker/support.mjs';

const REALM = /^Bearer realm="[^"]+"$/;
const INVALID = /^Bearer realm="[^"]+", error="invalid_token"/;
const SCOPE = /^Bearer realm="[^"]+", error="insufficient_scope"/;
const USER = { user: 'user_ada' };
const organization = (role, id = 'org_acme') => ({ id, slug: 'acme', role, permissions: [] });

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
  { title: "a token of version 1 on its organization's route", path: '/orgs/org_acme', token: (issuer) => issuer.token({ ...USER, version: 1, organization: organization('member') }), expect: allowed('user_ada') },
  { title: "a token of version 2 on its organization's route", path: '/orgs/org_acme', token: (issuer) => issuer.token({ ...USER, version: 2, organization: organization('member') }), expect: allowed('user_ada') },
  { title: "another organization's admin", path: '/orgs/org_acme', token: (issuer) => issuer.token({ ...USER, organization: organization('admin', 'org_other') }), expect: refused(403, 'insufficient-role', SCOPE) },
  { title: 'a user without an organization', path: '/orgs/org_acme', token: (issuer) => issuer.token(USER), expect: refused(403, 'insufficient-role', SCOPE) },
  { title: "an organization's slug in place of its id", path: '/orgs/acme', token: (issuer) => issuer.token({ ...USER, organization: organization('admin') }), expect: refused(403, 'insufficient-role', SCOPE) },
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
  {
    title: 'a preflight with a bad token',
    method: 'OPTIONS',
    headers: { origin: FRONT_END, 'access-control-request-method': 'GET' },
    token: async () => 'a.b.c',
    expect: refused(401, 'token-invalid', INVALID),
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

export function tampered(token) {
  const [header, payload, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url'));
  return [header, Buffer.from(JSON.stringify({ ...claims, sub: 'user_root' })).toString('base64url'), signature].join('.');
}

/** Sends a row to an application in its transport, and returns what came back. */
export async function send(url, issuer, row, transport) {
  const { scheme = 'Bearer', token, headers } = row;
  const authorization = token && { authorization: `${scheme} ${await token(issuer)}` };
  const { path, ...request } = transport.request(row);
  const init = { ...request, headers: { ...request.headers, ...headers, ...authorization } };
  const response = await fetch(new URL(path, url), { redirect: 'manual', ...init });
  const text = await response.text();
  return { status: response.status, text, headers: response.headers, body: text ? JSON.parse(text) : {} };
}

/** Compares an answer with what the table expects. */
export function check(answer, row, transport) {
  const expect = transport.expected(row);
  assert.equal(answer.status, expect.status, answer.text);
  const { code, userId } = transport.read(answer);
  assert.deepEqual({ code, userId }, { code: expect.code, userId: expect.userId });
  assert.match(answer.headers.get('www-authenticate') ?? '', expect.challenge ?? /^$/);
  if (expect.code) assert.equal(answer.headers.get('cache-control'), 'no-store');
  if (expect.status === 403) assert.doesNotMatch(answer.text, /member|org_other/, 'a refusal tells what the caller has');
}
