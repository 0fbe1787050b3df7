// What JavaScript does for the gateway with requests and answers. The core decides; this hands it a request's head in one text, and
// carries out what it says from one text of JSON: each crossing between the two costs about as much as all that is done in one.

const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-connection', 'te', 'trailer', 'upgrade'];

/** No status of HTTP's, but the usual one for it in logs. Nobody gets it. */
const CLIENT_WENT_AWAY = 499;

const ASSERTION = 'x-clerk-edge-assertion';

/** What stands before the seed of an Ed25519 key in PKCS #8 (RFC 8410 section 7). */
const PKCS_8 = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

const UNREACHABLE = 'origin-unreachable';
const TIMEOUT = 'origin-timeout';

/** What an answer is where its client went away meanwhile. */
const GONE = Symbol('gone');

/**
 * The head of a request in lines: an id for it, the time, its method and address, whether it has a body, how many headers, and
 * their names and values by turns. No method, address, name or value has a line break.
 */
export function headOf(request) {
  const { headers } = request;
  let lines = '';
  let count = 0;
  for (const [name, value] of headers) {
    lines += `\n${name}\n${value}`;
    count += 1;
  }
  // The platform gives an unread body to a request whose length is said to be nought, too.
  const hasBody = request.body !== null && headers.get('content-length') !== '0';
  const id = crypto.randomUUID().replaceAll('-', '');
  return `${id}\n${Date.now()}\n${request.method}\n${request.url}\n${hasBody}\n${count}${lines}`;
}

/**
 * Sends an allowed request on, and answers with what comes of it; bodies stream both ways and are not read here. `text` is JSON:
 * `ask`'s part, when an event stream ends, and `complete`'s part. `outage` is asked for the words of what cannot be had.
 */
export function forward(request, context, service, text, body, signer, outage) {
  // One listener for both that need one: it costs more than the reading of a plan.
  let gone;
  const listen = (listener) => (gone = listener);
  const answer = carryOut(request, service, JSON.parse(text), body, signer, outage, listen);
  request.signal.addEventListener('abort', () => {
    gone();
    context.waitUntil(answer);
  });
  return answer;
}

async function carryOut(request, service, plan, body, signer, outage, listen) {
  const response = await asked(request, service, plan, body, signer, listen);
  if (typeof response === 'string') return refused(response, plan, outage);
  try {
    return completed(handedThrough(endedInTime(response, plan)), plan);
  } catch {
    return refused(UNREACHABLE, plan, outage);
  }
}

function refused(code, plan, outage) {
  const { status, headers, body } = JSON.parse(outage(code, plan.requestId));
  plan.log.code = code;
  return completed(new Response(body, { status, headers }), { ...plan, isPrivate: false });
}

/** The origin's answer as it is, redirects included; or, where there is none, the code of why. */
export function ask(request, service, text, body, signer) {
  return asked(request, service, JSON.parse(text), body, signer, (gone) => request.signal.addEventListener('abort', gone));
}

/**
 * The time-out is for the answer's head: a body may take as long as it takes. An origin that is waited for no longer is let go of by
 * the platform, as soon as the request has its answer or nobody who would read one: a signal of its own would cost as much as the
 * reading of a token. `listen` has its listener called when the client goes away.
 */
async function asked(request, service, { url, headers, milliseconds, cache }, body, signer, listen) {
  const client = request.signal;
  let timer;
  const end = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds, TIMEOUT);
    listen(() => resolve(GONE));
  });
  try {
    if (signer) await sign(headers, signer);
    const init = { method: request.method, headers, body, redirect: 'manual' };
    // What one caller may see must not be kept for the next.
    if (cache) init.cache = cache;
    const response = client.aborted ? GONE : await Promise.race([(service ?? globalThis).fetch(url, init), end]);
    if (response === GONE) return new Response('', { status: CLIENT_WENT_AWAY });
    return response === TIMEOUT || response instanceof Response ? response : UNREACHABLE;
  } catch {
    return client.aborted ? new Response('', { status: CLIENT_WENT_AWAY }) : UNREACHABLE;
  } finally {
    clearTimeout(timer);
  }
}

/** Puts the signature behind the assertion that goes to the origin, where one does. */
async function sign(headers, signer) {
  const assertion = headers[ASSERTION];
  if (!assertion) return;
  const signature = await crypto.subtle.sign('Ed25519', signer, new TextEncoder().encode(assertion));
  headers[ASSERTION] = `${assertion}.${base64Url(signature)}`;
}

/** A key of Ed25519 from its seed, that signs and tells no more, and its public half in base64url. */
export async function signingKey(seed) {
  const document = Uint8Array.from([...PKCS_8, ...seed]);
  const { x } = await crypto.subtle.exportKey('jwk', await crypto.subtle.importKey('pkcs8', document, 'Ed25519', true, ['sign']));
  return [await crypto.subtle.importKey('pkcs8', document, 'Ed25519', false, ['sign']), x];
}

function base64Url(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** An origin's answer, its body unread, with what ends at this hop taken off and headers that can be changed. */
export function handedThrough(response) {
  const answer = new Response(response.body, response);
  for (const name of HOP_BY_HOP) answer.headers.delete(name);
  return answer;
}

/** The answer that makes a connection a WebSocket, of which the client gets this end. The platform sets the handshake's own headers. */
export function upgraded(response, webSocket) {
  const answer = new Response(null, { status: 101, headers: response.headers, webSocket });
  for (const name of [...HOP_BY_HOP, 'sec-websocket-accept', 'sec-websocket-extensions']) answer.headers.delete(name);
  return answer;
}

/** An answer of the gateway's own. */
export function reply(text) {
  const plan = JSON.parse(text);
  const { status, headers, body } = plan.reply;
  return completed(new Response(body, { status, headers }), plan);
}

/** An answer with what every answer gets. */
export function complete(response, text) {
  return completed(response, JSON.parse(text));
}

/**
 * Every answer gets its id, and, where a session may have had a part in it, that no cache gives it to somebody else. Then its request
 * leaves its line in the log.
 */
function completed(response, { requestId, isPrivate, cors, started, log }) {
  const { headers, status } = response;
  headers.set('x-request-id', requestId);
  if (isPrivate) {
    if (!headers.has('cache-control')) headers.set('cache-control', 'private, no-store');
    headers.append('vary', 'Authorization, Cookie');
  }
  if (cors) share(headers, cors);
  log.time = new Date(started).toISOString();
  log.status = status;
  log.milliseconds = Math.max(0, Date.now() - started);
  console.log(JSON.stringify(log));
  return response;
}

/** What an answer says to pages of other origins: what the policy says, and nothing that an origin said beside it. */
function share(headers, cors) {
  for (const name of [...headers.keys()]) if (name.startsWith('access-control-')) headers.delete(name);
  const variesAlready = (headers.get('vary') ?? '').split(',').some((name) => name.trim().toLowerCase() === 'origin');
  for (const [name, value] of cors) if (!(name === 'vary' && variesAlready)) headers.append(name, value);
}

/** An event stream ends with the token that opened it. Other answers end by themselves, and are not cut. */
function endedInTime(response, { endsAt, requestId }) {
  if (endsAt === null || response.body === null || !isEventStream(response.headers)) return response;
  // Its length may be another one, and it has no encoding any more.
  const answer = new Response(cut(response.body, endsAt, requestId), response);
  for (const name of ['content-length', 'content-encoding']) answer.headers.delete(name);
  return answer;
}

function isEventStream(headers) {
  return (headers.get('content-type') ?? '').split(';')[0].trim().toLowerCase() === 'text/event-stream';
}

/** The same bytes until that moment; they pass inside the platform. A client that goes away takes the origin's stream with it. */
function cut(body, endsAt, requestId) {
  const { readable, writable } = new IdentityTransformStream();
  // 24 days are as long as a timer can wait at once.
  const signal = AbortSignal.timeout(Math.min(Math.max(0, Math.ceil(endsAt - Date.now())), 2 ** 31 - 1));
  body.pipeTo(writable, { signal, preventAbort: true }).catch((reason) => {
    // At the end of its time a stream ends as if by itself; one that broke off is told as broken.
    if (signal.aborted) tellStreamEnded(requestId, 'token-expired');
    const told = signal.aborted ? writable.close() : writable.abort(reason);
    // When the client is gone, there is nobody to tell.
    told.catch(() => {});
  });
  return readable;
}

/** The one line of what went on after its request's own line, and was ended here. */
export function tellStreamEnded(requestId, reason) {
  console.log(JSON.stringify({ time: new Date().toISOString(), event: 'stream-ended', requestId, reason }));
}

/**
 * Sees a request through to its answer when its client goes away.
 *
 * The platform stops such a request where it stands, and nothing of it runs ever again: whatever waits in it would stay in the
 * isolate's memory for good, and whoever opens requests and drops them could fill that. So the platform is asked to let the request
 * come to its end. Every wait has one. It takes the flag `enable_request_signal`; without it nobody is told of a departure.
 */
export function attend(request, context, answer) {
  request.signal.addEventListener('abort', () => context.waitUntil(answer));
}
