// `clerk-edge/client`: what it sends, to whom, how often, and what it tells, asked of real servers.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { unpackPackage } from './package.mjs';
import { refuse, startApi, tokenSource } from './refusing-api.mjs';

let createAuthFetch, AuthError, authErrorFrom, authErrorIn;
const apis = [];

before(async () => {
  unpackPackage();
  ({ createAuthFetch, AuthError, authErrorFrom, authErrorIn } = await import('clerk-edge/client'));
});
afterEach(() => apis.splice(0).forEach((api) => api.close()));

async function start(options) {
  const api = await startApi(options);
  apis.push(api);
  return api;
}

/** An API that answers nothing, ever. */
const startSilent = () => start({ answer: () => true });

const rejected = (code, more = {}) => ({ name: 'AuthError', code, ...more });

describe('tokens', () => {
  test('each request carries the token of its moment', async () => {
    const api = await start({ accepts: ['first', 'second'] });
    const held = ['first', 'second'];
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: () => held.shift() });
    assert.equal((await authFetch('/a')).status, 200);
    assert.equal((await authFetch(new URL('/b', api.url))).status, 200);
    assert.deepEqual(api.tokens(), ['Bearer first', 'Bearer second']);
  });

  for (const nothing of [null, undefined, '', 'null', 'undefined', 7]) {
    test(`${JSON.stringify(nothing)} for a token is nobody: one request, no header, and the 401 comes through`, async () => {
      const api = await start();
      const told = [];
      const authFetch = createAuthFetch({ baseUrl: api.url, getToken: async () => nothing, onSignedOut: (error) => told.push(error) });
      const response = await authFetch('/me');
      assert.equal(response.status, 401);
      assert.deepEqual(api.tokens(), [undefined]);
      assert.deepEqual(told.map(({ code, status, requestId }) => [code, status, requestId]), [['signed_out', 401, 'r1']]);
      assert.equal((await response.json()).code, 'credentials-missing', 'the body is still there');
    });
  }

  test('nobody may still ask for what is public', async () => {
    const api = await start({ answer: (_request, response) => (response.writeHead(204).end(), true) });
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: () => null, throwRefusals: true });
    const response = await authFetch('/public');
    assert.deepEqual([response.status, await response.text()], [204, '']);
  });

  test("a caller's own Authorization stays as it is, and is not asked with again", async () => {
    const api = await start();
    const source = tokenSource();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: source.getToken });
    assert.equal((await authFetch('/me', { headers: { authorization: 'Basic eDp5' } })).status, 401);
    assert.deepEqual([api.tokens(), source.asked], [['Basic eDp5'], []]);
  });
});

describe('after a 401', () => {
  test('it is asked once more, with a fresh token: two requests', async () => {
    const api = await start();
    const source = tokenSource();
    const response = await createAuthFetch({ baseUrl: api.url, getToken: source.getToken })('/me');
    assert.equal((await response.json()).token, 'fresh');
    assert.deepEqual(api.tokens(), ['Bearer stale', 'Bearer fresh']);
    assert.deepEqual(source.asked, [false, true]);
  });

  test('a second 401 is the answer', async () => {
    const api = await start({ accepts: [] });
    const source = tokenSource();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: source.getToken, throwRefusals: true });
    const challenge = { realm: 'api', error: 'invalid_token', error_description: 'it "failed"' };
    await assert.rejects(authFetch('/me'), rejected('unauthorized', { status: 401, challenge, requestId: 'r1' }));
    assert.equal(api.requests.length, 2);
  });

  test('ten at once cause one refresh, and so does whoever comes late with the same token', async () => {
    const api = await start();
    const source = tokenSource();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: source.getToken });
    const responses = await Promise.all(Array.from({ length: 10 }, (_, index) => authFetch(`/${index}`)));
    assert.deepEqual(responses.map(({ status }) => status), Array(10).fill(200));
    assert.deepEqual([source.refreshes(), api.requests.length], [1, 20]);
    assert.equal((await authFetch('/late')).status, 200);
    assert.deepEqual([source.refreshes(), api.requests.length], [1, 21], 'the token that was refused is not sent again');
  });

  test('what came in its place is forgotten after ten seconds', async (t) => {
    const api = await start();
    const source = tokenSource();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: source.getToken });
    t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
    await authFetch('/a');
    t.mock.timers.tick(9_999);
    await authFetch('/b');
    assert.equal(source.refreshes(), 1);
    t.mock.timers.tick(1);
    await authFetch('/c');
    assert.equal(source.refreshes(), 2);
  });

  test('what came in its place is forgotten once it is refused as well', async () => {
    const api = await start({ accepts: [] });
    const source = tokenSource();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: source.getToken });
    await authFetch('/a');
    await authFetch('/b');
    assert.deepEqual(api.tokens(), ['Bearer stale', 'Bearer fresh', 'Bearer stale', 'Bearer fresh']);
    assert.equal(source.refreshes(), 2);
  });

  test('the same token again, or none, is not worth a second request', async () => {
    for (const [fresh, code] of [['stale', 'unauthorized'], [null, 'signed_out']]) {
      const api = await start();
      const authFetch = createAuthFetch({ baseUrl: api.url, getToken: tokenSource('stale', fresh).getToken, throwRefusals: true });
      await assert.rejects(authFetch('/me'), rejected(code, { status: 401 }));
      assert.equal(api.requests.length, 1);
    }
  });

  test('a refresh that fails is told as such, and the next one tries again', async () => {
    const api = await start();
    let fails = true;
    const cause = Object.assign(new Error('offline'), { code: 'clerk_offline' });
    const getToken = async (options) => {
      if (options?.skipCache && fails) throw cause;
      return options?.skipCache ? 'fresh' : 'stale';
    };
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken });
    await assert.rejects(authFetch('/me'), rejected('offline', { cause }));
    fails = false;
    assert.equal((await authFetch('/me')).status, 200);
  });

  test('renew takes the token of an answer that is no 401 for refused', async () => {
    const api = await start({ accepts: ['stale', 'fresh'] });
    const source = tokenSource();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: source.getToken });
    const response = await authFetch('/graphql');
    assert.deepEqual(await Promise.all([authFetch.renew(response), authFetch.renew(response)]), [true, true]);
    await authFetch('/graphql');
    assert.deepEqual([api.tokens(), source.refreshes()], [['Bearer stale', 'Bearer fresh'], 1]);
    assert.equal(await authFetch.renew(new Response()), false, 'an answer that is not its own');
  });
});

describe('bodies', () => {
  const form = () => {
    const data = new FormData();
    data.set('file', new Blob(['in a form']), 'a.txt');
    return data;
  };
  const kinds = {
    string: 'a string',
    URLSearchParams: new URLSearchParams({ a: '1' }),
    Blob: new Blob(['a blob']),
    FormData: form(),
    ArrayBuffer: new TextEncoder().encode('a buffer').buffer,
    'a view': new TextEncoder().encode('a view'),
  };
  for (const [name, body] of Object.entries(kinds)) {
    test(`${name} is sent twice, whole`, async () => {
      const api = await start();
      const authFetch = createAuthFetch({ baseUrl: api.url, getToken: tokenSource().getToken });
      assert.equal((await authFetch('/a', { method: 'POST', body })).status, 200);
      const [first, second] = api.requests.map(({ body: text }) => text.replaceAll(/formdata-[\w-]+/g, 'boundary'));
      assert.ok(first.length > 0);
      assert.equal(second, first);
    });

    test(`a Request of ${name} is sent twice, whole, with what it asks for`, async () => {
      const api = await start();
      const authFetch = createAuthFetch({ baseUrl: api.url, getToken: tokenSource().getToken });
      const request = new Request(new URL('/a?b=c', api.url), { method: 'PUT', body, headers: { 'x-own': '1' } });
      assert.equal((await authFetch(request)).status, 200);
      const [first, second] = api.requests;
      assert.ok(first.body.length > 0);
      assert.deepEqual([second.body, second.method, second.url, second.headers['x-own']], [first.body, 'PUT', '/a?b=c', '1']);
      assert.equal(second.headers['content-type'], first.headers['content-type']);
    });
  }

  test('a stream is sent once: its 401 is the answer', async () => {
    const api = await start();
    const source = tokenSource();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: source.getToken });
    const body = new Blob(['streamed']).stream();
    const response = await authFetch('/a', { method: 'POST', body, duplex: 'half' });
    assert.equal(response.status, 401);
    assert.deepEqual([api.requests.map(({ body: text }) => text), source.refreshes()], [['streamed'], 0]);
  });
});

describe('origins', () => {
  test('no other origin gets the token, however it is named', async () => {
    const [api, other] = [await start(), await start()];
    const source = tokenSource();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: source.getToken, throwRefusals: true });
    const { host } = new URL(other.url);
    for (const address of [other.url, `//${host}/a`, `\\\\${host}/a`, new Request(other.url), api.url.replace('127.0.0.1', 'localhost')]) {
      const response = await authFetch(address).catch((error) => assert.equal(error.cause?.code, 'ECONNREFUSED'));
      assert.ok(response === undefined || response.status === 401, 'a foreign 401 is an answer like any other');
    }
    assert.deepEqual(new Set([...other.tokens(), ...api.tokens()]), new Set([undefined]));
    assert.deepEqual(source.asked, []);
  });

  test('a listed origin gets it', async () => {
    const [api, other] = [await start(), await start()];
    const authFetch = createAuthFetch({ baseUrl: api.url, allowedOrigins: [`${other.url}/with/a/path`], getToken: () => 'fresh' });
    await authFetch(other.url);
    await authFetch('/not-listed');
    assert.deepEqual([other.tokens(), api.tokens()], [['Bearer fresh'], [undefined]]);
  });

  test('it does not follow a redirect to another origin, even an allowed one, and the 401 from there refreshes nothing', async () => {
    const other = await start();
    const api = await start({ answer: (_request, response) => (response.writeHead(307, { location: `${other.url}/there` }).end(), true) });
    const source = tokenSource();
    const authFetch = createAuthFetch({ baseUrl: api.url, allowedOrigins: [api.url, other.url], getToken: source.getToken });
    assert.equal((await authFetch('/here')).status, 401);
    assert.deepEqual([api.tokens(), other.tokens(), source.refreshes()], [['Bearer stale'], [undefined], 0]);
  });

  test('it follows a redirect within its origin', async () => {
    const api = await start({ answer: ({ url }, response) => url === '/here' && (response.writeHead(307, { location: '/there' }).end(), true) });
    const response = await createAuthFetch({ baseUrl: api.url, getToken: tokenSource().getToken })('/here');
    assert.equal(response.status, 200);
    assert.deepEqual(api.tokens(), ['Bearer stale', 'Bearer stale', 'Bearer fresh', 'Bearer fresh']);
  });

  test('mistakes in the options are told at once, and a missing origin at the first request', async () => {
    const getToken = () => 'fresh';
    assert.throws(() => createAuthFetch({}), { name: 'TypeError', message: /^getToken: missing/ });
    assert.throws(() => createAuthFetch({ getToken, allowedOrigins: ['*'] }), { name: 'TypeError', message: /got \*$/ });
    assert.throws(() => createAuthFetch({ getToken, allowedOrigins: ['data:,x'] }), { name: 'TypeError', message: /got data:,x$/ });
    assert.throws(() => createAuthFetch({ getToken, baseUrl: 'http://[' }), { name: 'TypeError', message: /^baseUrl/ });
    assert.throws(() => createAuthFetch({ getToken, timeoutMs: 0 }), { name: 'TypeError', message: /^timeoutMs/ });
    await assert.rejects(createAuthFetch({ getToken })('http://127.0.0.1:1/'), { name: 'TypeError', message: /^allowedOrigins: missing/ });
  });
});

describe('a library that attaches tokens itself', () => {
  const attached = { headers: { authorization: 'Bearer stale' } };

  test('has its token renewed after a 401, once for all', async () => {
    const api = await start();
    const source = tokenSource();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: source.getToken, attach: false });
    const responses = await Promise.all([authFetch('/a', attached), authFetch(new Request(new URL('/b', api.url), attached))]);
    assert.deepEqual(responses.map(({ status }) => status), [200, 200]);
    assert.deepEqual([source.refreshes(), api.requests.length], [1, 4]);
    assert.equal((await authFetch('/late', attached)).status, 200);
    assert.equal(api.tokens().at(-1), 'Bearer fresh');
    assert.equal(api.requests.length, 5);
  });

  test('gets nothing attached where it attached nothing, and is signed out only where nobody is signed in', async () => {
    for (const [token, code] of [['fresh', 'unauthorized'], [null, 'signed_out']]) {
      const api = await start();
      const authFetch = createAuthFetch({ baseUrl: api.url, getToken: () => token, attach: false, throwRefusals: true });
      await assert.rejects(authFetch('/a'), rejected(code));
      assert.deepEqual(api.tokens(), [undefined]);
    }
  });

  test('has its token taken off for other origins', async () => {
    const [api, other] = [await start(), await start()];
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: () => 'fresh', attach: false });
    await authFetch(other.url, attached);
    assert.deepEqual(other.tokens(), [undefined]);
  });
});

describe('time', () => {
  test('no answer in time is told as that', async () => {
    const api = await startSilent();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: () => 'fresh', timeoutMs: 50 });
    await assert.rejects(authFetch('/a'), (error) => error.code === 'timeout' && error.cause.name === 'TimeoutError');
  });

  test('a getToken that does not end is waited for no longer', async () => {
    const api = await start();
    const never = () => new Promise(() => {});
    await assert.rejects(createAuthFetch({ baseUrl: api.url, getToken: never, timeoutMs: 50 })('/a'), rejected('timeout'));
    const getToken = (options) => (options?.skipCache ? never() : 'stale');
    await assert.rejects(createAuthFetch({ baseUrl: api.url, getToken, timeoutMs: 200 })('/a'), rejected('timeout'));
    assert.equal(api.requests.length, 1);
  });

  test("the caller's own end comes through as it is, before, during, and while a token is got", async () => {
    const api = await startSilent();
    const reason = new Error('enough');
    const endless = { baseUrl: api.url, getToken: () => new Promise(() => {}) };
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: () => 'fresh' });
    const is = (error) => error === reason;
    await assert.rejects(authFetch('/a', { signal: AbortSignal.abort(reason) }), is);
    assert.equal(api.requests.length, 0);
    for (const asked of [authFetch, createAuthFetch(endless)]) {
      for (const how of [(signal) => asked('/a', { signal }), (signal) => asked(new Request(new URL('/a', api.url), { signal }))]) {
        const controller = new AbortController();
        const response = how(controller.signal);
        await sleep(30);
        controller.abort(asked === authFetch ? reason : undefined);
        await assert.rejects(response, (error) => is(error) || error.name === 'AbortError');
      }
    }
  });

  test('the limit ends when the answer begins; the caller may still end its body', async () => {
    const api = await start({
      async answer(_request, response) {
        response.writeHead(200).write('begun');
        await sleep(150);
        response.write(', and going on');
        return true;
      },
    });
    const controller = new AbortController();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: () => 'fresh', timeoutMs: 80 });
    const response = await authFetch('/a', { signal: controller.signal });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    assert.equal((await reader.read()).value, 'begun');
    assert.equal((await reader.read()).value, ', and going on');
    const reading = reader.read();
    controller.abort();
    await assert.rejects(reading, { name: 'AbortError' });
  });

  test('a process is not kept by a request that has ended', async () => {
    const api = await start();
    const script = `const { createAuthFetch } = require('clerk-edge/client');
      createAuthFetch({ baseUrl: '${api.url}', getToken: () => 'fresh' })('/').then((response) => response.text()).then(console.log)`;
    const child = execFile(process.execPath, ['-e', script], { cwd: import.meta.dirname, timeout: 10_000 });
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
  });
});

describe('an answer that asks to wait', () => {
  /** One that is busy for the first request. */
  const busy = (status, value) => {
    let first = true;
    return (_request, response) => {
      if (!first) return false;
      first = false;
      response.writeHead(status, { 'retry-after': value }).end();
      return true;
    };
  };

  for (const [status, method, value, requests] of [
    [503, 'GET', '1', 2],
    [429, 'HEAD', '0', 2],
    [429, 'GET', new Date(0).toUTCString(), 2],
    [503, 'POST', '0', 1],
    [503, 'GET', '11', 1],
    [503, 'GET', 'soon', 1],
    [500, 'GET', '0', 1],
  ]) {
    test(`${status} to ${method} with Retry-After: ${value}: ${requests} in all`, async () => {
      const api = await start({ answer: busy(status, value) });
      const began = Date.now();
      const response = await createAuthFetch({ baseUrl: api.url, getToken: () => 'fresh' })('/a', { method });
      assert.equal(response.status, requests === 2 ? 200 : status);
      assert.equal(api.requests.length, requests);
      if (value === '1') assert.ok(Date.now() - began >= 990, 'it waited');
    });
  }

  test('what would wait beyond the time limit is not waited for', async () => {
    const api = await start({ answer: busy(503, '2') });
    const response = await createAuthFetch({ baseUrl: api.url, getToken: () => 'fresh', timeoutMs: 1000 })('/a');
    assert.deepEqual([response.status, api.requests.length], [503, 1]);
  });

  test('the wait ends with the caller', async () => {
    const api = await start({ answer: busy(503, '9') });
    const began = Date.now();
    const authFetch = createAuthFetch({ baseUrl: api.url, getToken: () => 'fresh' });
    await assert.rejects(authFetch('/a', { signal: AbortSignal.timeout(100) }), { name: 'TimeoutError' });
    assert.ok(Date.now() - began < 5000);
  });
});

describe('errors', () => {
  const refusing = (code, status, headers) => start({ answer: (_request, response) => refuse(response, code, status, headers) });

  for (const [problem, status, code] of [
    ['insufficient-role', 403, 'forbidden'],
    ['token-expired', 401, 'token_expired'],
    ['token-invalid-issuer', 401, 'unauthorized'],
    ['keys-unavailable', 503, 'auth_unavailable'],
    ['configuration-invalid', 503, 'auth_unavailable'],
    ['origin-busy', 503, undefined],
    ['rate-limited', 429, undefined],
    ['not-found', 404, undefined],
  ]) {
    test(`${status} ${problem} is ${code ?? 'no AuthError'}`, async () => {
      const api = await refusing(problem, status, status === 503 ? { 'retry-after': '30' } : {});
      const asked = { baseUrl: api.url, getToken: tokenSource().getToken };
      const response = await createAuthFetch(asked)('/a');
      const error = await authErrorFrom(response);
      assert.equal(error?.code, code);
      assert.equal((await response.json()).code, problem, 'the body is still there');
      const thrown = await createAuthFetch({ ...asked, throwRefusals: true })('/a').then(() => undefined, (reason) => reason);
      assert.equal(thrown?.code, code);
      if (!error) return;
      assert.ok(thrown instanceof AuthError && thrown instanceof Error);
      assert.deepEqual([error.status, error.problem.code, error.requestId], [status, problem, 'r1']);
      assert.equal(error.retryAfter, status === 503 ? 30 : undefined);
      assert.match(error.message, new RegExp(`\\(${problem}\\)$`));
    });
  }

  test('a 403 is never asked again', async () => {
    const api = await refusing('insufficient-role', 403);
    await createAuthFetch({ baseUrl: api.url, getToken: tokenSource().getToken })('/a');
    assert.equal(api.requests.length, 1);
  });

  test('a getToken that fails is no bad token: the request is not sent', async () => {
    const api = await start();
    const cause = new Error('Clerk is not there');
    for (const getToken of [async () => Promise.reject(cause), () => { throw cause; }]) {
      await assert.rejects(createAuthFetch({ baseUrl: api.url, getToken })('/a'), rejected('auth_unavailable', { cause }));
    }
    assert.equal(api.requests.length, 0);
  });

  test('what a fetch throws comes through, unless the page knows that it is offline', async (t) => {
    const authFetch = createAuthFetch({ baseUrl: 'http://127.0.0.1:1/', getToken: () => 'fresh', fetch: async () => { throw new TypeError('failed'); } });
    await assert.rejects(authFetch('a'), { name: 'TypeError', message: 'failed' });
    Object.defineProperty(globalThis, 'navigator', { value: { onLine: false }, configurable: true, writable: true });
    t.after(() => delete globalThis.navigator);
    await assert.rejects(authFetch('a'), rejected('offline'));
  });

  test('a library that attaches tokens itself is told no other words for nobody, and the same errors', async () => {
    const cause = new Error('Clerk is not there');
    const tokenOf = (getToken, more) => createAuthFetch({ baseUrl: 'http://127.0.0.1:1/', attach: false, getToken, ...more }).token();
    assert.deepEqual([await tokenOf(() => 'fresh'), await tokenOf(() => null), await tokenOf(async () => 'null')], ['fresh', undefined, undefined]);
    await assert.rejects(tokenOf(() => Promise.reject(cause)), rejected('auth_unavailable', { cause }));
    await assert.rejects(tokenOf(() => new Promise(() => {}), { timeoutMs: 20 }), rejected('timeout'));
  });

  test('an error that took its name and code from its cause is not taken for it', () => {
    const cause = new AuthError('forbidden', { status: 403, requestId: 'r1' });
    const error = Object.assign(new Error('as of axios', { cause }), { name: cause.name, code: cause.code });
    assert.equal(authErrorIn(error), cause);
  });

  test('it is found in what caused an error, and across the two formats', async () => {
    const { AuthError: Other } = createRequire(import.meta.url)('clerk-edge/client');
    const error = new Other('offline');
    assert.equal(authErrorIn(new Error('a', { cause: new Error('b', { cause: error }) })), error);
    assert.equal(authErrorIn(error), error);
    for (const none of [undefined, null, 'text', new Error('a'), { name: 'AuthError', code: 'other' }]) assert.equal(authErrorIn(none), undefined);
  });

  for (const [header, challenge] of [
    ['Basic realm="b", Bearer realm="a,b", error=invalid_token, Scope="x y"', { realm: 'a,b', error: 'invalid_token', scope: 'x y' }],
    ['bearer error="e", Digest nonce="n"', { error: 'e' }],
    ['Bearer', {}],
    ['Negotiate', undefined],
    [null, undefined],
  ]) {
    test(`the challenge of ${header}`, async () => {
      const headers = header === null ? {} : { 'www-authenticate': header };
      assert.deepEqual((await authErrorFrom(new Response(null, { status: 401, headers }))).challenge, challenge);
    });
  }
});
