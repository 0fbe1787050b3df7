// `clerk-edge test` against the built Worker: what the tool asks of every API, the gateway does.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { paths } from '../../scripts/lib/toolchain.mjs';
import { FRONT_END, startEchoOrigin, startGateway, startIssuer } from './support.mjs';

const AUDIENCE = 'https://api.example.com';
const SETTINGS = `
protected = "/api/protected"
public = "/public"
optional = "/optional"
admin = "/api/admin"
webhook = "/webhooks/clerk"
methods = ["GET", "HEAD", "POST"]
origin = "${FRONT_END}"
authorized_parties = ["${FRONT_END}"]
audience = "${AUDIENCE}"
idor = [{ path = "/orgs/one", organization = "org_1" }]
`;

/** What the gateway does otherwise on purpose, with the reason. */
const DIFFERENT = {
  44: 'a refusal has a code of its own, for whoever must find out what is wrong',
};

let issuer;
let origin;
let gateway;
let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clerk-edge-suite-'));
  await writeFile(join(folder, 'clerk-edge.test.toml'), SETTINGS);
  issuer = await startIssuer();
  origin = await startEchoOrigin((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ user: request.headers['x-clerk-user-id'] ?? null }));
  });
  gateway = await startGateway({
    issuer,
    origin,
    settings: { cors: { origins: [FRONT_END] }, audience: [AUDIENCE], missing_azp: 'reject' },
    vars: { CLERK_WEBHOOK_SIGNING_SECRET: issuer.webhookSecret },
    routes: [
      { path: '/public', access: 'public' },
      { path: '/optional', access: 'optional' },
      { path: '/api/protected', methods: ['GET', 'POST'] },
      { path: '/api/admin', require: { role: 'org:admin' } },
      { path: '/orgs/one', require: { organization: 'org_1' } },
      { path: '/webhooks/clerk', webhook: 'clerk' },
    ],
  });
});
after(() => Promise.all([issuer?.close(), origin?.close(), gateway?.close(), rm(folder, { recursive: true })]));

/** The report of a run, whatever its exit code. */
function check(...options) {
  return new Promise((resolve) => {
    const args = ['test', `http://127.0.0.1:${gateway.port}`, '--format', 'json', '--unsafe', ...options];
    execFile(paths.cli, args, { cwd: folder, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, report: JSON.parse(stdout || 'null'), stderr });
    });
  });
}

test('the gateway passes every check', async () => {
  const { code, report, stderr } = await check('--issuer-url', issuer.url, '--strict');
  const failed = report?.checks.filter(({ status, id }) => status === 'failed' && !(id in DIFFERENT));
  assert.deepEqual(failed?.map(({ id, findings }) => ({ id, findings: findings.slice(0, 3) })), [], stderr);
  const skipped = report.checks.filter(({ status }) => status === 'skipped').map(({ id }) => id);
  assert.deepEqual(skipped, [39, 42], 'no session is of Clerk\'s own, and no route is GraphQL');
  assert.equal(report.framework, 'clerk-edge');
  assert.equal(code, 0);
});
