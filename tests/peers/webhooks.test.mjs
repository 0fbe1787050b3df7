// Webhooks signed and checked by `svix`, `standardwebhooks` and `@clerk/backend` on the one side, and by the built Worker
// and the command line on the other.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, mock, test } from 'node:test';
import { promisify } from 'node:util';

import { verifyWebhook } from '@clerk/backend/webhooks';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';

import { paths, root } from '../../scripts/lib/toolchain.mjs';
import { startEchoOrigin, startGateway, startGateways, startIssuer } from '../worker/support.mjs';
import { Ledger, WEBHOOKS, featuresOfDelivery } from './differences.mjs';

/** Secrets made for these tests: sentences. */
const SECRET = `whsec_${Buffer.from('a secret for the tests with peers').toString('base64')}`;
const NEW_SECRET = `whsec_${Buffer.from('the secret after the rotation').toString('base64')}`;
const PATH = '/webhooks/clerk';
const BODIES = ['{"type":"user.created","data":{"id":"user_1"}}', '{"type": "user.updated",\r\n "data": {"name":"é ✓ \u2028 😀"}}\n', '[1]', '"text"', '0'];

const ledger = new Ledger(WEBHOOKS, featuresOfDelivery);
let issuer;
let origin;
let gateway;

before(async () => {
  issuer = await startIssuer();
  origin = await startEchoOrigin();
  gateway = await startGateway(optionsOf({ secret: `${SECRET} ${NEW_SECRET}` }));
});
after(() => Promise.all([gateway?.close(), issuer?.close(), origin?.close()]));

function optionsOf({ secret, now }) {
  return {
    issuer,
    kv: false,
    frozenTime: now,
    vars: { CLERK_WEBHOOK_SIGNING_SECRET: secret },
    routes: [{ path: PATH, webhook: 'clerk', origin: `${origin.url}/events` }],
  };
}

/** Sends a delivery to a Worker; `accepted`, when it reached the origin as it was, or the code. */
async function ours(to, headers, body) {
  const reached = origin.requests.length;
  const answer = await to.fetch(PATH, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  if (answer.status === 200) {
    assert.equal(origin.requests.length, reached + 1);
    assert.ok(origin.last().body.equals(Buffer.from(body)), 'the body is another behind the gateway');
    return 'accepted';
  }
  assert.equal(origin.requests.length, reached, 'a refused delivery reached the origin');
  return (await answer.json()).code;
}

/** Each peer: how it checks a delivery, which throws when it does not take it. */
const peers = {
  svix: (secret, headers, body) => new SvixWebhook(secret).verify(body, headers),
  standardwebhooks: (secret, headers, body) => new StandardWebhook(secret).verify(body, standard(headers)),
  '@clerk/backend': (secret, headers, body) =>
    verifyWebhook(new Request('http://127.0.0.1/', { method: 'POST', headers, body }), { signingSecret: secret }),
};

/** The same headers under the names that `standardwebhooks` knows, where they are of Svix's family alone. */
function standard(headers) {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  if (entries.some(([name]) => name.startsWith('webhook-'))) return Object.fromEntries(entries);
  return Object.fromEntries(entries.map(([name, value]) => [name.replace(/^svix-/, 'webhook-'), value]));
}

/** `accepted` or `refused`, at a moment. */
async function verdict(check, now) {
  mock.timers.enable({ apis: ['Date'], now: now * 1000 });
  try {
    await check();
    return 'accepted';
  } catch {
    return 'refused';
  } finally {
    mock.timers.reset();
  }
}

const seconds = () => Math.floor(Date.now() / 1000);
let count = 0;
const newId = () => `msg_${(count += 1)}`;

test("deliveries signed by svix and by standardwebhooks are taken, by either secret and among other signatures", async () => {
  for (const Webhook of [SvixWebhook, StandardWebhook]) {
    for (const family of ['svix', 'webhook']) {
      for (const secret of [SECRET, NEW_SECRET]) {
        for (const body of BODIES) {
          for (const away of [-280, 0, 280]) {
            const [id, time] = [newId(), seconds() + away];
            const signature = new Webhook(secret).sign(id, new Date(time * 1000), body);
            const other = new Webhook(`whsec_${Buffer.from('another').toString('base64')}`).sign(id, new Date(time * 1000), body);
            const headers = { [`${family}-id`]: id, [`${family}-timestamp`]: `${time}` };
            for (const signatures of [signature, `${other} ${signature}`, `${signature} v1a,abc ${other}`]) {
              assert.equal(await ours(gateway, { ...headers, [`${family}-signature`]: signatures }, body), 'accepted', `${Webhook.name} ${family} ${away} ${body}`);
            }
            assert.equal(await ours(gateway, { ...headers, [`${family}-signature`]: other }, body), 'webhook-signature-invalid');
          }
        }
      }
    }
  }
});

test('deliveries sent by the command line are taken by every peer, and no longer when a byte is another', { timeout: 120_000 }, async () => {
  const run = promisify(execFile);
  const { stdout } = await run(paths.cli, ['webhook', 'send', '--list']);
  const kinds = stdout.trim().split('\n');
  assert.ok(kinds.length > 40, stdout);
  for (const kind of [...kinds, 'custom.event']) {
    await run(paths.cli, ['webhook', 'send', `${origin.url}/any`, '--type', kind, '--secret', kind === kinds[0] ? `${SECRET} ${NEW_SECRET}` : NEW_SECRET]);
    const { headers, body } = origin.last();
    for (const [name, check] of Object.entries(peers)) {
      assert.equal(await verdict(() => check(NEW_SECRET, onlySigned(headers), body), seconds()), 'accepted', `${name}: ${kind}`);
      assert.equal(await verdict(() => check(NEW_SECRET, onlySigned(headers), `${body} `), seconds()), 'refused', `${name}: ${kind}`);
      assert.equal(await verdict(() => check(NEW_SECRET, onlySigned(headers), body), seconds() + 400), 'refused', `${name}: ${kind}`);
    }
    assert.equal(JSON.parse(body).type, kind);
  }
});

const onlySigned = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('svix-')));

/** Deliveries with one thing about each that some reader may take differently. */
function generated() {
  const now = 1_760_000_000;
  const key = Buffer.from('a secret for deliveries');
  const secret = `whsec_${key.toString('base64')}`;
  const cases = [];
  const add = (id, { name = 'msg_1', time = `${now}`, body = BODIES[0], mac, family = 'svix', signedTime = time, signedBody = body, change = {}, ...rest } = {}) => {
    const bytes = Buffer.from(body);
    const signature = createHmac('sha256', key).update(`${name}.${signedTime}.`).update(signedBody).digest('base64');
    const headers = { [`${family}-id`]: name, [`${family}-timestamp`]: time, [`${family}-signature`]: mac?.(signature) ?? `v1,${signature}`, ...change };
    cases.push({ id, secret, now, headers, body_b64: bytes.toString('base64'), ...rest });
  };
  add('nothing changed');
  add('the other family', { family: 'webhook' });
  for (const away of [-301, -300, -1, 1, 300, 301]) add(`${away} s away`, { time: `${now + away}` });
  for (const time of [`${now}.5`, `${now}abc`, `+${now}`, `0${now}`, `${now}e0`, `0x${now.toString(16)}`, '1e9', '-1', 'NaN', '']) {
    add(`time ${time}`, { time });
    add(`time ${time}, signed as a whole number`, { time, signedTime: `${now}` });
  }
  for (const name of ['msg.1', 'msg_1, msg_1', 'a'.repeat(256), 'a'.repeat(257), 'msg 1', '.']) add(`id ${name.slice(0, 20)}`, { name });
  const wrong = Buffer.alloc(32).toString('base64');
  const signatures = {
    'a trailing comma': (right) => `v1,${right},`,
    'a third field': (right) => `v1,${right},v1`,
    'separated by a comma': (right) => `v1,${wrong},v1,${right}`,
    'joined by a comma and a space': (right) => `v1,${right}, v1,${wrong}`,
    'separated by a tab': (right) => `v1,${wrong}\tv1,${right}`,
    'separated by two spaces': (right) => `v1,${wrong}  v1,${right}`,
    'sixteen': (right) => [...Array(15).fill(`v1,${wrong}`), `v1,${right}`].join(' '),
    'seventeen': (right) => [...Array(16).fill(`v1,${wrong}`), `v1,${right}`].join(' '),
    'another version': (right) => `v2,${right}`,
    'no version': (right) => right,
    'a version in upper case': (right) => `V1,${right}`,
    'without padding': (right) => `v1,${right.replace('=', '')}`,
    'in base64url': (right) => `v1,${right.replaceAll('+', '-').replaceAll('/', '_')}`,
    'in hexadecimal': (right) => `v1,${Buffer.from(right, 'base64').toString('hex')}`,
    'with other bits at the end': (right) => `v1,${right.slice(0, -2)}${String.fromCharCode(right.charCodeAt(42) + 1)}=`,
    'cut short': (right) => `v1,${right.slice(0, 20)}`,
    'empty': () => 'v1,',
  };
  for (const [id, mac] of Object.entries(signatures)) add(`signature ${id}`, { mac });
  for (const [id, body] of Object.entries({ empty: '', 'no JSON': 'text', 'no UTF-8': Buffer.from([0xff, 0xfe]), 'a byte order mark': '\ufeff{}', 'null': 'null' })) add(`body ${id}`, { body });
  add('body no UTF-8, with the signature of the text that it decodes to', { body: Buffer.from([0x22, 0xff, 0x22]), signedBody: '"\ufffd"' });
  add('both families', { change: { 'webhook-id': 'msg_1', 'webhook-timestamp': `${now}`, 'webhook-signature': 'v1,x' } });
  for (const [id, text] of Object.entries({ 'without its prefix': secret.slice(6), 'without padding': secret.replace(/=+$/, ''), 'in base64url': 'whsec_-_8', empty: 'whsec_', 'of two prefixes': `whsec_${secret}` })) add(`secret ${id}`, { secret: text });
  return cases;
}

const files = ['tests/vectors/webhooks.json', '../shared/vectors/webhooks.json'].map((name) => join(root, name)).filter(existsSync);
const sets = [['generated deliveries', generated], ...files.map((file) => [relative(root, file), () => JSON.parse(readFileSync(file, 'utf8')).cases])];
/** What a header line can hold and keeps. */
const FITS = /^$|^[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?$/;

for (const [name, casesOf] of sets) {
  test(`${name}: the verdicts of the peers and of the Worker`, { timeout: 300_000 }, async (context) => {
    const cases = casesOf().filter(({ headers }) => Object.values(headers).every((value) => FITS.test(value)));
    // One secret at a time: the peers know no more.
    const groups = [...Map.groupBy(cases.filter(({ secret }) => !secret.includes(' ')), ({ secret, now }) => `${now} ${secret}`).values()];
    const gateways = await startGateways(groups.map(([first]) => optionsOf(first)));
    const before = ledger.count;
    try {
      for (const [index, group] of groups.entries()) {
        for (const item of group) {
          const body = item.body_b64 === undefined ? Buffer.from(item.body_repeat.char.repeat(item.body_repeat.count)) : Buffer.from(item.body_b64, 'base64');
          const word = (await ours(gateways[index], item.headers, body)) === 'accepted' ? 'accepted' : 'refused';
          for (const [peer, check] of Object.entries(peers)) {
            const theirs = await verdict(() => check(item.secret, item.headers, body), item.now);
            ledger.note({ name: `${peer}: ${item.id}`, peer, theirs, ours: word, headers: item.headers, body, secret: item.secret });
          }
        }
      }
    } finally {
      await gateways[0].close();
    }
    context.diagnostic(`${ledger.count - before} compared`);
    assert.deepEqual(ledger.takeUnexplained(), []);
  });
}

test('every row of the table is needed', (context) => {
  assert.deepEqual(ledger.unusedRows(), []);
  for (const line of ledger.lines()) context.diagnostic(line);
});
