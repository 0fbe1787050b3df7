// The demo's configuration, its tokens, and the curl lines that show what the gateway says to each.

import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Failure } from './processes.mjs';
import { compatibilityDate, compatibilityFlags, paths } from './toolchain.mjs';

/** The demo's front end: it need not run, its tokens only name it. */
export const FRONT_END = 'http://localhost:3000';

/** A working day. Clerk's own tokens live for a minute, which is too short to paste a line. */
const LIFETIME_SECONDS = 12 * 60 * 60;

/** Where the demo's gateway takes webhooks. */
const WEBHOOK_PATH = '/webhooks/clerk';

/** Writes wrangler's configuration for the demo into an empty folder, beside the user's own, and returns its path. */
export function writeConfig({ origin, publishableKey, webhookSecret }) {
  rmSync(paths.demo, { recursive: true, force: true });
  mkdirSync(paths.demo, { recursive: true });
  const file = join(paths.demo, 'wrangler.json');
  const config = {
    name: 'clerk-edge-demo',
    main: paths.worker,
    compatibility_date: compatibilityDate(),
    compatibility_flags: compatibilityFlags(),
    kv_namespaces: [{ binding: 'JWKS', id: 'demo' }],
    triggers: { crons: ['*/3 * * * *'] },
    vars: {
      CLERK_PUBLISHABLE_KEY: publishableKey,
      ASSERTION_KEY: randomBytes(32).toString('base64url'),
      CLERK_WEBHOOK_SIGNING_SECRET: webhookSecret,
      GATEWAY: {
        authorized_parties: [FRONT_END],
        routes: [
          { path: '/api/public/*', access: 'public', origin },
          { path: '/api/*', origin },
          { path: '/api/admin/*', require: { role: 'org:admin' }, origin },
          { path: WEBHOOK_PATH, webhook: 'clerk', origin: `${origin}/internal/clerk-events` },
          { path: '/whoami', serve: 'whoami' },
          { path: '/health', access: 'public', serve: 'health' },
        ],
      },
    },
  };
  writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
  return file;
}

/** Has the stand-in issue the demo's tokens into a folder, and returns the file of each. */
export async function writeTokens(issuer, folder = paths.demo) {
  const writeToken = (name, token) => {
    const file = join(folder, `${name}.jwt`);
    writeFileSync(file, token, { mode: 0o600 });
    return file;
  };
  const organization = { id: 'org_acme', slug: 'acme' };
  const live = { authorized_party: FRONT_END, lifetime_seconds: LIFETIME_SECONDS };
  const member = { ...live, user: 'user_mia', organization: { ...organization, role: 'member', permissions: ['orders:read'] } };
  const admin = { ...live, user: 'user_ada', organization: { ...organization, role: 'admin', permissions: ['orders:read', 'orders:manage'] } };
  const expired = { ...member, issued_at: Math.floor(Date.now() / 1000) - 3600, lifetime_seconds: 60 };
  const memberToken = await issue(issuer, member);
  return {
    member: writeToken('member', memberToken),
    admin: writeToken('admin', await issue(issuer, admin)),
    expired: writeToken('expired', await issue(issuer, expired)),
    tampered: writeToken('tampered', tamper(memberToken)),
  };
}

async function issue(issuer, request) {
  const answer = await fetch(new URL('/stand-in/tokens', issuer), { method: 'POST', body: JSON.stringify(request) });
  const text = await answer.text();
  if (!answer.ok) throw new Failure(`the stand-in issues no token: ${text}`);
  return text.trim();
}

/** The member's token, with the role in it raised after it was signed. */
function tamper(token) {
  const [header, payload, signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  claims.o.rol = 'admin';
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

/** The lines to paste, each with what it shows and the status it comes to. */
export function curlLines({ gateway, issuer }, tokens) {
  const line = (title, status, path, token) => ({ title, status, command: curl(new URL(path, gateway), token) });
  return [
    line('anonymous on a public route', 200, '/api/public/hello'),
    line('no token where one is needed', 401, '/api/orders'),
    line('signed in', 200, '/api/orders?page=2', tokens.member),
    line('who the gateway says you are', 200, '/whoami', tokens.member),
    line('an admin on the admin route', 200, '/api/admin/users', tokens.admin),
    line('a member on the admin route', 403, '/api/admin/users', tokens.member),
    line('an expired token', 401, '/api/orders', tokens.expired),
    line('a token changed after it was signed', 401, '/api/admin/users', tokens.tampered),
    line('a path that no route names', 404, '/internal'),
    line('the keys by which an origin checks assertions', 200, '/.well-known/clerk-edge/jwks.json'),
    line('health', 200, '/health'),
    { title: 'a webhook, made by the stand-in and taken by the origin', status: 200, command: webhook(issuer, gateway) },
    { title: 'the same webhook, which the origin does not get again', status: 200, command: webhook(issuer, gateway) },
  ];
}

/** Has the stand-in send a delivery through the gateway; it answers with what it was answered. */
function webhook(issuer, gateway) {
  const delivery = { url: new URL(WEBHOOK_PATH, gateway).href, type: 'user.created', id: 'msg_demo' };
  return `curl -i -d '${JSON.stringify(delivery)}' '${new URL('/stand-in/webhooks', issuer)}'`;
}

/** A line of curl; the token stays in its file, out of the terminal. */
export function curl(url, tokenFile, more = '') {
  const authorization = tokenFile ? ` -H "Authorization: Bearer $(cat '${tokenFile.replaceAll("'", "'\\''")}')"` : '';
  return `curl -i${authorization}${more} '${url}'`;
}
