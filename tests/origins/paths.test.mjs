// Path confusion, differentially: what an origin serves as a protected resource must have been decided as one, whatever
// the spelling. Every spelling of spellings.mjs goes as raw bytes through the built Worker to real origins, by each of
// three callers, and straight to the origins too, so that it is known that the spellings are worth something.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { nginx, python, unless } from '../../scripts/lib/outside.mjs';
import { rawRequest, startGateways, startIssuer } from '../worker/support.mjs';
import { documents, startAxum, startExpress, startFastApi, startFastify, startNginx } from './origins.mjs';
import { PROTECTED, spellings } from './spellings.mjs';

const SPELLINGS = spellings();
/** How many of the spellings each origin takes for the protected resource, at least; measured were 216 to 306. */
const LEAST = 200;
const ALL_SPECIALS = ['%2F', '%5C', '%3B', ';', '%25', '%3F', '%23'];
const PROTECTED_ROUTES = ['/api/admin/*', '/api/tasks/*'];

/** The routes of every gateway here. What is protected needs an admin, what is beside it a session, or nobody. */
const routes = (extra = {}, prefix = '') =>
  [
    ...PROTECTED_ROUTES.map((path) => ({ path, require: { role: 'org:admin' } })),
    { path: '/api/*' },
    { path: '/api/public/*', access: 'public' },
    { path: '/public/*', access: 'public' },
  ].map((route) => ({ ...route, ...extra, path: prefix + route.path }));

/** Each configuration: its name, its routes and settings, how spellings are sent, and which origins it is right for. */
const CONFIGURATIONS = [
  { name: 'attack 04: the plain routes', routes: routes(), asksAdmin: true },
  { name: 'attack 08: a prefix that is stripped', routes: routes({ strip_prefix: '/v1' }, '/v1'), prefix: '/v1' },
  { name: 'attack 10: case_sensitive', routes: routes(), settings: { case_sensitive: true }, suits: (origin) => origin.caseSensitive },
  { name: 'attack 03: every allow_in_path', routes: routes({ allow_in_path: ALL_SPECIALS }), asksAdmin: true },
  { name: 'attack 13: addresses that the zone normalized first', routes: routes(), sent: [...new Set(SPELLINGS.flatMap(normalized))] },
];

/**
 * What a zone's URL normalization may make of a target before a Worker sees it: backslashes and several slashes become one
 * slash, unreserved escapes are decoded, and dot segments are taken out, by the URL standard and before or after the rest.
 */
function normalized(target) {
  const text = Buffer.from(target, 'latin1').toString('utf8');
  if (!URL.canParse(text, 'http://127.0.0.1')) return [];
  const standard = ({ pathname, search }) => pathname + search;
  const unreserved = (path) => path.replace(/%[0-9a-f]{2}/gi, (escape) => (/[A-Za-z0-9._~-]/.test(unescape(escape)) ? unescape(escape) : escape.toUpperCase()));
  const first = standard(new URL(text, 'http://127.0.0.1'));
  const second = unreserved(first).replace(/[\\/]+/g, '/');
  return [first, second, standard(new URL(second, 'http://127.0.0.1'))];
}

let files;
let issuer;
let tokens;
let origins = [];

before(async () => {
  files = documents();
  issuer = await startIssuer();
  const organization = (role) => ({ id: 'org_1', slug: 'acme', role, permissions: [] });
  const token = (role) => issuer.token({ user: `user_${role}`, lifetime_seconds: 3600, organization: organization(role) });
  tokens = { anonymous: undefined, member: await token('member'), admin: await token('admin') };
  const starting = [startExpress(files), startExpress(files, { strict: true }), startFastify(files), startFastify(files, { lenient: true }), startAxum()];
  if (!unless(python(), 'Python with FastAPI', 'spellings of paths before FastAPI')) starting.push(startFastApi(files));
  if (!unless(nginx(), 'nginx', 'spellings of paths before nginx')) starting.push(startNginx(files));
  origins = await Promise.all(starting);
});
after(async () => {
  await Promise.all([issuer?.close(), ...origins.map((origin) => origin.close())]);
  files?.remove();
});

/** What was served, if anything: an origin's own word. */
async function ask(port, target, token) {
  const authorization = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
  const answer = await rawRequest(port, `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization}Connection: close\r\n\r\n`, { timeoutMs: 60_000 });
  const requestId = answer.headers.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1];
  return { target, status: answer.status, requestId, served: answer.body?.match(/served:(\w+)/)?.[1] };
}

/** Asks for all targets, some at a time. */
async function askAll(port, targets, token) {
  const answers = [];
  const left = targets.entries();
  const worker = async () => {
    for (const [index, target] of left) answers[index] = await ask(port, target, token);
  };
  await Promise.all(Array.from({ length: 12 }, worker));
  return answers;
}

const underPrefix = (target, prefix = '') => {
  const authority = target.match(/^[a-z]+:\/\/[^/\\?#]*/i)?.[0] ?? '';
  return authority + prefix + target.slice(authority.length);
};

const shown = (answers) => answers.slice(0, 20).map(({ target, served }) => `${served} at ${JSON.stringify(target)}`);

test('the spellings are many and distinct', () => {
  assert.ok(SPELLINGS.length >= 600, `${SPELLINGS.length}`);
  assert.equal(new Set(SPELLINGS).size, SPELLINGS.length);
  assert.ok(SPELLINGS.every((target) => /^[\x00-\xff]*$/.test(target) && !/[\r\n]/.test(target)));
});

test('attack 01: each origin takes many spellings for the protected resource, and a gateway that matches by prefix lets some through', async (t) => {
  for (const origin of origins) {
    const answers = await askAll(origin.port, SPELLINGS, undefined);
    const served = answers.filter((answer) => answer.served === 'protected');
    const bypasses = served.filter(({ target }) => !PROTECTED_ROUTES.some((route) => target.startsWith(route.slice(0, -2))));
    t.diagnostic(`${origin.name}: ${served.length} of ${SPELLINGS.length} spellings are the protected resource, ${bypasses.length} behind a prefix matcher's back`);
    assert.ok(served.length >= LEAST, `${origin.name}: ${served.length}`);
    assert.ok(bypasses.length > 0, `${origin.name} is not worth asking`);
    for (const path of PROTECTED) assert.ok(served.some(({ target }) => target === path), `${origin.name}: ${path}`);
  }
});

for (const { name, prefix, settings, routes, sent = SPELLINGS, asksAdmin = false, suits = () => true } of CONFIGURATIONS) {
  describe(name, () => {
    let gateways;
    let pairs;
    before(async () => {
      const suited = origins.filter(suits);
      gateways = await startGateways(suited.map((origin) => ({ issuer, origin, settings, routes })));
      pairs = gateways.map((gateway, index) => [gateway, suited[index]]);
    });
    after(() => gateways?.[0].close());
    const targets = sent.map((target) => underPrefix(target, prefix));

    for (const caller of ['anonymous', 'member']) {
      test(`no spelling serves ${caller === 'member' ? 'a member' : 'nobody'} what is protected`, { timeout: 900_000 }, async () => {
        const allowed = caller === 'member' ? ['public', 'member'] : ['public'];
        for (const [gateway, origin] of pairs) {
          const answers = await askAll(gateway.port, targets, tokens[caller]);
          const bypasses = answers.filter(({ served }) => served !== undefined && !allowed.includes(served));
          assert.deepEqual(shown(bypasses), [], origin.name);
          const faults = answers.filter(({ status }) => status >= 500 || Number.isNaN(status));
          assert.deepEqual(faults.slice(0, 20), [], origin.name);
        }
      });
    }

    // Which route decided is in the log; the other configurations have the same routes.
    if (!asksAdmin) return;
    test('what an admin is served as protected was decided by a protected route', { timeout: 900_000 }, async (t) => {
      for (const [gateway, origin] of pairs) {
        const answers = await askAll(gateway.port, targets, tokens.admin);
        const served = answers.filter((answer) => answer.served === 'protected');
        for (const path of PROTECTED) assert.ok(served.some(({ target }) => target === underPrefix(path, prefix)), `${origin.name}: ${path} is served`);
        const routeOf = await decided(gateway, served);
        const protectedRoutes = PROTECTED_ROUTES.map((route) => (prefix ?? '') + route);
        const strays = served.filter(({ requestId }) => !protectedRoutes.includes(routeOf.get(requestId)));
        assert.deepEqual(strays.slice(0, 20), [], origin.name);
        t.diagnostic(`${origin.name}: ${served.length} spellings are served to an admin`);
      }
    });
  });
}

/** The routes that decided, by request. The log comes by a way of its own, and so perhaps a little later. */
async function decided(gateway, answers) {
  const routes = new Map();
  for (let tries = 0; tries < 600; tries += 1) {
    for (const line of gateway.logs) if (line.requestId) routes.set(line.requestId, line.route);
    if (answers.every(({ requestId }) => routes.has(requestId))) return routes;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return routes;
}
