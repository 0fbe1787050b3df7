// The verifier with longer tokens, larger key sets and more and more distinct tokens, by the npm package in Node.

import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { pathToFileURL } from 'node:url';

import { packageEntry } from './bundle.mjs';
import { startInstance, userOf } from './instance.mjs';
import { inRounds } from './rounds.mjs';
import { contest, goal, judged, number, table } from './table.mjs';

const TOKEN_BYTES = [500, 1_000, 4_000, 8_000];
const KEYS = [1, 8, 32];
const FLAT = 1.25;
const MIB = 1024 * 1024;

/** What `limits.rs` lets verified tokens take. */
const MEMORY_MIB = 16;

export async function inNode(amount, progress) {
  const clerk = await startInstance();
  try {
    const { createVerifier } = await import(packageEntry('inline.js'));
    const bytes = await byBytes(clerk, createVerifier, amount, progress);
    const keys = await byKeys(clerk, createVerifier, amount, progress);
    return [bytes, keys, await byCount(clerk.instance, amount, progress)].join('\n\n');
  } finally {
    await clerk.close();
  }
}

/** The package once more, by itself, and how much memory its module has. */
async function watchedPackage() {
  const { Instance } = WebAssembly;
  let memory;
  WebAssembly.Instance = function (module, imports) {
    const instance = new Instance(module, imports);
    memory = Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory);
    return instance;
  };
  try {
    const { createVerifier } = await import(`${pathToFileURL(packageEntry('inline.js'))}?watched`);
    return { createVerifier, memory: () => memory.buffer.byteLength };
  } finally {
    WebAssembly.Instance = Instance;
  }
}

async function byBytes(clerk, createVerifier, { rounds, tokens, seconds }, progress) {
  const options = { publishableKey: clerk.instance.publishableKey, jwtKey: clerk.instance.pem, env: {} };
  const bare = clerk.token(0, BARE).length;
  const contestants = TOKEN_BYTES.map((bytes) => {
    const filling = { ...BARE, filling: 'x'.repeat(Math.max(0, Math.floor(((bytes - bare) * 3) / 4) - 14)) };
    const list = Array.from({ length: tokens }, (_, index) => clerk.token(index, filling));
    return { name: `${number(list[0].length, 0)} bytes`, turn: () => fresh(createVerifier(options), list) };
  });
  const figures = await inRounds(contestants, { rounds, seconds, onRound: (round) => progress(`growth, tokens: round ${round} of ${rounds}`) });
  return contest(figures, { unit: 'µs', against: contestants[1].name, what: 'a fresh token of' });
}

/** As little as a session token may have. */
const BARE = Object.fromEntries(['azp', 'fea', 'fva', 'jti', 'nbf', 'o', 'pla', 'sts'].map((name) => [name, undefined]));

async function byKeys(clerk, createVerifier, { rounds, tokens, seconds }, progress) {
  const { jwk, publishableKey } = clerk.instance;
  const list = clerk.tokens(tokens);
  const contestants = KEYS.map((count) => {
    // The key of the tokens stands last.
    const keys = Array.from({ length: count }, (_, index) => (index === count - 1 ? jwk : { ...jwk, kid: `ins_${index}` }));
    const fetch = async () => Response.json({ keys });
    return { name: `${count} key${count === 1 ? '' : 's'}`, turn: () => fresh(createVerifier({ publishableKey, fetch, env: {} }), list) };
  });
  const figures = await inRounds(contestants, { rounds, seconds, onRound: (round) => progress(`growth, keys: round ${round} of ${rounds}`) });
  const [few, many] = [contestants[0].name, contestants.at(-1).name];
  return [
    contest(figures, { unit: 'µs', against: few, what: 'a fresh token, and a key set of' }),
    goal(figures, { what: `${many}, against ${few}`, name: many, against: few, atMost: FLAT }),
  ].join('\n\n');
}

/** In µs; keys are read with the first token, which is not counted. */
async function fresh(verifier, list) {
  const verify = async (index) => {
    const result = await verifier.verifyToken(list[index]);
    if (!result.ok || result.auth.userId !== userOf(index)) throw new Error(`a good token is refused: ${result.code}`);
  };
  await verify(0);
  const began = performance.now();
  for (let index = 1; index < list.length; index += 1) await verify(index);
  return ((performance.now() - began) * 1000) / (list.length - 1);
}

/** Tokens of Ed25519, of which a hundred thousand are signed in seconds. */
async function byCount({ issuer, publishableKey }, { distinct }, progress) {
  const { createVerifier, memory } = await watchedPackage();
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'ins_many', use: 'sig', alg: 'EdDSA' }];
  const verifier = createVerifier({ publishableKey, algorithms: ['EdDSA'], fetch: async () => Response.json({ keys }), env: {} });
  const before = memory();
  const rows = [];
  for (let count = 1; count <= distinct; count += 1) {
    const result = await verifier.verifyToken(edToken(issuer, privateKey));
    if (!result.ok) throw new Error(`a good token is refused: ${result.code}`);
    if (!/^10*$/.test(String(count)) || count === 1) continue;
    progress(`growth, distinct tokens: ${count} of ${distinct}`);
    rows.push([number(count, 0), number(memory() / MIB)]);
  }
  const held = (memory() - before) / MIB;
  return [
    table(['distinct tokens', 'memory of the module, MiB'], rows),
    judged(`memory that ${rows.at(-1)[0]} distinct tokens take`, { reached: { median: held }, atMost: MEMORY_MIB, shown: `${number(held)} MiB` }),
  ].join('\n\n');
}

function edToken(issuer, key) {
  const now = Math.floor(Date.now() / 1000);
  const payload = { exp: now + 3600, iat: now, iss: issuer, jti: randomUUID(), nbf: now - 10, sid: 'sess_1', sub: 'user_1', v: 2, filling: FILLING };
  const input = [{ alg: 'EdDSA', kid: 'ins_many', typ: 'JWT' }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
}

/** About as long as a session token with an organization. */
const FILLING = 'x'.repeat(300);
